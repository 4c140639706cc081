/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_ESP_SANDBOX_H
#define SDSA_ESP_SANDBOX_H 1

/* What the data plane asks of the kernel, and nothing else: a filter of system
 * calls (seccomp), for a process that reads packets of strangers.
 *
 * A call that sdsa-esp does not need fails with ENOSYS, so that a C library
 * which tries a newer call first goes on with the older one.  A call that only
 * an intruder makes (another program, another process's memory, another
 * namespace, kernel modules, ...) ends the process.
 *
 * $SDSA_SECCOMP changes that: "kill" ends the process at each call that it
 * does not need, for tests; "off" has no filter.
 *
 * A process built with a sanitizer needs many calls, and others at its end:
 * there only those of intruders are refused, and not those of processes and
 * programs. */

/* Puts the filter on all threads, for good.  To be called when all threads run
 * that there will be, and before packets and requests are read.  Logs what is
 * missing if the kernel takes no filter; ends the process if $SDSA_SECCOMP
 * cannot be understood. */
void sandbox_enter(void);

#endif /* vnf-agent/esp/sandbox.h */
