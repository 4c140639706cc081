/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_BACKEND_CONTROL_IO_H
#define SDSA_BACKEND_CONTROL_IO_H 1

/* Octets and descriptors over the control socket of sdsa-esp, waiting: for the
 * agent, and for two processes of sdsa-esp of which one succeeds the other.
 * Each call ends at 'deadline_ms' of time_msec() with ETIMEDOUT, and with
 * ECONNRESET if the other end is gone. */

#include <stddef.h>
#include <stdint.h>

#include "vnf-agent/backend/control-msg.h"

/* Sends all 'size' octets at 'data'.  Returns 0 or a positive errno. */
int control_io_send(int fd, const uint8_t *data, size_t size,
                    long long int deadline_ms);

/* Receives 'size' octets into 'data'.  Returns 0 or a positive errno. */
int control_io_receive(int fd, uint8_t *data, size_t size,
                       long long int deadline_ms);

/* Receives one message.  Returns 0 or a positive errno; EPROTO if it is none.
 * The caller frees '*payload' with control_free(), also after an error. */
int control_io_receive_message(int fd, long long int deadline_ms,
                               struct control_header *,
                               struct control_buffer *payload);

/* Sends the 'n' descriptors of 'fds', at most CONTROL_IO_MAX_FDS, with one
 * octet, the number of them.  Those that are -1 come as -1.  Returns 0 or a
 * positive errno. */
#define CONTROL_IO_MAX_FDS 8
int control_io_send_fds(int fd, const int fds[], size_t n,
                        long long int deadline_ms);

/* Receives 'n' descriptors, which the caller closes, into 'fds'.  Returns 0,
 * or a positive errno and all are -1: EPROTO if there were others than 'n'. */
int control_io_receive_fds(int fd, int fds[], size_t n,
                           long long int deadline_ms);

#endif /* vnf-agent/backend/control-io.h */
