/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>
#include "vnf-agent/esp/handover.h"

#include <string.h>

#include "lib/secret.h"
#include "openvswitch/list.h"
#include "util.h"
#include "vnf-agent/esp/engine.h"
#include "vnf-agent/esp/esp.h"

/* Members of struct esp_sa that are handed over as they are. */
#define STATES                                                                \
    STATE(seq) STATE(packets) STATE(bytes) STATE(replayed) STATE(failed)      \
    STATE(created_ms) STATE(used_ms)                                          \
    STATE(soft_expired) STATE(hard_expired)                                   \
    STATE(soft_told) STATE(hard_told) STATE(overflow_told)

/* Counters but the drops. */
#define COUNTERS                                                              \
    COUNTER(plain_rx) COUNTER(plain_tx) COUNTER(cipher_rx) COUNTER(cipher_tx)

/* Writing. */

static void
put_stats(struct wire_writer *w, const struct backend_stats *stats)
{
    size_t start = wire_begin_member(w, "stats");

#define COUNTER(NAME) wire_put_member_u64(w, #NAME, stats->NAME);
    COUNTERS
#undef COUNTER
    for (int i = 0; i < BACKEND_N_DROPS; i++) {
        wire_put_member_u64(w, backend_drop_to_string(i), stats->drops[i]);
    }
    wire_end_member(w, start);
}

static void
put_sa(struct wire_writer *w, const struct esp_sa *esp_sa)
{
    struct sa sa = *esp_sa->sa;
    size_t start = wire_begin_member(w, "sa");

    sa.key = esp_sa->keymat;
    size_t inner = wire_begin_member(w, "sa");
    wire_put_sa_members(w, &sa);
    wire_end_member(w, inner);

    inner = wire_begin_member(w, "used_key");
    wire_put_string(w, esp_sa->used_key->check);
    wire_end_member(w, inner);

    wire_put_member_u64(w, "serial", esp_sa->serial);
    wire_put_member_u64(w, "iv_mask", (esp_sa->key
                                       ? esp_key_get_iv_mask(esp_sa->key)
                                       : 0));
    wire_put_member_u64(w, "replay_top", esp_sa->replay.top);
    inner = wire_begin_member(w, "replay_bits");
    for (uint32_t i = 0; i < esp_sa->replay.n_words; i++) {
        wire_put_u64(w, esp_sa->replay.bits[i]);
    }
    wire_end_member(w, inner);
#define STATE(NAME) wire_put_member_u64(w, #NAME, esp_sa->NAME);
    STATES
#undef STATE
    wire_end_member(w, start);
}

static void
put_policy(struct wire_writer *w, const struct esp_policy *esp_policy)
{
    size_t start = wire_begin_member(w, "policy");
    size_t inner = wire_begin_member(w, "policy");

    wire_put_policy_members(w, esp_policy->policy);
    wire_end_member(w, inner);
    wire_put_member_u64(w, "serial", esp_policy->serial);
    wire_end_member(w, start);
}

static void
put_retired_key(struct wire_writer *w, const struct used_key *key)
{
    size_t start = wire_begin_member(w, "retired_key");

    wire_put_u8(w, key->direction);
    wire_put_string(w, key->check);
    wire_end_member(w, start);
}

static void
put_event(const struct backend_event *event, void *w_)
{
    struct wire_writer *w = w_;
    size_t start = wire_begin_member(w, "event");

    wire_put_event(w, event);
    wire_end_member(w, start);
}

