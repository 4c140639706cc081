/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_ESP_SANDBOX_H
#define SDSA_ESP_SANDBOX_H 1

/* What the data plane asks of the kernel, and nothing else, since it reads
 * packets of strangers: its own files (Landlock), and a filter of system calls
 * (seccomp).
 *
 * A call that sdsa-esp does not need fails with ENOSYS, so that a C library
 * which tries a newer call first goes on with the older one.  It needs no
 * connect(), so that an intruder reaches no server of the machine: what it is
 * connected to (its log, its predecessor) it is before.  A call that only
 * an intruder makes (another program, another process's memory, another
 * namespace, kernel modules, ...) ends the process.
 *
 * $SDSA_SECCOMP changes that: "kill" ends the process at each call that it
 * does not need, for tests; "off" has neither filter nor bounds on files.
 *
 * A process built with a sanitizer needs many calls, and others at its end:
 * there only those of intruders are refused, and not those of processes and
 * programs, and files are not bounded. */

/* Leaves this process what is in the folders of 'rundir' and of the log file,
 * and some files to read; no program can be started.  To be called before
 * there are threads.  Logs if the kernel has no Landlock; ends the process if
 * $SDSA_SECCOMP cannot be understood. */
void sandbox_bound_files(const char *rundir);

/* Puts the filter on all threads, for good.  To be called when all threads run
 * that there will be, and before packets and requests are read.  Logs what is
 * missing if the kernel takes no filter. */
void sandbox_enter(void);

#endif /* vnf-agent/esp/sandbox.h */
