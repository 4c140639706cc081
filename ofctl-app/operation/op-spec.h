/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_OP_SPEC_H
#define SDSA_OP_SPEC_H 1

/* What an operation is to do. */

#include <stdbool.h>
#include <stddef.h>

#include "ofctl-app/operation/op-fsm.h"
#include "ofctl-app/plan/plan-action.h"


enum op_purpose {
    OP_CHANGE,                  /* Makes chains what they are wanted to be. */
    OP_BACKUP,                  /* Makes or removes a chain's backup path. */
    OP_FAILOVER,                /* Makes the backup path the path in use.  The
                                 * new paths are prepared already, and stay
                                 * what they were if the operation fails. */
};

struct op_spec {
    unsigned int number;        /* From the journal's counter. */
    enum op_purpose purpose;
    const char *names;          /* Of the chains, for people: "a b".  Set by
                                 * op_create(). */
    const char *cause;          /* For people: "new", "deleted", ... */
    const struct plan_target *chains;
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
