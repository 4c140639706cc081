/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>
#include "vnf-agent/esp/control.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <string.h>

#include "openvswitch/list.h"
#include "util.h"
#include "vnf-agent/esp/engine.h"

#define CONTROL_MAGIC 0x53455350        /* "SESP" */

void
control_put_header(struct wire_writer *w, const struct control_header *header)
{
    wire_put_u32(w, CONTROL_MAGIC);
    wire_put_u16(w, header->version);
    wire_put_u16(w, header->type);
    wire_put_u32(w, header->payload_size);
    wire_put_u32(w, header->xid);
}

bool
control_get_header(const uint8_t bytes[CONTROL_HEADER_LEN],
                   struct control_header *header)
{
    struct wire_reader r = { .p = bytes, .left = CONTROL_HEADER_LEN };

    if (wire_get_u32(&r) != CONTROL_MAGIC) {
        return false;
    }
    header->version = wire_get_u16(&r);
    header->type = wire_get_u16(&r);
    header->payload_size = wire_get_u32(&r);
    header->xid = wire_get_u32(&r);
    return true;
}

void
control_free(struct control_buffer *buffer)
{
    if (buffer->data) {
        OPENSSL_cleanse(buffer->data, buffer->size);
        free(buffer->data);
    }
    *buffer = (struct control_buffer) { .data = NULL };
}

void
control_hello_destroy(struct control_hello *hello)
{
    free(hello->plain_port);
    free(hello->cipher_port);
    free(hello->trouble);
    *hello = (struct control_hello) { .plain_port = NULL };
}

static void
put_edits(struct wire_writer *w, const struct ovs_list *edits)
{
    const struct backend_edit *edit;

    wire_put_u32(w, ovs_list_size(edits));
    LIST_FOR_EACH (edit, node, edits) {
        wire_put_edit(w, edit);
    }
}

struct control_buffer
control_encode_apply(const struct ovs_list *edits, uint32_t xid)
{
    struct wire_writer count = { .buf = NULL };

    put_edits(&count, edits);

    struct control_header header = {
        .version = CONTROL_VERSION,
        .type = CONTROL_APPLY,
        .payload_size = count.size,
        .xid = xid,
    };
    struct wire_writer w = {
        .buf = xmalloc(CONTROL_HEADER_LEN + count.size)
    };
    control_put_header(&w, &header);
    put_edits(&w, edits);
    return (struct control_buffer) { .data = w.buf, .size = w.size };
}

static void
put_hello(struct wire_writer *w, const struct control_hello *hello)
{
    wire_put_bytes(w, &hello->boot_id, sizeof hello->boot_id);
    wire_put_string(w, hello->plain_port);
    wire_put_string(w, hello->cipher_port);
    wire_put_address(w, &hello->cipher_ip);
    for (int i = 0; i < 2; i++) {
        wire_put_bytes(w, &hello->ports[i].mac, sizeof hello->ports[i].mac);
        wire_put_u32(w, hello->ports[i].mtu);
    }
    wire_put_string(w, hello->trouble);
}

void
control_get_hello(struct wire_reader *r, struct control_hello *hello)
{
    wire_get_bytes(r, &hello->boot_id, sizeof hello->boot_id);
    hello->plain_port = wire_get_string(r);
    hello->cipher_port = wire_get_string(r);
    hello->cipher_ip = wire_get_address(r);
    for (int i = 0; i < 2; i++) {
        wire_get_bytes(r, &hello->ports[i].mac, sizeof hello->ports[i].mac);
        hello->ports[i].mtu = wire_get_u32(r);
    }
    hello->trouble = wire_get_string(r);
}

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
        if (n >= CONTROL_DUMP_CHUNK) {
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
        if (n >= CONTROL_DUMP_CHUNK) {
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

/* What a request asked for, taken out of its payload. */
struct request {
    uint16_t type;
    uint64_t first;             /* CONTROL_DUMP_*. */
    const struct esp_sa *esp_sa;        /* CONTROL_SA_STATS. */
};

/* Checks and does the request.  Returns 0 or a positive errno. */
static int
perform(struct control_context *ctx, struct wire_reader *r,
        struct request *request, char **errorp)
{
    enum sa_direction direction;

    switch (request->type) {
    case CONTROL_APPLY:
        return handle_apply(ctx, r, errorp);
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

/* Writes what a successful reply has after errno and message. */
static void
put_result(struct wire_writer *w, const struct control_context *ctx,
           const struct request *request)
{
    struct sa_stats sa_stats;

    switch ((enum control_type) request->type) {
    case CONTROL_HELLO:
        put_hello(w, ctx->hello);
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
    case CONTROL_APPLY:
    case CONTROL_SHUTDOWN:
    case CONTROL_SUBSCRIBE:
    case CONTROL_EVENT:
        break;
    }
}

static void
put_reply(struct wire_writer *w, const struct control_context *ctx,
          const struct request *request, int error, const char *message)
{
    wire_put_u32(w, error);
    wire_put_string(w, message);
    if (!error) {
        put_result(w, ctx, request);
    }
}

struct control_buffer
control_handle(struct control_context *ctx,
               const struct control_header *header, const uint8_t *payload)
{
    struct wire_reader r = { .p = payload, .left = header->payload_size };
    struct request request = { .type = header->type };
    char *message = NULL;
    int error;

    if (header->version != CONTROL_VERSION) {
        error = EPROTONOSUPPORT;
        message = xasprintf("the data plane speaks version %d of the control "
                            "protocol, not %"PRIu16": end it with "
                            "\"ovs-appctl -t RUNDIR/NAME.esp.unixctl exit\" "
                            "(its SAs are lost; a controller makes new ones)",
                            CONTROL_VERSION, header->version);
    } else {
        error = perform(ctx, &r, &request, &message);
    }

    struct wire_writer count = { .buf = NULL };
    put_reply(&count, ctx, &request, error, message);

    struct control_header reply_header = {
        .version = CONTROL_VERSION,
        .type = header->type,
        .payload_size = count.size,
        .xid = header->xid,
    };
    struct wire_writer w = {
        .buf = xmalloc(CONTROL_HEADER_LEN + count.size)
    };
    control_put_header(&w, &reply_header);
    put_reply(&w, ctx, &request, error, message);
    free(message);
    return (struct control_buffer) { .data = w.buf, .size = w.size };
}

struct control_buffer
control_take_event(struct control_context *ctx)
{
    struct backend_event event;

    if (!events_pop(&ctx->engine->events, &event)) {
        return (struct control_buffer) { .data = NULL };
    }

    struct wire_writer count = { .buf = NULL };
    wire_put_event(&count, &event);
    struct control_header header = {
        .version = CONTROL_VERSION,
        .type = CONTROL_EVENT,
        .payload_size = count.size,
    };
    struct wire_writer w = {
        .buf = xmalloc(CONTROL_HEADER_LEN + count.size)
    };
    control_put_header(&w, &header);
    wire_put_event(&w, &event);
    free(event.policy);
    return (struct control_buffer) { .data = w.buf, .size = w.size };
}
