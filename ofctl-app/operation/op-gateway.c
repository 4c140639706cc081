/* SPDX-License-Identifier: Apache-2.0 */
/* Gateways of an operation: keys, and edits of their SADs and SPDs. */

#include <config.h>

#include "ofctl-app/operation/op-private.h"

#include "lib/boot-clock.h"
#include "lib/secret.h"
#include "lib/suite.h"
#include "ofctl-app/model/path-check.h"
#include "ofctl-app/network/network.h"
#include "ofctl-app/southbound/sa-request.h"
#include "timeval.h"
#include "util.h"

/* Keys. */

void
op_gateway_make_keys(struct op *op)
{
    for (size_t i = 0; i < op->spec.n_new; i++) {
        const struct path *path = op->spec.new[i]->path;
        PATH_FOR_EACH_HOP (hop, path) {
            op->keys = xrealloc(op->keys, (op->n_keys + 1) * sizeof *op->keys);
            struct op_key *k = &op->keys[op->n_keys++];
            k->hop = hop;
            k->key = secret_create(NULL, suite_keymat_size(path->suite));
            secret_check(k->key, hop->esp_spi, hop->key_check);
            hop->created_s = time_wall();
            hop->made_s = boot_clock_s();
        }
    }
}

void
op_gateway_wipe_keys(struct op *op)
{
    for (size_t i = 0; i < op->n_keys; i++) {
        secret_destroy(op->keys[i].key);
    }
    free(op->keys);
    op->keys = NULL;
    op->n_keys = 0;
}

static const struct secret *
find_key(const struct op *op, const struct path_hop *hop)
{
    for (size_t i = 0; i < op->n_keys; i++) {
        if (op->keys[i].hop == hop) {
            return op->keys[i].key;
        }
    }
    return NULL;
}

/* Sending. */

/* Adds to 'req' what gateway 'vnf_id' gets in 'step' for 'path'. */
static void
add_sa_edits(const struct op *op, const struct inventory *inv,
             const char *vnf_id, enum op_fsm_step step,
             const struct path *path, struct restconf_patch *req)
{
    bool removes = step & (OP_FSM_STEP_RELEASE | OP_FSM_STEP_UNDO);
    PATH_FOR_EACH_HOP (hop, path) {
        bool sends = !strcmp(hop->sender, vnf_id);
        bool receives = !strcmp(hop->receiver, vnf_id);
        if ((receives && step == OP_FSM_STEP_INBOUND)
            || (sends && step == OP_FSM_STEP_OUTBOUND)) {
            sa_request_add(req, inv, path, hop, step == OP_FSM_STEP_OUTBOUND,
                           find_key(op, hop));
        }
        if (sends && removes) {
            sa_request_remove(req, path, hop, true);
        }
        if (receives && removes) {
            sa_request_remove(req, path, hop, false);
        }
    }
}

static uint64_t
gateway_send(struct op *op, struct network *net, uint64_t epoch,
             const struct op_participant *p, enum op_fsm_step step,
             char **errorp)
{
    struct agent *agent = network_agent(net, p->id.name);
    const struct inventory *inv = network_inventory(net);
    bool adds = step & (OP_FSM_STEP_INBOUND | OP_FSM_STEP_OUTBOUND);
    if (adds && !agent_is_up(agent)) {
        *errorp = xstrdup(agent_get_state(agent)->reason);
    }
    /* The paths must still fit the network. */
    for (size_t i = 0; adds && !*errorp && i < op->spec.n_new; i++) {
        *errorp = path_check(op->spec.new[i]->path, inv);
    }
    if (*errorp) {
        return 0;
    }

    bool of_old = step == OP_FSM_STEP_RELEASE;
    struct live_path *const *paths = of_old ? op->spec.old : op->spec.new;
    size_t n = of_old ? op->spec.n_old : op->spec.n_new;
    char *id = xasprintf("op-%u-%s", op->spec.number,
                         op_fsm_step_to_string(step));
    struct restconf_patch *req = sa_request_create(id, epoch);
    for (size_t i = 0; i < n; i++) {
        add_sa_edits(op, inv, p->id.name, step, paths[i]->path, req);
    }
    free(id);
    return restconf_client_patch(agent_client(agent), req);
}

static bool
gateway_exists(const struct network *net, const char *name)
{
    return network_agent(net, name) != NULL;
}

static bool
gateway_has_ticket(const struct network *net, const char *name,
                   uint64_t ticket)
{
    const struct agent *agent = network_agent(net, name);
    return agent && restconf_client_has_ticket(agent_client(agent), ticket);
}

static const char *
gateway_find_loss(const struct network *net, const struct op_participant *p)
{
    const struct agent *agent = network_agent(net, p->id.name);
    const struct inv_gateway *gw = inventory_gateway(network_inventory(net),
                                                     p->id.name);
    return (gw && gw->is_quarantined ? "it is in quarantine"
            : !agent ? "it was removed from the database"
            : strcmp(agent_get_state(agent)->boot_id, p->boot_id)
            ? "its data plane restarted" : NULL);
}

static bool
gateway_is_away(const struct network *net, const char *name)
{
    const struct agent *agent = network_agent(net, name);
    return agent && !agent_is_up(agent);
}

const struct op_kind op_gateway_kind = {
    .send = gateway_send,
    .exists = gateway_exists,
    .has_ticket = gateway_has_ticket,
    .find_loss = gateway_find_loss,
    .is_away = gateway_is_away,
};
