/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_PLAN_ACTION_H
#define SDSA_PLAN_ACTION_H 1

/* An action: what the planner wants to be done next. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/uuid.h"

struct live_path;
struct path;

enum plan_what {
    PLAN_CHANGE,                /* Start an operation from the old to the new
                                 * paths: a change, a repair, new keys or a
                                 * deletion. */
    PLAN_BACKUP,                /* The same with backup paths. */
    PLAN_FAIL_OVER,             /* Start an operation from the old paths to the
                                 * backup paths, which are prepared. */
    PLAN_GIVE_UP,               /* Give up the operation of the chain. */
    PLAN_HURRY,                 /* Another operation of the chain is due: the
                                 * one under way is to end soon. */
    PLAN_REFUSE,                /* Log that the chain 'culprit' was refused,
                                 * for this reason. */
};

/* A chain that an action is for. */
struct plan_target {
    const char *name;
    struct uuid uuid;           /* Of its row; all zeros: it was deleted. */
    int64_t wanted;             /* The sequence number that is realised. */
    int64_t change;             /* Group that it changes with, or 0. */
    const char *intent;         /* Digest that is realised; "": deletion. */
    bool rekey_only;            /* New keys for what is applied, while what is
                                 * wanted has failed. */
};

/* Strings and paths, but for 'new', belong to the planner and to the facts. */
struct plan_action {
    enum plan_what what;
    char *reason;
    struct plan_target *targets;
    size_t n_targets;
    size_t culprit;             /* PLAN_REFUSE: number of the target. */
    struct path **new;          /* To be made live: the caller takes ownership
                                 * of each. */
    size_t n_new;
    struct live_path **old;     /* To go. */
    size_t n_old;
    struct live_path **standby; /* PLAN_FAIL_OVER: to be used from now on. */
    size_t n_standby;
    bool unproven;              /* Nothing is to be proven: packets are being
                                 * lost. */
};

/* Returns the NSH SPI of the other direction of new path number 'i', or 0. */
uint32_t plan_action_twin(const struct plan_action *, size_t i);

/* Frees what the action holds, but for the new paths themselves. */
void plan_action_uninit(struct plan_action *);

#endif /* ofctl-app/plan/plan-action.h */
