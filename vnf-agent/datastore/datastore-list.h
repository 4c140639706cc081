/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_DATASTORE_LIST_H
#define SDSA_DATASTORE_LIST_H 1

/* The two lists of a datastore (RFC 9061). */

enum datastore_list { DATASTORE_SAD, DATASTORE_SPD };
#define N_DATASTORE_LISTS 2

/* Returns the name of the list's container, "sad". */
static inline const char *
datastore_list_container(enum datastore_list list)
{
    return list == DATASTORE_SAD ? "sad" : "spd";
}

/* Returns the name of the list, "sad-entry". */
static inline const char *
datastore_list_name(enum datastore_list list)
{
    return list == DATASTORE_SAD ? "sad-entry" : "spd-entry";
}

#endif /* vnf-agent/datastore/datastore-list.h */
