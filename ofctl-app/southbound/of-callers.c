/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "ofctl-app/southbound/of-callers.h"

#include <stdlib.h>

#include "util.h"

/* The callers of one address. */
struct of_source {
    struct ovs_list members;    /* struct of_member, oldest first. */
    size_t n;
};

void
of_callers_init(struct of_callers *callers, size_t max)
{
    *callers = (struct of_callers) { .max = max };
    shash_init(&callers->sources);
}

void
of_callers_uninit(struct of_callers *callers)
{
    ovs_assert(!callers->n);
    shash_destroy(&callers->sources);
}

void
of_callers_add(struct of_callers *callers, struct of_member *member,
               char *address)
{
    struct of_source *source = shash_find_data(&callers->sources, address);
    if (!source) {
        source = xzalloc(sizeof *source);
        ovs_list_init(&source->members);
        shash_add_once(&callers->sources, address, source);
    }
    *member = (struct of_member) { .callers = callers, .address = address };
    ovs_list_push_back(&source->members, &member->node);
    source->n++;
    callers->n++;
}

/* Removes the member and returns its address (caller frees). */
static char *
take_out(struct of_member *member)
{
    struct of_callers *callers = member->callers;
    struct shash_node *node = shash_find(&callers->sources, member->address);
    struct of_source *source = node->data;
    ovs_list_remove(&member->node);
    callers->n--;
    if (!--source->n) {
        free(source);
        shash_delete(&callers->sources, node);
    }
    return member->address;
}

void
of_callers_remove(struct of_member *member)
{
    free(take_out(member));
}

void
of_callers_move(struct of_callers *to, struct of_member *member)
{
    of_callers_add(to, member, take_out(member));
}

struct of_member *
of_callers_excess(const struct of_callers *callers)
{
    const struct of_source *most = NULL;
    const struct shash_node *node;
    if (callers->n <= callers->max) {
        return NULL;
    }
    SHASH_FOR_EACH (node, &callers->sources) {
        const struct of_source *source = node->data;
        most = !most || source->n > most->n ? source : most;
    }
    return CONTAINER_OF(ovs_list_front(&most->members), struct of_member,
                        node);
}
