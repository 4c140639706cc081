/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_CONDUCTOR_CONFIG_H
#define SDSA_CONDUCTOR_CONFIG_H 1

/* What the user configures: column "other_config" of SDSA_Global. */

#include <stdbool.h>

struct ovsdb_idl;

/* Returns the milliseconds that the user wants for 'key', at least 1, or
 * 'default_ms' if there are none. */
int conductor_config_ms(const struct ovsdb_idl *, const char *key,
                        int default_ms);

/* Returns how long a path drains that is left, in milliseconds
 * ("drain-ms"). */
int conductor_config_drain_ms(const struct ovsdb_idl *);

/* Are new hops to be proven ("prove")? */
bool conductor_config_prove(const struct ovsdb_idl *);

#endif /* ofctl-app/conductor/conductor-config.h */
