/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_PROCESS_UTIL_H
#define SDSA_PROCESS_UTIL_H 1

/* Processes, and the places of programs and of the database. */

#include <stddef.h>

/* Starts argv[0] (a file name; NULL-terminated vector) detached from us in a
 * session of its own: the new process survives our death and our terminal.
 * Its standard input, output and error are /dev/null; it has no other
 * descriptor.  'netns' is a name below /run/netns to enter first, or NULL.
 * The environment is kept.  Returns 0, or a positive errno with a message in
 * '*errorp' (caller frees). */
int process_start_detached(char *const argv[], const char *netns,
                           char **errorp);

/* Returns the file name of the program 'name' of ours: beside the running
 * executable (also in an uninstalled build tree, where 'build_subdir' is its
 * folder), else in SDSA_SBINDIR.  Caller frees. */
char *process_find_program(const char *name, const char *build_subdir);

/* Returns a text that differs if the program file at 'path' was replaced, or
 * "" if it is not there.  Caller frees. */
char *process_program_id(const char *path);

/* Returns where command lines find the database by default: $SDSA_DB, or
 * sdsa.sock in $SDSA_RUNDIR or in the run directory.  Caller must free. */
char *process_default_db(void);

/* Blocks until 'events' (POLLIN, POLLOUT) are there on 'fd', or until
 * 'deadline_ms' of the monotonic clock, time_msec().  Returns 0, ETIMEDOUT, or
 * another positive errno. */
int process_wait_fd(int fd, short int events, long long int deadline_ms);

/* Starts a detached thread that runs 'main' with 'aux', with all signals
 * blocked: these are for the main thread.  'stack_size' in octets; 0: the
 * default.  Returns 0 or a positive errno. */
int process_start_thread(void *(*main)(void *), void *aux, size_t stack_size);

#endif /* lib/process-util.h */
