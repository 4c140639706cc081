/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_FUZZ_STORE_H
#define SDSA_FUZZ_STORE_H 1

/* A datastore and its backend that can be set back to the same content before
 * each input: two SAs and two policies.  It has no file (in place of
 * vnf-agent/datastore/datastore-file.c). */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "tests/fuzz/fuzz-backend.h"

struct datastore;
struct yang_schema;

struct fuzz_store {
    const struct yang_schema *schema;
    struct own_ips own_ips;
    struct fuzz_backend backend;
    struct datastore *datastore;

    /* What is there after fuzz_store_reset(). */
    json_t *config;
    const void **objects;       /* Of the backend's tables, in their order. */
    size_t n_objects, n_used_keys;
    uint64_t generation, tables_generation;
};

/* Fills it. */
void fuzz_store_init(struct fuzz_store *, const struct yang_schema *);

/* Takes back whatever has happened. */
void fuzz_store_reset(struct fuzz_store *);

/* What the next request meets: 0, or as fuzz-agent.h's FAULT says it. */
void fuzz_store_set_fault(struct fuzz_store *, int fault);

/* Checks that nothing has changed since fuzz_store_reset(). */
void fuzz_store_check_unchanged(struct fuzz_store *);

/* Has anything? */
bool fuzz_store_has_changed(const struct fuzz_store *);

/* Checks that datastore and backend hold the same, that it is valid and that
 * it has no keys.  Returns the configuration (caller owns the reference). */
json_t *fuzz_store_check_agreement(const struct fuzz_store *);

#endif /* tests/fuzz/fuzz-store.h */
