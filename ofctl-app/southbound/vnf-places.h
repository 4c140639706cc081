/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_VNF_PLACES_H
#define SDSA_VNF_PLACES_H 1

/* Where VNFs may be as the operator has said (prefixes of Vnf rows), whether
 * they have registered or not: a switch declares no gateway of another name
 * there. */

struct ovsdb_idl;
struct vnf_places;

/* Returns the places of all VNFs of the database, whose rows must outlive
 * them.  Caller frees with vnf_places_destroy(). */
struct vnf_places *vnf_places_create(const struct ovsdb_idl *);

/* Accepts NULL. */
void vnf_places_destroy(struct vnf_places *);

/* Returns NULL if a switch may declare the gateway 'vnf_id' with this cipher
 * address and URL (both as rows have them), else why not and what to do.
 * Caller frees. */
char *vnf_places_check(const struct vnf_places *, const char *vnf_id,
                       const char *cipher_ip, const char *url);

#endif /* ofctl-app/southbound/vnf-places.h */
