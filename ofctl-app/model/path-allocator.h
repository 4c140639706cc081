/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_PATH_ALLOCATOR_H
#define SDSA_PATH_ALLOCATOR_H 1

/* What a new path needs beside the inventory: numbers that are not in use, and
 * whether a gateway or a function can be used now. */

#include <stdbool.h>
#include <stdint.h>

struct path_allocator {
    /* Numbers; numbers.h fills in these. */
    void *aux;                                  /* First argument of each. */
    uint32_t (*nsh_spi)(void *aux);             /* 1 to 2^24 - 1; 0: none. */
    uint32_t (*esp_spi)(void *aux);             /* At least 256. */
    uint16_t (*gateway_vlan)(void *aux, const char *vnf_id); /* 0: none. */
    uint16_t (*sf_vlan)(void *aux, const char *sf);          /* 0: none. */
    unsigned int (*gateway_load)(void *aux, const char *vnf_id); /* Hop
                                                                  * ends. */

    /* Usability. */
    void *usability_aux;                        /* First argument of both. */
    bool (*gateway_usable)(void *user, const char *vnf_id); /* Reachable? */
    /* May 'chain', which does not name it, pass the untagged function 'sf'? */
    bool (*untagged_is_free)(void *user, const char *chain, const char *sf);
};

#endif /* ofctl-app/model/path-allocator.h */
