/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "vnf-agent/datastore/stage-order.h"

#include <stdlib.h>

#include "openvswitch/list.h"
#include "openvswitch/shash.h"
#include "util.h"

struct ordered {
    struct ovs_list node;       /* In 'list'. */
    const char *name;           /* That of the shash's node. */
};

struct stage_order {
    struct ovs_list list;       /* struct ordered. */
    struct shash names;         /* The same by name. */
};

struct stage_order *
stage_order_create(const json_t *names)
{
    struct stage_order *order = xmalloc(sizeof *order);
    const json_t *name;
    size_t i;
    ovs_list_init(&order->list);
    shash_init(&order->names);
    json_array_foreach (names, i, name) {
        stage_order_append(order, json_string_value(name));
    }
    return order;
}

void
stage_order_destroy(struct stage_order *order)
{
    if (order) {
        shash_destroy_free_data(&order->names);
        free(order);
    }
}

void
stage_order_append(struct stage_order *order, const char *name)
{
    struct ordered *ordered = xmalloc(sizeof *ordered);
    ordered->name = shash_add(&order->names, name, ordered)->name;
    ovs_list_push_back(&order->list, &ordered->node);
}

void
stage_order_remove(struct stage_order *order, const char *name)
{
    struct ordered *ordered = shash_find_and_delete(&order->names, name);
    if (ordered) {
        ovs_list_remove(&ordered->node);
        free(ordered);
    }
}

bool
stage_order_move(struct stage_order *order, const char *name, bool before,
                 const char *point)
{
    struct ordered *moved = shash_find_data(&order->names, name);
    struct ovs_list *next = before ? order->list.next : &order->list;
    if (point) {
        struct ordered *other = shash_find_data(&order->names, point);
        if (!other || other == moved) {
            return false;
        }
        next = before ? &other->node : other->node.next;
    }
    if (next != &moved->node) {
        ovs_list_remove(&moved->node);
        ovs_list_insert(next, &moved->node);
    }
    return true;
}

json_t *
stage_order_names(const struct stage_order *order)
{
    json_t *names = json_array();
    const struct ordered *ordered;
    LIST_FOR_EACH (ordered, node, &order->list) {
        json_array_append_new(names, json_string(ordered->name));
    }
    return names;
}
