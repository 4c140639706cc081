/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_OP_SPEC_H
#define SDSA_OP_SPEC_H 1

/* What an operation is to do. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ofctl-app/operation/op-fsm.h"
#include "openvswitch/uuid.h"

struct live_path;

enum op_purpose {
    OP_CHANGE,                  /* Makes chains what they are wanted to be. */
    OP_BACKUP,                  /* Makes or removes a chain's backup path. */
    OP_FAILOVER,                /* Makes the backup path the path in use.  The
                                 * new paths are prepared already, and stay
                                 * what they were if the operation fails. */
};

/* A chain that an operation changes. */
struct op_chain {
    const char *name;
    struct uuid uuid;           /* Of its row; all zero for deletion. */
    int64_t wanted;             /* Its sequence number that is realised. */
    int64_t change;             /* The change that it is a part of, or 0. */
    const char *intent;         /* Digest that is realised; "" for deletion. */
    bool rekey_while_failing;   /* It gets new keys for what is applied, while
                                 * something else is wanted and fails. */
};

struct op_spec {
    unsigned int number;        /* From the journal's counter. */
    enum op_purpose purpose;
    const char *cause;          /* For people: "new", "deleted", ... */
    const struct op_chain *chains;
    size_t n_chains;
    struct live_path *const *old;       /* The paths that are removed. */
    size_t n_old;
    struct live_path *const *new;       /* The paths that are prepared. */
    size_t n_new;
    bool prove;                 /* Send packets through the new hops before
                                 * the commit. */
    struct op_fsm_timeouts timeouts;
};

#endif /* ofctl-app/operation/op-spec.h */
