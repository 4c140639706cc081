/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_INVENTORY_IDL_H
#define SDSA_INVENTORY_IDL_H 1

/* From the database's tables of intent to an inventory. */

#include "ofctl-app/model/inventory.h"

struct ovsdb_idl;

/* Fills 'inv', which inventory_init() initialised.  A row that makes no sense
 * (it was written past sdsa-ctl's checks) is left out and logged; a chain that
 * names one, or that is itself wrong, is left out too and gets an entry in
 * 'bad_chains': its name to a malloc'd message for the user. */
void inventory_from_idl(struct inventory *inv, const struct ovsdb_idl *,
                        struct shash *bad_chains);

#endif /* ofctl-app/view/inventory-idl.h */
