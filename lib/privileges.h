/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_PRIVILEGES_H
#define SDSA_PRIVILEGES_H 1

/* What a process may do beside what its user may: capabilities(7). */

#include <stdint.h>

/* The set of one capability, as CAP_NET_RAW of <linux/capability.h>. */
#define PRIVILEGE(CAPABILITY) (UINT64_C(1) << (CAPABILITY))

/* Gives up, for good, all capabilities but those in 'keep', in this process
 * and in all that it starts, whose programs give no more either (neither
 * set-user-ID bits nor capabilities of files).  Nothing is gained: of 'keep',
 * the process has afterwards what it had.  To be called before any thread is
 * started, since each thread has its own.  Ends the process with a message on
 * failure. */
void privileges_keep(uint64_t keep);

#endif /* lib/privileges.h */
