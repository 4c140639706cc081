/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_DAEMON_LIFE_H
#define SDSA_DAEMON_LIFE_H 1

/* What each daemon does at the same points of its main(). */

/* First in main(): clears the environment, protects the memory, raises the
 * limit of descriptors.  Log lines go to syslog by /dev/log without waiting,
 * if nothing else is said (--syslog-method, OVS_SYSLOG_METHOD). */
void daemon_life_begin(void);

/* After daemonize_start(), where there is one: what a new process does not
 * inherit. */
void daemon_life_detached(void);

/* Last before the main loop, or before others wait for this process: from here
 * on nothing that is logged waits, and random numbers need no descriptor.
 * Says what to do if memory could not be locked. */
void daemon_life_running(void);

#endif /* lib/daemon-life.h */
