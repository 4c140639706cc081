/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/model/numbers.h"

#include <openssl/rand.h>

#include "bitmap.h"
#include "hash.h"
#include "lib/nsh.h"
#include "ofctl-app/model/path.h"
#include "openvswitch/hmap.h"
#include "openvswitch/shash.h"
#include "random.h"
#include "util.h"

#define VID_FIRST 1
#define VID_LAST 4094

/* VIDs of one gateway or service function. */
struct vids {
    unsigned long *used;        /* Bitmap of VID_LAST + 1. */
    unsigned int n_used;
    uint16_t next;              /* Where to look first. */
};

struct spi_node {
    struct hmap_node node;
    uint32_t spi;
};

struct numbers {
    struct shash gateways;      /* struct vids by VNF-ID. */
    struct shash sfs;           /* struct vids by function. */
    struct hmap nsh_spis;       /* struct spi_node; so below. */
    struct hmap esp_spis;
    uint32_t next_nsh_spi;
};

struct numbers *
numbers_create(void)
{
    struct numbers *numbers = xzalloc(sizeof *numbers);
    shash_init(&numbers->gateways);
    shash_init(&numbers->sfs);
    hmap_init(&numbers->nsh_spis);
    hmap_init(&numbers->esp_spis);
    numbers->next_nsh_spi = 1;
    return numbers;
}

static void
vids_destroy_all(struct shash *shash)
{
    struct shash_node *node;
    SHASH_FOR_EACH (node, shash) {
        struct vids *vids = node->data;
        bitmap_free(vids->used);
    }
    shash_destroy_free_data(shash);
}

static void
spis_destroy(struct hmap *spis)
{
    struct spi_node *node;
    HMAP_FOR_EACH_POP (node, node, spis) {
        free(node);
    }
    hmap_destroy(spis);
}

void
numbers_destroy(struct numbers *numbers)
{
    if (numbers) {
        vids_destroy_all(&numbers->gateways);
        vids_destroy_all(&numbers->sfs);
        spis_destroy(&numbers->nsh_spis);
        spis_destroy(&numbers->esp_spis);
        free(numbers);
    }
}

uint32_t
numbers_get_next_nsh_spi(const struct numbers *numbers)
{
    return numbers->next_nsh_spi;
}

void
numbers_set_next_nsh_spi(struct numbers *numbers, uint32_t spi)
{
    numbers->next_nsh_spi = spi >= 1 && spi <= NSH_SPI_MAX ? spi : 1;
}

/* Sets of SPIs. */

static struct spi_node *
spi_find(const struct hmap *spis, uint32_t spi)
{
    struct spi_node *node;
    HMAP_FOR_EACH_WITH_HASH (node, node, hash_int(spi, 0), spis) {
        if (node->spi == spi) {
            return node;
        }
    }
    return NULL;
}

static void
spi_set(struct hmap *spis, uint32_t spi, bool used)
{
    struct spi_node *node = spi_find(spis, spi);
    if (used && !node) {
        node = xmalloc(sizeof *node);
        node->spi = spi;
        hmap_insert(spis, &node->node, hash_int(spi, 0));
    } else if (!used && node) {
        hmap_remove(spis, &node->node);
        free(node);
    }
}

/* Sets of VIDs. */

static struct vids *
vids_get(struct shash *shash, const char *name)
{
    struct vids *vids = shash_find_data(shash, name);
    if (!vids) {
        vids = xzalloc(sizeof *vids);
        vids->used = bitmap_allocate(VID_LAST + 1);
        /* A restarted controller does not know what was given back last: a
         * random start makes it unlikely to hand that out at once. */
        vids->next = VID_FIRST + random_range(VID_LAST);
        shash_add(shash, name, vids);
    }
    return vids;
}

static void
vids_set(struct shash *shash, const char *name, uint16_t vid, bool used)
{
    struct vids *vids = vids_get(shash, name);
    if (vid && bitmap_is_set(vids->used, vid) != used) {
        bitmap_set(vids->used, vid, used);
        vids->n_used += used ? 1 : -1;
    }
}

static uint16_t
vids_next(struct shash *shash, const char *name)
{
    struct vids *vids = vids_get(shash, name);
    for (int i = 0; i < VID_LAST; i++) {
        uint16_t vid = vids->next;
        vids->next = vid == VID_LAST ? VID_FIRST : vid + 1;
        if (!bitmap_is_set(vids->used, vid)) {
            return vid;
        }
    }
    return 0;
}

/* Claims. */

static void
numbers_mark(struct numbers *numbers, const struct path *path, bool used)
{
    spi_set(&numbers->nsh_spis, path->nsh_spi, used);
    for (size_t i = 0; i < path->n_sfs; i++) {
        vids_set(&numbers->sfs, path->sfs[i], path->sf_vlans[i], used);
    }
    PATH_FOR_EACH_HOP (hop, path) {
        spi_set(&numbers->esp_spis, hop->esp_spi, used);
        vids_set(&numbers->gateways, hop->sender, hop->sender_vlan, used);
        vids_set(&numbers->gateways, hop->receiver, hop->receiver_vlan, used);
    }
}

void
numbers_claim(struct numbers *numbers, const struct path *path)
{
    numbers_mark(numbers, path, true);
}

void
numbers_release(struct numbers *numbers, const struct path *path)
{
    numbers_mark(numbers, path, false);
}

/* Callbacks of path_compute(). */

static uint32_t
allocate_nsh_spi(void *numbers_)
{
    struct numbers *numbers = numbers_;
    for (size_t i = 0; i <= hmap_count(&numbers->nsh_spis); i++) {
        uint32_t spi = numbers->next_nsh_spi;
        numbers->next_nsh_spi = spi == NSH_SPI_MAX ? 1 : spi + 1;
        if (!spi_find(&numbers->nsh_spis, spi)) {
            return spi;
        }
    }
    return 0;
}

static uint32_t
allocate_esp_spi(void *numbers_)
{
    struct numbers *numbers = numbers_;
    uint32_t spi;
    do {
        if (RAND_bytes((unsigned char *) &spi, sizeof spi) != 1) {
            ovs_abort(0, "OpenSSL has no random numbers");
        }
    } while (spi < 256 || spi_find(&numbers->esp_spis, spi));
    return spi;
}

static uint16_t
allocate_gateway_vlan(void *numbers_, const char *vnf_id)
{
    struct numbers *numbers = numbers_;
    return vids_next(&numbers->gateways, vnf_id);
}

static uint16_t
allocate_sf_vlan(void *numbers_, const char *sf)
{
    struct numbers *numbers = numbers_;
    return vids_next(&numbers->sfs, sf);
}

static unsigned int
gateway_load(void *numbers_, const char *vnf_id)
{
    struct numbers *numbers = numbers_;
    const struct vids *vids = shash_find_data(&numbers->gateways, vnf_id);
    return vids ? vids->n_used : 0;
}

void
numbers_get_allocator(struct numbers *numbers,
                      bool (*usable)(void *user, const char *vnf_id),
                      bool (*untagged_is_free)(void *user, const char *chain,
                                               const char *sf),
                      void *user, struct path_allocator *alloc)
{
    *alloc = (struct path_allocator) {
        .aux = numbers,
        .nsh_spi = allocate_nsh_spi,
        .esp_spi = allocate_esp_spi,
        .gateway_vlan = allocate_gateway_vlan,
        .sf_vlan = allocate_sf_vlan,
        .gateway_load = gateway_load,
        .usability_aux = user,
        .gateway_usable = usable,
        .untagged_is_free = untagged_is_free,
    };
}
