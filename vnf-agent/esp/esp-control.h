/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_ESP_CONTROL_H
#define SDSA_ESP_CONTROL_H 1

/* Performs the requests of the control protocol (control-msg.h) with an
 * engine.  There are no sockets here: a request's octets in, the reply's
 * octets out. */

#include <stdbool.h>
#include <stdint.h>

#include "vnf-agent/backend/control-msg.h"

struct engine;

/* Data from which requests are answered. */
struct control_context {
    struct engine *engine;
    struct control_hello *hello;
    long long int now_ms;       /* As engine_process() has it. */
    bool shutdown;              /* Set by CONTROL_SHUTDOWN. */
    bool subscribe;             /* Set by CONTROL_SUBSCRIBE. */
    bool hand_over;             /* Set by CONTROL_HAND_OVER. */
};

/* Performs the request.  'payload' has 'header->payload_size' octets.  Returns
 * the reply with its header; caller frees with control_free(). */
struct control_buffer esp_control_handle(struct control_context *,
                                         const struct control_header *header,
                                         const uint8_t *payload);

/* Pops the oldest event of the engine.  Returns its message (caller frees with
 * control_free()), or one with 'data' NULL if there is no event. */
struct control_buffer esp_control_pop_event(struct control_context *);

#endif /* vnf-agent/esp/esp-control.h */
