/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/crowd.h"

#include <stdlib.h>

#include "lib/address.h"
#include "timeval.h"
#include "util.h"

void
crowd_init(struct crowd *crowd)
{
    crowd->n = 0;
    shash_init(&crowd->owners);
}

void
crowd_uninit(struct crowd *crowd)
{
    ovs_assert(!crowd->n);
    shash_destroy(&crowd->owners);
}

void
crowd_add(struct crowd *crowd, struct crowd_member *member, const char *name)
{
    struct crowd_owner *owner = shash_find_data(&crowd->owners, name);
    if (!owner) {
        owner = xzalloc(sizeof *owner);
        owner->name = shash_add_nocopy(&crowd->owners, xstrdup(name),
                                       owner)->name;
        ovs_list_init(&owner->members);
    }
    *member = (struct crowd_member) { .crowd = crowd, .owner = owner };
    ovs_list_push_back(&owner->members, &member->node);
    owner->n++;
    crowd->n++;
}

void
crowd_add_address(struct crowd *crowd, struct crowd_member *member,
                  const char *address)
{
    char *holder = address_holder(address);
    crowd_add(crowd, member, holder);
    free(holder);
}

void
crowd_remove(struct crowd_member *member)
{
    struct crowd_owner *owner = member->owner;
    ovs_list_remove(&member->node);
    member->crowd->n--;
    if (!--owner->n) {
        shash_find_and_delete(&member->crowd->owners, owner->name);
        free(owner);
    }
}

void
crowd_move(struct crowd *to, struct crowd_member *member)
{
    char *name = xstrdup(member->owner->name);
    crowd_remove(member);
    crowd_add(to, member, name);
    free(name);
}

void
crowd_use(struct crowd_member *member)
{
    ovs_list_remove(&member->node);
    ovs_list_push_back(&member->owner->members, &member->node);
}

const struct crowd_owner *
crowd_most(const struct crowd *crowd)
{
    const struct crowd_owner *most = NULL;
    const struct shash_node *node;
    SHASH_FOR_EACH (node, &crowd->owners) {
        const struct crowd_owner *owner = node->data;
        most = !most || owner->n > most->n ? owner : most;
    }
    return most;
}

struct crowd_member *
crowd_excess(const struct crowd *crowd, size_t max)
{
    return (crowd->n <= max ? NULL
            : CONTAINER_OF(ovs_list_front(&crowd_most(crowd)->members),
                           struct crowd_member, node));
}

/* Halves what was spent for each second that has passed. */
static void
decay(struct crowd_owner *owner)
{
    long long int seconds = (time_msec() - owner->spent_ms) / 1000;
    owner->spent_us = seconds < 32 ? owner->spent_us >> seconds : 0;
    owner->spent_ms += 1000 * seconds;
}

void
crowd_spend(struct crowd_member *member, long long int us)
{
    decay(member->owner);
    member->owner->spent_us += us;
}

long long int
crowd_spent(const struct crowd_member *member)
{
    decay(member->owner);
    return member->owner->spent_us;
}
