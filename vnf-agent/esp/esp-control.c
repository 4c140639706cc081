/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>
#include "vnf-agent/esp/esp-control.h"

#include <errno.h>
#include <string.h>

#include "openvswitch/list.h"
#include "util.h"
#include "vnf-agent/esp/engine.h"
#include "vnf-agent/esp/handover.h"

#define MAX_CHUNK 256           /* Objects in one reply to CONTROL_DUMP_*. */

/* Applies the edits of the request. */
static int
handle_apply(struct control_context *ctx, struct wire_reader *r, char **errorp)
{
    struct ovs_list edits = OVS_LIST_INITIALIZER(&edits);
    struct backend_edit *edit;
    int error;

    uint32_t n = wire_get_u32(r);
    for (uint32_t i = 0; i < n && !r->failed; i++) {
        edit = wire_get_edit(r);
        if (edit) {
            ovs_list_push_back(&edits, &edit->node);
        }
    }
    if (r->failed || r->left) {
        *errorp = xstrdup("malformed batch");
        error = EPROTO;
    } else {
        error = tables_apply(ctx->engine->tables, &edits, ctx->now_ms,
                             errorp);
    }
    LIST_FOR_EACH_POP (edit, node, &edits) {
        wire_edit_destroy(edit);
    }
    return error;
}

/* A chunk: generation; objects, each after a 1; a 0; the serial from which to
 * go on, or 0 at the end.  The client sees by the generation whether the
 * tables changed between two chunks. */
static void
put_sa_chunk(struct wire_writer *w, const struct control_context *ctx,
             uint64_t first)
{
    const struct tables *tables = ctx->engine->tables;
    const struct esp_sa *esp_sa;
    uint64_t next = 0;
    int n = 0;

    wire_put_u64(w, tables->generation);
    LIST_FOR_EACH (esp_sa, all_node, &tables->sa_list) {
        if (esp_sa->serial < first) {
            continue;
        }
        if (n >= MAX_CHUNK) {
            next = esp_sa->serial;
            break;
        }
        struct sa_stats stats;
        esp_sa_get_stats(esp_sa, ctx->now_ms, &stats);
        wire_put_u8(w, 1);
        wire_put_sa(w, esp_sa->sa);
        wire_put_sa_stats(w, &stats);
        n++;
    }
    wire_put_u8(w, 0);
    wire_put_u64(w, next);
}

static void
put_policy_chunk(struct wire_writer *w, const struct control_context *ctx,
                 uint64_t first)
{
    const struct tables *tables = ctx->engine->tables;
    const struct esp_policy *esp_policy;
    uint64_t next = 0;
    int n = 0;

    wire_put_u64(w, tables->generation);
    LIST_FOR_EACH (esp_policy, all_node, &tables->policy_list) {
        if (esp_policy->serial < first) {
            continue;
        }
        if (n >= MAX_CHUNK) {
            next = esp_policy->serial;
            break;
        }
        wire_put_u8(w, 1);
        wire_put_policy(w, esp_policy->policy);
        n++;
    }
    wire_put_u8(w, 0);
    wire_put_u64(w, next);
}

/* Takes the own addresses.  Of an SA whose own one is missing packets come in
 * no more; a client that does not want it will delete it. */
static int
handle_own_ips(struct control_context *ctx, struct wire_reader *r,
               char **errorp)
{
    struct own_ips own_ips;

    wire_get_own_ips(r, &own_ips);
    if (r->failed || r->left) {
        *errorp = xstrdup("malformed list of own addresses");
        return EPROTO;
    }
    ctx->engine->tables->own_ips = ctx->hello->own_ips = own_ips;
    return 0;
}

/* Checks that a successor reads what we write and has our ports.  Whether it
 * has the addresses of our SAs it finds when it reads these. */
static int
handle_hand_over(struct control_context *ctx, struct wire_reader *r,
                 char **errorp)
{
    const struct control_hello *hello = ctx->hello;
    uint32_t version = wire_get_u32(r);
    char *plain = wire_get_string(r);
    char *cipher = wire_get_string(r);
    int error = 0;

    wire_get_address(r);        /* Older versions asked for it. */

    if (r->failed) {
        *errorp = xstrdup("malformed request of a successor");
        error = EPROTO;
    } else if (version < HANDOVER_VERSION) {
        *errorp = xasprintf("the data plane that runs hands over in version "
                            "%d, and its successor knows only %"PRIu32,
                            HANDOVER_VERSION, version);
        error = EPROTONOSUPPORT;
    } else if (strcmp(plain, hello->plain_port)
               || strcmp(cipher, hello->cipher_port)) {
        *errorp = xasprintf("the data plane that runs has other ports (%s, "
                            "%s)", hello->plain_port, hello->cipher_port);
        error = EBUSY;
    }
    ctx->hand_over = !error;
    free(plain);
    free(cipher);
    return error;
}

