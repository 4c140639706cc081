/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_BACKEND_XFRM_H
#define SDSA_BACKEND_XFRM_H 1

/* The kernel backend: ESP of Linux (XFRM), in the network namespace of the
 * gateway's data ports. */

#include "vnf-agent/backend/backend.h"

extern const struct backend_class backend_xfrm_class;

/* Removes from the kernel all objects that this backend ever made in
 * config->netns, also those that no record knows.  Other objects stay.
 * Returns NULL, or an error (caller frees). */
char *backend_xfrm_flush(const struct backend_config *config);

#endif /* vnf-agent/xfrm/backend-xfrm.h */
