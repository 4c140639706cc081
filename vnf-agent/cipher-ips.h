/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_CIPHER_IPS_H
#define SDSA_CIPHER_IPS_H 1

/* The agent's own outer addresses over the time: the one of --cipher-ip, or
 * that which the command "cipher-ip/set" gave after it; and those of before,
 * each for as long as an SA has it, and for some time after the last change
 * anyhow: a controller may not have heard of it yet.  A file keeps them over
 * restarts. */

#include <stdbool.h>

struct backend;
struct backend_config;
struct cipher_ips;
struct datastore;

/* Reads the file of 'config' (RUNDIR/NAME.cipher-ips), if there is one.
 * config->own_ips, which has the address of --cipher-ip, becomes all of them,
 * and is kept so: 'config' must live as long.  Those of before stay for
 * 'keep_s' seconds after the last change at least.  Caller frees with
 * cipher_ips_destroy(). */
struct cipher_ips *cipher_ips_create(struct backend_config *config,
                                     int keep_s);

/* Frees; the file stays.  Accepts NULL. */
void cipher_ips_destroy(struct cipher_ips *);

/* Makes 'text' the present address, and tells 'backend'.  Returns NULL, or why
 * not (caller frees). */
char *cipher_ips_set(struct cipher_ips *, struct backend *, const char *text);

/* Takes out the addresses whose time is over. */
void cipher_ips_run(struct cipher_ips *, struct backend *,
                    const struct datastore *);

/* Wakes poll_block() up when there is something to run. */
void cipher_ips_wait(const struct cipher_ips *);

#endif /* vnf-agent/cipher-ips.h */
