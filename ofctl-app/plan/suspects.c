/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/plan/suspects.h"

#include <limits.h>

#include "ofctl-app/model/inventory.h"
#include "ofctl-app/model/path.h"
#include "sset.h"
#include "util.h"

/* Failures in a row that count: the time doubles up to that many. */
#define FAILURES_MAX 5

/* A suspect is forgotten so many times its time after that is over. */
#define FORGET_FACTOR 4

struct suspect {
    char *reason;
    unsigned int n_failures;    /* In a row. */
    long long int until_ms;     /* Avoided until then. */
    bool is_over;               /* That time was over at the last look. */
    long long int forget_ms;    /* When the failures are forgotten. */
};

void
suspects_init(struct suspects *s)
{
    shash_init(&s->all);
    s->changed = false;
}

static void
remove_suspect(struct suspects *s, struct shash_node *node)
{
    struct suspect *suspect = node->data;
    free(suspect->reason);
    free(suspect);
    shash_delete(&s->all, node);
    s->changed = true;
}

void
suspects_destroy(struct suspects *s)
{
    struct shash_node *node;
    SHASH_FOR_EACH_SAFE (node, &s->all) {
        remove_suspect(s, node);
    }
    shash_destroy(&s->all);
}

/* What was seen. */

void
suspicion_init(struct suspicion *suspicion)
{
    shash_init(&suspicion->failed);
}

static void
suspect_part(struct suspicion *suspicion, char *key, const char *reason)
{
    if (!shash_find(&suspicion->failed, key)) {
        shash_add(&suspicion->failed, key, xstrdup(reason));
    }
    free(key);
}

void
suspicion_of_gateway(struct suspicion *suspicion, const char *vnf_id,
                     const char *reason)
{
    suspect_part(suspicion, xasprintf("gateway %s", vnf_id), reason);
}

void
suspicion_of_hop(struct suspicion *suspicion, const struct path_hop *hop,
                 const char *reason)
{
    struct sset parts = SSET_INITIALIZER(&parts);
    const char *part;
    path_hop_elements(hop, &parts);
    SSET_FOR_EACH (part, &parts) {
        /* A bridge that does not forward is known by its links. */
        if (strncmp(part, "bridge ", 7)) {
            suspect_part(suspicion, xstrdup(part), reason);
        }
    }
    sset_destroy(&parts);
}

void
suspicion_of_bridge(struct suspicion *suspicion, const struct path_hop *hop,
                    const char *bridge, const char *reason)
{
    for (size_t i = 0; i + 1 < hop->n_route; i++) {
        if (!strcmp(hop->route[i].to, bridge)) {
            suspect_part(suspicion, path_link_element(&hop->route[i]), reason);
            suspect_part(suspicion, path_link_element(&hop->route[i + 1]),
                         reason);
        }
    }
}

/* How often did the suspect fail more than can be overlooked? */
static unsigned int
get_doubt(const char *key, const struct suspect *suspect)
{
    return suspect->n_failures - !strncmp(key, "gateway ", 8);
}

void
suspects_tell(struct suspects *s, struct suspicion *suspicion, int avoid_ms,
              long long int now_ms)
{
    struct shash_node *node;
    SHASH_FOR_EACH (node, &suspicion->failed) {
        struct suspect *suspect = shash_find_data(&s->all, node->name);
        if (!suspect) {
            suspect = xzalloc(sizeof *suspect);
            shash_add(&s->all, node->name, suspect);
        }
        free(suspect->reason);
        suspect->reason = node->data;
        suspect->n_failures = MIN(suspect->n_failures + 1, FAILURES_MAX);
        long long int time_ms
            = (long long int) avoid_ms << (suspect->n_failures - 1);
        suspect->is_over = false;
        suspect->until_ms = now_ms + time_ms;
        suspect->forget_ms = suspect->until_ms + FORGET_FACTOR * time_ms;
        s->changed = true;
    }
    shash_destroy(&suspicion->failed);
}

void
suspects_clear(struct suspects *s, const struct path_hop *hop)
{
    if (shash_is_empty(&s->all)) {
        return;
    }
    struct sset parts = SSET_INITIALIZER(&parts);
    const char *part;
    path_hop_elements(hop, &parts);
    SSET_FOR_EACH (part, &parts) {
        struct shash_node *node = shash_find(&s->all, part);
        if (node) {
            remove_suspect(s, node);
        }
    }
    sset_destroy(&parts);
}

/* What follows from it. */

/* Sets '*avoidedp' and '*doubt' of the object with that key, which is
 * freed. */
static void
apply(const struct suspects *s, struct inventory *inv, char *key,
      const char **avoidedp, unsigned int *doubt)
{
    const struct suspect *suspect = shash_find_data(&s->all, key);
    *doubt = suspect && !suspect->is_over ? get_doubt(key, suspect) : 0;
    inventory_set_reason(inv, avoidedp, *doubt ? suspect->reason : NULL);
    free(key);
}

void
suspects_apply(struct suspects *s, struct inventory *inv, bool force,
               long long int now_ms)
{
    struct shash_node *node;
    SHASH_FOR_EACH_SAFE (node, &s->all) {
        struct suspect *suspect = node->data;
        if (now_ms >= suspect->forget_ms) {
            remove_suspect(s, node);
        } else if (now_ms >= suspect->until_ms && !suspect->is_over) {
            suspect->is_over = true;
            s->changed = true;
        }
    }
    if (!s->changed && !force) {
        return;
    }
    s->changed = false;
    for (size_t i = 0; i < inv->n_links; i++) {
        struct inv_link *l = &inv->links[i];
        char *name = path_link_name(l->from->name, l->out_port, l->to->name,
                                    l->in_port);
        apply(s, inv, xasprintf("link %s", name), &l->avoided, &l->doubt);
        free(name);
    }
    SHASH_FOR_EACH (node, &inv->gateways) {
        struct inv_gateway *gw = node->data;
        apply(s, inv, xasprintf("gateway %s", gw->vnf_id), &gw->avoided,
              &gw->doubt);
    }
}

long long int
suspects_wake_ms(const struct suspects *s)
{
    long long int wake_ms = LLONG_MAX;
    struct shash_node *node;
    SHASH_FOR_EACH (node, &s->all) {
        const struct suspect *suspect = node->data;
        wake_ms = MIN(wake_ms, (suspect->is_over ? suspect->forget_ms
                                : suspect->until_ms));
    }
    return wake_ms;
}
