/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_ESP_HANDOVER_H
#define SDSA_ESP_HANDOVER_H 1

/* The state of a data plane as octets, for a successor: SAs with their keys,
 * sequence numbers and replay windows, policies, the check values of keys that
 * were used, counters, and events that no agent has popped.
 *
 * The octets are members (wire.h), so that versions can differ.  What the
 * reader does not know and cannot do without is an error: then the older
 * process goes on.  Only counters and events are left out without an error.
 *
 * Pure. */

#include "uuid.h"
#include "vnf-agent/backend/control-msg.h"

struct engine;

/* To be raised when older readers could misunderstand the octets. */
#ifndef HANDOVER_VERSION
#define HANDOVER_VERSION 1
#endif

/* Returns the state.  Keys are in it: caller frees with control_free(). */
struct control_buffer handover_encode(const struct engine *,
                                      const struct uuid *boot_id);

/* Makes the engine that 'state' tells of, with these own addresses: those
 * of all its SAs must be among them.  Returns NULL, with the engine in
 * '*enginep' (caller frees with engine_destroy()); or an error (caller frees)
 * and NULL. */
char *handover_decode(const struct control_buffer *state,
                      const struct own_ips *,
                      struct engine **enginep, struct uuid *boot_id);

#endif /* vnf-agent/esp/handover.h */
