/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/plan/plan-action.h"

#include "ofctl-app/model/path.h"
#include "util.h"

uint32_t
plan_action_twin(const struct plan_action *action, size_t i)
{
    for (size_t j = i ? i - 1 : i; j < action->n_new && j <= i + 1; j++) {
        if (j != i && !strcmp(action->new[j]->chain, action->new[i]->chain)) {
            return action->new[j]->nsh_spi;
        }
    }
    return 0;
}

void
plan_action_uninit(struct plan_action *action)
{
    free(action->reason);
    free(action->targets);
    free(action->new);
    free(action->old);
    free(action->standby);
}
