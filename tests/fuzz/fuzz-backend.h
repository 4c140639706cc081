/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_FUZZ_BACKEND_H
#define SDSA_FUZZ_BACKEND_H 1

/* A backend in the same process: the tables of sdsa-esp, without packets. */

#include "vnf-agent/backend/backend.h"

struct tables;

struct fuzz_backend {
    struct backend up;
    struct tables *tables;
    int fault;                  /* With which apply() refuses, or 0. */
    unsigned int n_applied, n_refused;  /* Calls of apply(). */
};

/* An empty one with these own addresses. */
void fuzz_backend_init(struct fuzz_backend *, const struct own_ips *);
void fuzz_backend_uninit(struct fuzz_backend *);

#endif /* tests/fuzz/fuzz-backend.h */
