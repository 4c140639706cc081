/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_BACKEND_CHOOSE_H
#define SDSA_BACKEND_CHOOSE_H 1

/* The choice of the backend. */

#include "vnf-agent/backend/backend.h"

/* Returns the class of backend that 'kind' ("auto", or the name of one) means
 * for 'config', and in '*reasonp' why (caller frees).  "auto" is "userspace"
 * if its data plane runs already, else "xfrm" if the kernel can do it and the
 * gateway has a network namespace of its own.  Returns NULL, with an error in
 * '*reasonp', if no backend has that name. */
const struct backend_class *backend_choose(const char *kind,
                                           const struct backend_config *config,
                                           char **reasonp);

#endif /* vnf-agent/backend-choose.h */
