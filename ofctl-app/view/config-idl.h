/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_CONFIG_IDL_H
#define SDSA_CONFIG_IDL_H 1

/* The times in SDSA_Global's other_config, as sdsa-controller(8) lists
 * them. */

struct ovsdb_idl;

/* Returns the milliseconds that the user wants for 'key', one of those in
 * sdsa-controller(8): its default if there are none, its least value if they
 * are fewer (then the log says so). */
int config_ms(const struct ovsdb_idl *, const char *key);

/* Returns the milliseconds that a change takes at most, from when it makes
 * keys until it is over, if its bridges flip at once. */
long long int config_change_ms(const struct ovsdb_idl *);

#endif /* ofctl-app/view/config-idl.h */
