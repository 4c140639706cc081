/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_INVENTORY_IDL_H
#define SDSA_INVENTORY_IDL_H 1

/* From the database's tables of intent to an inventory. */

#include "ofctl-app/model/inventory.h"

struct ovsdb_idl;

/* Fills 'inv', which inventory_init() initialised.  Links, functions and
 * gateways are down if the controller has written so.  A row that makes no
 * sense (it was written past sdsa-ctl's checks), or that needs a port, an
 * address or a URL of another one, is left out with a reason
 * (inventory_bad()).  Of two such rows the one that paths go through stays,
 * else the one of sdsa-ctl, else the one whose name comes first.  A chain that
 * names a row that is left out, or that is wrong itself, is left out too, and
 * 'bad_chains' gets a malloc'd error for the user by its name. */
void inventory_from_idl(struct inventory *inv, const struct ovsdb_idl *,
                        struct shash *bad_chains);

#endif /* ofctl-app/view/inventory-idl.h */
