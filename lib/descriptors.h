/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_DESCRIPTORS_H
#define SDSA_DESCRIPTORS_H 1

/* File descriptors: as many as the process may have, and what to do when none
 * is left.  A socket that listens stays readable then, so a loop that waited
 * for it would spin. */

#include <stddef.h>

struct unixctl_server;

/* Raises the process's soft limit of descriptors to the hard one. */
void descriptors_raise_limit(void);

/* Returns the limit of descriptors. */
size_t descriptors_limit(void);

/* Logs, at a limited rate, that the listener 'name' could not accept a
 * connection because of the positive errno 'error', and what to do.  Returns
 * when it should be tried again, on the clock of time_msec(): the caller waits
 * for this time in place of the listener. */
long long int descriptors_accept_failed(const char *name, int error);

/* Wakes the poll loop as unixctl_server_wait() does; while the process has no
 * descriptor left, once a second instead. */
void descriptors_unixctl_wait(struct unixctl_server *);

#endif /* lib/descriptors.h */