static void
put_state(struct wire_writer *w, const struct engine *engine,
          const struct uuid *boot_id)
{
    const struct tables *tables = engine->tables;
    const struct esp_policy *esp_policy;
    const struct esp_sa *esp_sa;
    const struct used_key *key;
    size_t start = wire_begin_member(w, "boot_id");

    wire_put_bytes(w, boot_id, sizeof *boot_id);
    wire_end_member(w, start);
    put_stats(w, &engine->stats);
    wire_put_member_u64(w, "ip_id", engine->ip_id);
    wire_put_member_u64(w, "generation", tables->generation);
    LIST_FOR_EACH (key, list_node, &tables->used_keys.retired) {
        put_retired_key(w, key);
    }
    LIST_FOR_EACH (esp_sa, all_node, &tables->sa_list) {
        put_sa(w, esp_sa);
    }
    LIST_FOR_EACH (esp_policy, all_node, &tables->policy_list) {
        put_policy(w, esp_policy);
    }
    event_queue_for_each(&engine->events, put_event, w);
    wire_put_member_u64(w, "next_serial", tables->next_serial);
}

struct control_buffer
handover_encode(const struct engine *engine, const struct uuid *boot_id)
{
    struct wire_writer w = { .buf = NULL };

    put_state(&w, engine, boot_id);
    w = (struct wire_writer) { .buf = xmalloc(w.size) };
    put_state(&w, engine, boot_id);
    return (struct control_buffer) { .data = w.buf, .size = w.size };
}

/* Reading. */

