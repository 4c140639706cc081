/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_BACKEND_USERSPACE_H
#define SDSA_BACKEND_USERSPACE_H 1

/* The userspace backend: starts sdsa-esp, or adopts the one that runs, and
 * speaks to it through its control socket. */

#include "vnf-agent/backend/backend.h"

extern const struct backend_class backend_userspace_class;

#endif /* vnf-agent/userspace/backend-userspace.h */
