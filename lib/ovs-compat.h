/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_OVS_COMPAT_H
#define SDSA_OVS_COMPAT_H 1

/* Calls of the Open vSwitch library whose prototypes differ between its
 * versions.  "configure" finds out which ones the library has (SDSA_CHECK_OVS
 * in m4/sdsa.m4). */

struct jsonrpc;

/* daemonize_start() of daemon.h, without permission to access a datapath or
 * hardware ports. */
void ovs_compat_daemonize_start(void);

/* Sends 'command', without arguments, to the control socket that 'client' of
 * unixctl_client_create() is connected to, and waits for the answer.  Returns
 * 0 or a positive errno.  With 0, one of '*resultp' and '*errorp' is the text
 * of the answer, which the caller frees, and the other one is NULL; else both
 * are NULL. */
int ovs_compat_unixctl_ask(struct jsonrpc *client, const char *command,
                           char **resultp, char **errorp);

#endif /* lib/ovs-compat.h */
