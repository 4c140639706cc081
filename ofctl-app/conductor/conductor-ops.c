/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/conductor/conductor-ops.h"

#include "ofctl-app/conductor/conductor-config.h"
#include "ofctl-app/conductor/conductor-private.h"
#include "ofctl-app/model/path-check.h"
#include "ofctl-app/network/network.h"
#include "ofctl-app/operation/op-spec.h"
#include "ofctl-app/operation/ops.h"
#include "util.h"

#define PROVE_MS 200            /* Between two probes of one hop. */

static struct op_fsm_timeouts
get_timeouts(const struct conductor *c, const struct op_spec *spec)
{
    int drain_ms = conductor_config_drain_ms(c->idl);
    int drain_max_ms = conductor_config_ms(c->idl, "drain-max-ms", 10000);
    for (size_t i = 0; i < spec->n_old; i++) {
        if (path_is_cut(spec->old[i]->path, network_inventory(c->net))) {
            drain_max_ms = drain_ms;    /* What is lost never comes out. */
        }
    }
    return (struct op_fsm_timeouts) {
        .prepare_ms = conductor_config_ms(c->idl, "prepare-timeout-ms", 5000),
        .retry_ms = conductor_config_ms(c->idl, "retry-ms", 1000),
        .drain_ms = spec->n_new && spec->n_old ? drain_ms : 0,
        .drain_max_ms = MAX(drain_ms, drain_max_ms),
        .release_ms = conductor_config_ms(c->idl, "release-timeout-ms", 5000),
        .prove_ms = PROVE_MS,
    };
}

struct op *
conductor_add_op(struct conductor *c, const struct op_spec *op_spec)
{
    struct op_spec spec = *op_spec;
    spec.timeouts = get_timeouts(c, &spec);
    spec.prove = spec.prove && conductor_config_prove(c->idl);
    spec.number = spec.number ? spec.number : c->next_operation++;
    return ops_add(c->ops, c->net, &spec);
}
