/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/southbound/vnf-places.h"

#include "lib/address.h"
#include "lib/name.h"
#include "lib/sdsa-idl.h"
#include "openvswitch/shash.h"
#include "packets.h"
#include "util.h"

enum place_kind { PLACE_CIPHER, PLACE_URL, N_PLACES };

static const struct {
    const char *what;           /* For people. */
    const char *option;         /* Of "sdsa-ctl vnf-add". */
} kinds[N_PLACES] = {
    [PLACE_CIPHER] = { "cipher address", "--cipher" },
    [PLACE_URL] = { "URL", "--url" },
};

struct vnf_places {
    struct shash vnfs;          /* Of struct sdsa_vnf, by name in small
                                 * letters. */
    struct shash places;        /* The same, the last one of each place, by
                                 * place_key(). */
    bool lengths[129];          /* The lengths of prefixes that occur. */
};

/* Returns a key of the prefix of 'n_bits' in which 'ip' is.  Caller frees. */
static char *
place_key(enum place_kind kind, const struct in6_addr *ip, unsigned int n_bits)
{
    struct in6_addr mask = ipv6_create_mask(n_bits);
    struct in6_addr prefix = ipv6_addr_bitand(ip, &mask);
    char *text = address_format(&prefix);
    char *key = xasprintf("%d %s/%u", kind, text, n_bits);
    free(text);
    return key;
}

/* Returns the prefixes of 'vnf', and their number in '*n'. */
static char *const *
prefixes_of(const struct sdsa_vnf *vnf, enum place_kind kind, size_t *n)
{
    bool cipher = kind == PLACE_CIPHER;
    *n = cipher ? vnf->n_cipher_prefixes : vnf->n_url_prefixes;
    return cipher ? vnf->cipher_prefixes : vnf->url_prefixes;
}

static void
add_places(struct vnf_places *places, enum place_kind kind,
           const struct sdsa_vnf *vnf)
{
    size_t n;
    char *const *prefixes = prefixes_of(vnf, kind, &n);
    for (size_t i = 0; i < n; i++) {
        struct in6_addr prefix;
        unsigned int n_bits;
        if (address_prefix_parse(prefixes[i], &prefix, &n_bits)) {
            char *key = place_key(kind, &prefix, n_bits);
            shash_replace(&places->places, key, vnf);
            places->lengths[n_bits] = true;
            free(key);
        }
    }
}

struct vnf_places *
vnf_places_create(const struct ovsdb_idl *idl)
{
    struct vnf_places *places = xzalloc(sizeof *places);
    shash_init(&places->vnfs);
    shash_init(&places->places);
    const struct sdsa_vnf *vnf;
    SDSA_VNF_FOR_EACH (vnf, idl) {
        char *name = name_small_letters(vnf->name);
        shash_replace(&places->vnfs, name, vnf);
        free(name);
        for (int kind = 0; kind < N_PLACES; kind++) {
            add_places(places, kind, vnf);
        }
    }
    return places;
}

void
vnf_places_destroy(struct vnf_places *places)
{
    if (places) {
        shash_destroy(&places->vnfs);
        shash_destroy(&places->places);
        free(places);
    }
}

/* Returns a VNF that may be at 'ip', one with the longest such prefix, or
 * NULL. */
static const struct sdsa_vnf *
find_vnf_at(const struct vnf_places *places, enum place_kind kind,
            const struct in6_addr *ip)
{
    const struct sdsa_vnf *vnf = NULL;
    for (int i = ARRAY_SIZE(places->lengths) - 1; i >= 0 && !vnf; i--) {
        if (places->lengths[i]) {
            char *key = place_key(kind, ip, i);
            vnf = shash_find_data(&places->places, key);
            free(key);
        }
    }
    return vnf;
}

/* Checks one of both.  'own' is the VNF of the gateway's name, or NULL.  (A
 * URL with a name in it is no VNF's: these have addresses.) */
static char *
check_place(const struct vnf_places *places, enum place_kind kind,
            const struct sdsa_vnf *own, const char *text)
{
    struct in6_addr ip;
    if (!address_parse_host(text, &ip)) {
        return NULL;
    }
    size_t n = 0;
    char *const *prefixes = own ? prefixes_of(own, kind, &n) : NULL;
    if (n) {
        return (address_in_any(&ip, prefixes, n) ? NULL
                : xasprintf("VNF %s may not have the %s %s (\"%s\" of "
                            "\"sdsa-ctl vnf-add\" says which)", own->name,
                            kinds[kind].what, text, kinds[kind].option));
    }
    const struct sdsa_vnf *other = find_vnf_at(places, kind, &ip);
    return (other ? xasprintf("the %s %s is kept for VNF %s (\"%s\" of "
                              "\"sdsa-ctl vnf-add\"): \"sdsa-ctl gw-add\" can "
                              "put another gateway there, and no switch",
                              kinds[kind].what, text, other->name,
                              kinds[kind].option)
            : NULL);
}

char *
vnf_places_check(const struct vnf_places *places, const char *vnf_id,
                 const char *cipher_ip, const char *url)
{
    char *name = name_small_letters(vnf_id);
    const struct sdsa_vnf *own = shash_find_data(&places->vnfs, name);
    free(name);
    if (own && strcmp(own->name, vnf_id)) {
        return xasprintf("VNF %s has that name, but for capitals", own->name);
    }
    char *error = check_place(places, PLACE_CIPHER, own, cipher_ip);
    return error ? error : check_place(places, PLACE_URL, own, url);
}