/* A request and its outcome. */
struct request {
    struct control_context *ctx;
    uint16_t type;
    uint64_t first;             /* CONTROL_DUMP_*. */
    const struct esp_sa *esp_sa;        /* CONTROL_SA_STATS. */
    int error;                  /* 0, or a positive errno. */
    char *message;              /* For people; NULL: none. */
};

/* Parses, checks and does the request.  Returns 0 or a positive errno. */
static int
perform(struct request *request, struct wire_reader *r, char **errorp)
{
    struct control_context *ctx = request->ctx;
    enum sa_direction direction;

    switch (request->type) {
    case CONTROL_APPLY:
        return handle_apply(ctx, r, errorp);
    case CONTROL_HAND_OVER:
        return handle_hand_over(ctx, r, errorp);
    case CONTROL_OWN_IPS:
        return handle_own_ips(ctx, r, errorp);
    case CONTROL_DUMP_SAS:
    case CONTROL_DUMP_POLICIES:
        request->first = wire_get_u64(r);
        break;
    case CONTROL_SA_STATS:
        direction = wire_get_u8(r) ? SA_INBOUND : SA_OUTBOUND;
        request->esp_sa = tables_find_sa(ctx->engine->tables, direction,
                                         wire_get_u32(r));
        break;
    case CONTROL_HELLO:
    case CONTROL_STATS:
    case CONTROL_SHUTDOWN:
    case CONTROL_SUBSCRIBE:
        break;
    default:
        *errorp = xasprintf("unknown request %"PRIu16, request->type);
        return EOPNOTSUPP;
    }
    if (r->failed || r->left) {
        *errorp = xasprintf("malformed request %"PRIu16, request->type);
        return EPROTO;
    }
    if (request->type == CONTROL_SA_STATS && !request->esp_sa) {
        *errorp = xstrdup("no such SA");
        return ENOENT;
    }
    ctx->shutdown = ctx->shutdown || request->type == CONTROL_SHUTDOWN;
    ctx->subscribe = ctx->subscribe || request->type == CONTROL_SUBSCRIBE;
    return 0;
}

/* Writes the part of a successful reply after errno and message. */
static void
put_result(struct wire_writer *w, const struct request *request)
{
    const struct control_context *ctx = request->ctx;
    struct sa_stats sa_stats;

    switch ((enum control_type) request->type) {
    case CONTROL_HELLO:
        control_put_hello(w, ctx->hello);
        break;
    case CONTROL_DUMP_SAS:
        put_sa_chunk(w, ctx, request->first);
        break;
    case CONTROL_DUMP_POLICIES:
        put_policy_chunk(w, ctx, request->first);
        break;
    case CONTROL_SA_STATS:
        esp_sa_get_stats(request->esp_sa, ctx->now_ms, &sa_stats);
        wire_put_sa_stats(w, &sa_stats);
        break;
    case CONTROL_STATS:
        wire_put_stats(w, &ctx->engine->stats);
        break;
    case CONTROL_HAND_OVER:
        wire_put_u32(w, HANDOVER_VERSION);
        break;
    case CONTROL_APPLY:
    case CONTROL_SHUTDOWN:
    case CONTROL_SUBSCRIBE:
    case CONTROL_EVENT:
    case CONTROL_OWN_IPS:
        break;
    }
}

static void
put_reply(struct wire_writer *w, const void *request_)
{
    const struct request *request = request_;

    wire_put_u32(w, request->error);
    wire_put_string(w, request->message);
    if (!request->error) {
        put_result(w, request);
    }
}

struct control_buffer
esp_control_handle(struct control_context *ctx,
                   const struct control_header *header, const uint8_t *payload)
{
    struct wire_reader r = { .p = payload, .left = header->payload_size };
    struct request request = { .ctx = ctx, .type = header->type };

    if (header->version != CONTROL_VERSION
        && header->type != CONTROL_HAND_OVER) {
        request.error = EPROTONOSUPPORT;
        request.message = xasprintf(
            "the data plane that runs speaks version %d of the control "
            "protocol, not %"PRIu16, CONTROL_VERSION, header->version);
    } else {
        request.error = perform(&request, &r, &request.message);
    }

    struct control_buffer buffer = control_encode(header->type, header->xid,
                                                  put_reply, &request);
    free(request.message);
    return buffer;
}

static void
put_event(struct wire_writer *w, const void *event)
{
    wire_put_event(w, event);
}

struct control_buffer
esp_control_pop_event(struct control_context *ctx)
{
    struct control_buffer buffer = { .data = NULL };
    struct backend_event event;

    if (event_queue_pop(&ctx->engine->events, &event)) {
        buffer = control_encode(CONTROL_EVENT, 0, put_event, &event);
        free(event.policy);
    }
    return buffer;
}
