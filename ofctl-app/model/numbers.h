/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_NUMBERS_H
#define SDSA_NUMBERS_H 1

/* The numbers that paths carry: NSH SPIs, ESP SPIs, VLANs of hop ends, tags at
 * service functions.  Pure but for randomness.
 *
 * A number in use belongs to a claimed path.  Numbers are handed out in turn
 * (ESP SPIs at random), so that one that was given back rests for as long as
 * possible before it is used again: that is its quarantine. */

#include <stdbool.h>
#include <stdint.h>

struct numbers;
struct path;

/* Returns an object in which no number is in use.  Caller must free it with
 * numbers_destroy(). */
struct numbers *numbers_create(void);

/* Frees the object; NULL is accepted. */
void numbers_destroy(struct numbers *);

/* Returns the next NSH SPI to try, which the database keeps across
 * restarts. */
uint32_t numbers_get_next_nsh_spi(const struct numbers *);

/* Sets the next NSH SPI to try; one out of range counts as 1. */
void numbers_set_next_nsh_spi(struct numbers *, uint32_t);

/* Marks all numbers of 'path' as in use. */
void numbers_claim(struct numbers *, const struct path *);

/* Gives all numbers of 'path' back. */
void numbers_release(struct numbers *, const struct path *);

/* What a new path needs beside the inventory: numbers that are not in use, and
 * whether a gateway or a function can be used now. */
struct path_allocator {
    /* Numbers; numbers_get_allocator() fills in these. */
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

/* Fills in '*alloc' for path_compute().  'usable' says which gateways may be
 * used, 'untagged_is_free' which untagged functions a chain may take; 'user'
 * is their first argument.  A number that the allocator hands out is not in
 * use before numbers_claim(). */
void numbers_get_allocator(struct numbers *,
                           bool (*usable)(void *user, const char *vnf_id),
                           bool (*untagged_is_free)(void *user,
                                                    const char *chain,
                                                    const char *sf),
                           void *user, struct path_allocator *alloc);

#endif /* ofctl-app/model/numbers.h */
