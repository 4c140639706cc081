/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_SORTED_H
#define SDSA_SORTED_H 1

/* Rows of the database, which has no order, in an order. */

#include <stdlib.h>

#include "openvswitch/shash.h"

/* Runs BODY for each ROW that FOREACH finds, in the order of KEY, a malloc'd
 * string that depends on ROW; without those whose KEY is NULL. */
#define SORTED(IDL, ROW, FOREACH, KEY, BODY)                            \
    do {                                                                \
        struct shash rows__ = SHASH_INITIALIZER(&rows__);               \
        FOREACH (ROW, IDL) {                                            \
            char *key__ = KEY;                                          \
            if (key__) {                                                \
                shash_add_nocopy(&rows__, key__, ROW);                  \
            }                                                           \
        }                                                               \
        const struct shash_node **sorted__ = shash_sort(&rows__);       \
        for (size_t i__ = 0; i__ < shash_count(&rows__); i__++) {       \
            ROW = sorted__[i__]->data;                                  \
            BODY                                                        \
        }                                                               \
        free(sorted__);                                                 \
        shash_destroy(&rows__);                                         \
    } while (0)

#endif /* ofctl-app/view/sorted.h */
