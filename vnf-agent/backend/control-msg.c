/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>
#include "vnf-agent/backend/control-msg.h"

#include <openssl/crypto.h>

#include "openvswitch/list.h"
#include "util.h"

#define CONTROL_MAGIC 0x53455350        /* "SESP" */

static void
put_header(struct wire_writer *w, const struct control_header *header)
{
    wire_put_u32(w, CONTROL_MAGIC);
    wire_put_u16(w, header->version);
    wire_put_u16(w, header->type);
    wire_put_u32(w, header->payload_size);
    wire_put_u32(w, header->xid);
}

bool
control_get_header(const uint8_t octets[CONTROL_HEADER_LEN],
                   struct control_header *header)
{
    struct wire_reader r = { .p = octets, .left = CONTROL_HEADER_LEN };

    if (wire_get_u32(&r) != CONTROL_MAGIC) {
        return false;
    }
    header->version = wire_get_u16(&r);
    header->type = wire_get_u16(&r);
    header->payload_size = wire_get_u32(&r);
    header->xid = wire_get_u32(&r);
    return true;
}

struct control_buffer
control_encode(enum control_type type, uint32_t xid, control_put_payload *put,
               const void *aux)
{
    struct wire_writer count = { .buf = NULL };

    if (put) {
        put(&count, aux);
    }

    struct control_header header = {
        .version = CONTROL_VERSION,
        .type = type,
        .payload_size = count.size,
        .xid = xid,
    };
    struct wire_writer w = {
        .buf = xmalloc(CONTROL_HEADER_LEN + count.size)
    };
    put_header(&w, &header);
    if (put) {
        put(&w, aux);
    }
    return (struct control_buffer) { .data = w.buf, .size = w.size };
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
control_put_edits(struct wire_writer *w, const void *edits_)
{
    const struct ovs_list *edits = edits_;
    const struct backend_edit *edit;

    wire_put_u32(w, ovs_list_size(edits));
    LIST_FOR_EACH (edit, node, edits) {
        wire_put_edit(w, edit);
    }
}

void
control_hello_destroy(struct control_hello *hello)
{
    free(hello->plain_port);
    free(hello->cipher_port);
    free(hello->reason);
    free(hello->program);
    *hello = (struct control_hello) { .plain_port = NULL };
}

static void
put_port(struct wire_writer *w, const struct backend_port *port)
{
    wire_put_bytes(w, &port->mac, sizeof port->mac);
    wire_put_u32(w, port->mtu);
}

void
control_put_hello(struct wire_writer *w, const struct control_hello *hello)
{
    wire_put_bytes(w, &hello->boot_id, sizeof hello->boot_id);
    wire_put_string(w, hello->plain_port);
    wire_put_string(w, hello->cipher_port);
    wire_put_own_ips(w, &hello->own_ips);
    put_port(w, &hello->plain);
    put_port(w, &hello->cipher);
    wire_put_string(w, hello->reason);
    wire_put_string(w, hello->program);
}

static void
get_port(struct wire_reader *r, struct backend_port *port)
{
    wire_get_bytes(r, &port->mac, sizeof port->mac);
    port->mtu = wire_get_u32(r);
}

void
control_get_hello(struct wire_reader *r, struct control_hello *hello)
{
    wire_get_bytes(r, &hello->boot_id, sizeof hello->boot_id);
    hello->plain_port = wire_get_string(r);
    hello->cipher_port = wire_get_string(r);
    wire_get_own_ips(r, &hello->own_ips);
    get_port(r, &hello->plain);
    get_port(r, &hello->cipher);
    hello->reason = wire_get_string(r);
    hello->program = wire_get_string(r);
}
