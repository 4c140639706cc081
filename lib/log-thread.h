/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_LOG_THREAD_H
#define SDSA_LOG_THREAD_H 1

/* Lines of the log leave the process by a thread, so that a disk, a terminal
 * or a reader of standard error that hangs stops nothing else.
 *
 * What vlog writes goes into a pipe, and never waits: while the thread cannot
 * pass on what is in the pipe, and the pipe is full (64 kB), lines are lost.
 * Their numbers, which begin each line, show how many.
 *
 * The thread also follows a log file that was moved away, without
 * "vlog/reopen"; and another thread a syslogd that was started again, with a
 * new socket at the same path. */

/* Begins to pass on standard error and the log file, if there is one, by a
 * thread each.  When the process ends, by exit() or a signal, lines that are
 * under way get up to a second.  To be called once, after daemonize_complete()
 * and before other threads. */
void log_thread_start(void);

#endif /* lib/log-thread.h */
