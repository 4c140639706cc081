/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/operation/ops.h"

#include "hash.h"
#include "ofctl-app/flows/probe.h"
#include "ofctl-app/operation/op-private.h"
#include "ofctl-app/operation/op.h"
#include "openvswitch/shash.h"
#include "util.h"
#include "uuid.h"

struct ops {
    struct ovs_list ops;        /* Of struct op. */
    struct shash by_chain;      /* Of struct op, by the names of its chains. */
    struct hmap by_token;       /* Of struct op. */
    struct hmap requests;       /* Of struct op_request, by ticket. */
};

struct ops *
ops_create(void)
{
    struct ops *ops = xmalloc(sizeof *ops);
    ovs_list_init(&ops->ops);
    shash_init(&ops->by_chain);
    hmap_init(&ops->by_token);
    hmap_init(&ops->requests);
    return ops;
}

void
ops_destroy(struct ops *ops)
{
    if (ops) {
        struct op *op;
        LIST_FOR_EACH_SAFE (op, node, &ops->ops) {
            ops_remove(ops, op);
        }
        shash_destroy(&ops->by_chain);
        hmap_destroy(&ops->by_token);
        hmap_destroy(&ops->requests);
        free(ops);
    }
}

struct op *
ops_add(struct ops *ops, struct network *net, const struct op_spec *spec)
{
    struct op *op = op_create(net, spec, &ops->requests);
    ovs_list_push_back(&ops->ops, &op->node);
    hmap_insert(&ops->by_token, &op->token_node, uuid_hash(&op->probe_token));
    for (size_t i = 0; i < spec->n_chains; i++) {
        shash_add_once(&ops->by_chain, spec->chains[i].name, op);
    }
    return op;
}

void
ops_remove(struct ops *ops, struct op *op)
{
    for (size_t i = 0; i < op->spec.n_chains; i++) {
        shash_find_and_delete(&ops->by_chain, op->spec.chains[i].name);
    }
    hmap_remove(&ops->by_token, &op->token_node);
    ovs_list_remove(&op->node);
    op_destroy(op);
}

size_t
ops_count(const struct ops *ops)
{
    return hmap_count(&ops->by_token);
}

struct op *
ops_next(const struct ops *ops, const struct op *prev)
{
    const struct ovs_list *next = prev ? prev->node.next : ops->ops.next;
    return next == &ops->ops ? NULL : CONTAINER_OF(next, struct op, node);
}

struct op *
ops_find_chain(const struct ops *ops, const char *chain)
{
    return shash_find_data(&ops->by_chain, chain);
}

struct op *
ops_find_number(const struct ops *ops, unsigned int number)
{
    OPS_FOR_EACH (op, ops) {
        if (op->spec.number == number) {
            return op;
        }
    }
    return NULL;
}

/* Bridges and agents number their tickets each for themselves. */
void
ops_result(struct ops *ops, enum participant_kind kind, uint64_t ticket,
           const char *error)
{
    struct op_request *request;
    HMAP_FOR_EACH_WITH_HASH (request, node, hash_uint64(ticket),
                             &ops->requests) {
        if (request->ticket == ticket
            && request->participant->id.kind == kind) {
            op_answer(request, error);
            return;
        }
    }
}

void
ops_probe_result(struct ops *ops, const struct network *net,
                 const char *bridge, const struct probe *probe)
{
    struct op *op;
    HMAP_FOR_EACH_WITH_HASH (op, token_node, uuid_hash(&probe->token),
                             &ops->by_token) {
        if (uuid_equals(&probe->token, &op->probe_token)) {
            op_hops_probe_result(op, net, bridge, probe);
        }
    }
}