/* Counters that are not known are left out. */
static void
get_stats(struct wire_reader *r, struct backend_stats *stats)
{
    struct wire_member m;

    while (wire_get_member(r, &m)) {
        uint64_t value = wire_get_u64(&m.value);

#define COUNTER(NAME)                                                         \
        if (!strcmp(m.name, #NAME)) {                                         \
            stats->NAME = value;                                              \
        }
        COUNTERS
#undef COUNTER
        for (int i = 0; i < BACKEND_N_DROPS; i++) {
            if (!strcmp(m.name, backend_drop_to_string(i))) {
                stats->drops[i] = value;
            }
        }
    }
}

/* What is handed over of one SA. */
struct sa_state {
    struct sa *sa;
    char *used_key;
    uint64_t serial, iv_mask, replay_top;
    struct wire_reader replay_bits;
    struct esp_sa esp_sa;       /* Only the members of STATES. */
};

/* Reads a member.  Returns false if there is none of that name. */
static bool
get_sa_member(struct wire_member *m, struct sa_state *state, char **errorp)
{
    if (!strcmp(m->name, "sa") && !state->sa) {
        state->sa = wire_get_sa_members(&m->value, errorp);
    } else if (!strcmp(m->name, "used_key") && !state->used_key) {
        state->used_key = wire_get_string(&m->value);
    } else if (!strcmp(m->name, "serial")) {
        state->serial = wire_get_u64(&m->value);
    } else if (!strcmp(m->name, "iv_mask")) {
        state->iv_mask = wire_get_u64(&m->value);
    } else if (!strcmp(m->name, "replay_top")) {
        state->replay_top = wire_get_u64(&m->value);
    } else if (!strcmp(m->name, "replay_bits")) {
        state->replay_bits = m->value;
        m->value.left = 0;
#define STATE(NAME)                                                           \
    } else if (!strcmp(m->name, #NAME)) {                                     \
        state->esp_sa.NAME = wire_get_u64(&m->value);
    STATES
#undef STATE
    } else {
        return false;
    }
    return true;
}

/* Puts the SA in the tables. */
static char *
restore_sa(struct tables *tables, struct sa_state *state)
{
    char *error;

    if (!state->sa || !state->used_key) {
        return xstrdup("an SA is malformed");
    }
    if (!state->sa->key && !state->esp_sa.hard_expired) {
        return xasprintf("SA %s has no key", state->sa->name);
    }

    struct esp_sa *esp_sa = tables_restore_sa(tables, state->sa,
                                              state->used_key, state->serial,
                                              &error);
    if (!esp_sa) {
        return error;
    }
#define STATE(NAME) esp_sa->NAME = state->esp_sa.NAME;
    STATES
#undef STATE
    if (esp_sa->key) {
        esp_key_set_iv_mask(esp_sa->key, state->iv_mask);
    }
    esp_sa->replay.top = state->replay_top;
    for (uint32_t i = 0; i < esp_sa->replay.n_words; i++) {
        esp_sa->replay.bits[i] = wire_get_u64(&state->replay_bits);
    }
    return (state->replay_bits.failed || state->replay_bits.left
            ? xasprintf("SA %s has another replay window", state->sa->name)
            : NULL);
}

static char *
get_sa(struct wire_reader *r, struct tables *tables)
{
    struct sa_state state = { .sa = NULL };
    struct wire_member m;
    char *error = NULL;

    while (!error && wire_get_member(r, &m)) {
        bool known = get_sa_member(&m, &state, &error);
        error = error ? error : wire_check_member(&m, known);
    }
    error = error ? error : restore_sa(tables, &state);
    sa_destroy(state.sa);
    free(state.used_key);
    return error;
}

static char *
get_policy(struct wire_reader *r, struct tables *tables)
{
    struct policy *policy = NULL;
    uint64_t serial = 0;
    struct wire_member m;
    char *error = NULL;

    while (!error && wire_get_member(r, &m)) {
        bool known = true;

        if (!strcmp(m.name, "policy") && !policy) {
            policy = wire_get_policy_members(&m.value, &error);
        } else if (!strcmp(m.name, "serial")) {
            serial = wire_get_u64(&m.value);
        } else {
            known = false;
        }
        error = error ? error : wire_check_member(&m, known);
    }
    if (!error) {
        error = (policy ? tables_restore_policy(tables, policy, serial)
                 : xstrdup("a policy is malformed"));
    }
    policy_destroy(policy);
    return error;
}

static void
get_retired_key(struct wire_reader *r, struct used_keys *keys)
{
    enum sa_direction direction = wire_get_u8(r) ? SA_INBOUND : SA_OUTBOUND;
    char *check = wire_get_string(r);

    if (check) {
        used_keys_retire(keys, used_keys_add(keys, direction, check));
    }
    free(check);
}

/* An event that cannot be read is left out. */
static void
get_event(struct wire_reader *r, struct event_queue *queue)
{
    struct backend_event event;

    wire_get_event(r, &event);
    if (r->failed || r->left) {
        free(event.policy);
    } else {
        event_queue_push(queue, &event);
    }
    *r = (struct wire_reader) { .failed = false };
}

char *
handover_decode(const struct control_buffer *state,
                const struct own_ips *own_ips, struct engine **enginep,
                struct uuid *boot_id)
{
    struct wire_reader r = { .p = state->data, .left = state->size };
    struct engine *engine = engine_create(own_ips);
    struct tables *tables = engine->tables;
    uint64_t next_serial = 0;
    bool whole = false;         /* The last member has come. */
    struct wire_member m;
    char *error = NULL;

    while (!error && wire_get_member(&r, &m)) {
        bool known = true;

        if (!strcmp(m.name, "boot_id")) {
            wire_get_bytes(&m.value, boot_id, sizeof *boot_id);
        } else if (!strcmp(m.name, "stats")) {
            get_stats(&m.value, &engine->stats);
        } else if (!strcmp(m.name, "ip_id")) {
            engine->ip_id = wire_get_u64(&m.value);
        } else if (!strcmp(m.name, "generation")) {
            tables->generation = wire_get_u64(&m.value);
        } else if (!strcmp(m.name, "next_serial")) {
            next_serial = wire_get_u64(&m.value);
            whole = true;
        } else if (!strcmp(m.name, "retired_key")) {
            get_retired_key(&m.value, &tables->used_keys);
        } else if (!strcmp(m.name, "sa")) {
            error = get_sa(&m.value, tables);
        } else if (!strcmp(m.name, "policy")) {
            error = get_policy(&m.value, tables);
        } else if (!strcmp(m.name, "event")) {
            get_event(&m.value, &engine->events);
        } else {
            known = false;
        }
        error = error ? error : wire_check_member(&m, known);
    }
    if (!error && (r.failed || !whole)) {
        error = xstrdup("the state is not whole");
    }
    tables->next_serial = next_serial;
    if (error) {
        engine_destroy(engine);
        engine = NULL;
    }
    *enginep = engine;
    return error;
}
