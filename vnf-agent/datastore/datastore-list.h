/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_DATASTORE_LIST_H
#define SDSA_DATASTORE_LIST_H 1

/* The two lists of a datastore (RFC 9061). */

enum datastore_list { DATASTORE_SAD, DATASTORE_SPD };
#define N_DATASTORE_LISTS 2

/* Returns the name of the list's container, "sad". */
const char *datastore_list_container(enum datastore_list);

/* Returns the name of the list, "sad-entry". */
const char *datastore_list_name(enum datastore_list);

#endif /* vnf-agent/datastore/datastore-list.h */
