/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_ESP_SUCCESSION_H
#define SDSA_ESP_SUCCESSION_H 1

/* How one process of sdsa-esp succeeds another one without losing a packet.
 *
 *     successor                          predecessor
 *     CONTROL_HAND_OVER: version,
 *       ports, address         ------->  checks them
 *                              <-------  reply
 *                                        receives no more packets: they
 *                                        wait in the ports' sockets
 *                              <-------  descriptors; size (64 bits), state
 *     makes an engine of it
 *     one octet: ready         ------->  gives its other socket up
 *                              <-------  one octet: go
 *     receives packets                   wipes its SAs and ends
 *
 * The descriptors are the listening control socket, so that no client finds
 * nobody; the locked PID file, so that no third process begins; and the
 * sockets of the ports with the packets that wait in them.
 *
 * Only one of the two ever uses an SA: the predecessor goes on if anything
 * fails before "go", and never after it; the successor never before.  Keys
 * pass through this socket, between processes of one user or root, and are
 * wiped by both. */

#include <stdbool.h>

#include "uuid.h"
#include "vnf-agent/backend/control-msg.h"

struct engine;

#define SUCCESSION_TIMEOUT_MS 5000      /* Of one end's whole part. */

enum succession_fd {
    SUCCESSION_CONTROL,
    SUCCESSION_PID_FILE,
    SUCCESSION_PLAIN,
    SUCCESSION_CIPHER,
    SUCCESSION_N_FDS
};

/* The successor's part, until "ready" is to be said. */
struct succession {
    int socket;                 /* To the predecessor. */
    struct engine *engine;
    struct uuid boot_id;
    int fds[SUCCESSION_N_FDS];  /* -1: there is none. */
};

/* Connects to the process behind the control socket 'path'.  Returns the
 * socket, which succession_request() closes, or a negative errno: -ENOENT or
 * -ECONNREFUSED if there is no such process. */
int succession_connect(const char *path);

/* Asks the process at the other end of 'socket' for its state.  'hello' has
 * the ports and the address that it must have.  Returns NULL, or an error
 * (caller frees) and nothing in '*s'. */
char *succession_request(int socket, const struct control_hello *hello,
                         struct succession *s);

/* Says "ready" and waits for "go".  Returns NULL and the caller has to work
 * from now on, or an error (caller frees) and it must end. */
char *succession_finish(struct succession *);

/* Gives the state to the successor on the other side of 'socket' and waits
 * until it is ready.  Returns NULL, or an error (caller frees). */
char *succession_give(int socket, const struct engine *,
                      const struct uuid *boot_id,
                      const int fds[SUCCESSION_N_FDS]);

/* Says "go", before 'deadline_ms' by time_msec(): SUCCESSION_TIMEOUT_MS after
 * succession_give() began, since the successor waits no shorter.  Returns
 * false if the successor is gone or it is too late, so that the caller has to
 * go on. */
bool succession_let_go(int socket, long long int deadline_ms);

#endif /* vnf-agent/esp/succession.h */
