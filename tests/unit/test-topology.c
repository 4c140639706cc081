/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "tests/unit/test-topology.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "flow.h"
#include "lib/address.h"
#include "lib/suite.h"
#include "ofctl-app/model/match.h"
#include "openvswitch/dynamic-string.h"
#include "util.h"

#define MAX_WORDS 32

void
topology_init(struct topology *t)
{
    *t = (struct topology) { .nsh_spi = 0x10, .esp_spi = 0x1000 };
    inventory_init(&t->inv);
    simap_init(&t->ports);
    simap_init(&t->n_ports);
    simap_init(&t->loads);
    simap_init(&t->vlans);
    simap_init(&t->left);
    sset_init(&t->no_ports);
    sset_init(&t->down);
}

void
topology_destroy(struct topology *t)
{
    inventory_destroy(&t->inv);
    simap_destroy(&t->ports);
    simap_destroy(&t->n_ports);
    simap_destroy(&t->loads);
    simap_destroy(&t->vlans);
    simap_destroy(&t->left);
    sset_destroy(&t->no_ports);
    sset_destroy(&t->down);
}

/* Declarations. */

static const struct inv_bridge *
get_bridge(struct topology *t, const char *name)
{
    const struct inv_bridge *bridge = inventory_bridge(&t->inv, name);
    if (!bridge) {
        ovs_fatal(0, "no bridge %s", name);
    }
    return bridge;
}

static const struct inv_endpoint *
get_endpoint(struct topology *t, const char *name)
{
    const struct inv_endpoint *endpoint = inventory_endpoint(&t->inv, name);
    if (!endpoint) {
        ovs_fatal(0, "no endpoint %s", name);
    }
    return endpoint;
}

static const struct inv_sf *
get_sf(struct topology *t, const char *name)
{
    const struct inv_sf *sf = inventory_sf(&t->inv, name);
    if (!sf) {
        ovs_fatal(0, "no function %s", name);
    }
    return sf;
}

static struct eth_addr
get_mac(const char *text)
{
    struct eth_addr mac;
    if (!eth_addr_from_string(text, &mac)) {
        ovs_fatal(0, "%s: no MAC address", text);
    }
    return mac;
}

static struct in6_addr
get_ip(const char *text)
{
    struct in6_addr ip;
    if (!address_parse(text, &ip)) {
        ovs_fatal(0, "%s: no IP address", text);
    }
    return ip;
}

static void
name_port(struct topology *t, const char *bridge, const char *port)
{
    char *key = xasprintf("%s %s", bridge, port);
    if (!simap_contains(&t->ports, key)) {
        simap_put(&t->ports, key, simap_increase(&t->n_ports, bridge, 1));
    }
    free(key);
}

static void
add_endpoint(struct topology *t, char **words, size_t n)
{
    struct in6_addr ips[MAX_WORDS];
    for (size_t i = 5; i < n; i++) {
        ips[i - 5] = get_ip(words[i]);
    }
    name_port(t, words[2], words[3]);
    inventory_add_endpoint(&t->inv, words[1], get_bridge(t, words[2]),
                           words[3], get_mac(words[4]), ips, n - 5);
}

static void
add_sf(struct topology *t, char **words, size_t n)
{
    enum sf_correlation correlation;
    if (!sf_correlation_from_string(words[5], &correlation)) {
        ovs_fatal(0, "%s: no correlation", words[5]);
    }
    name_port(t, words[2], words[3]);
    name_port(t, words[2], words[4]);
    inventory_add_sf(&t->inv, words[1], get_bridge(t, words[2]), words[3],
                     words[4], correlation,
                     n > 6 ? get_mac(words[6]) : eth_addr_zero);
}

static void
add_gateway(struct topology *t, char **words, size_t n)
{
    struct in6_addr ip = get_ip(words[5]);
    struct inv_gateway *gw = inventory_add_gateway(
        &t->inv, words[1], get_bridge(t, words[2]), words[3], words[4],
        &ip, "https://127.0.0.1:1");
    name_port(t, words[2], words[3]);
    name_port(t, words[2], words[4]);
    if (n > 7) {
        gw->plain_mac = get_mac(words[6]);
        gw->cipher_mac = get_mac(words[7]);
    }
}

static void
add_chain(struct topology *t, char **words, size_t n)
{
    const struct inv_sf *sfs[MAX_WORDS], *back[MAX_WORDS];
    size_t n_sfs = 0, n_back = 0;
    enum inv_way_back way_back = (!strcmp(words[6], "one-way") ? WAY_BACK_NONE
                                  : WAY_BACK_SAME);
    for (size_t i = 8; i < n; i++) {
        if (!strcmp(words[i], "/")) {
            way_back = WAY_BACK_OTHER;
        } else if (way_back == WAY_BACK_OTHER) {
            back[n_back++] = get_sf(t, words[i]);
        } else {
            sfs[n_sfs++] = get_sf(t, words[i]);
        }
    }
    char *match;
    char *error = match_canonicalize(words[4], way_back == WAY_BACK_NONE,
                                     &match);
    if (error) {
        ovs_fatal(0, "%s", error);
    }
    inventory_add_chain(&t->inv, &(struct inv_chain) {
        .name = words[1],
        .src = get_endpoint(t, words[2]),
        .dst = get_endpoint(t, words[3]),
        .match = match,
        .sfs = sfs,
        .n_sfs = n_sfs,
        .way_back = way_back,
        .reverse_sfs = back,
        .n_reverse_sfs = n_back,
        .suite = suite_by_name(SUITE_DEFAULT),
        .lifetime_s = atoi(words[7]),
        .priority = atoi(words[5]),
    });
    free(match);
}

static void
add_no_port(struct topology *t, const char *bridge, const char *port)
{
    char *key = xasprintf("%s %s", bridge, port);
    sset_add(&t->no_ports, key);
    free(key);
}

bool
topology_obey(struct topology *t, char **words, size_t n)
{
    const char *verb = words[0];
    if (!strcmp(verb, "bridge") && n == 2) {
        inventory_add_bridge(&t->inv, words[1],
                             shash_count(&t->inv.bridges) + 1);
    } else if (!strcmp(verb, "link") && n == 5) {
        name_port(t, words[1], words[2]);
        name_port(t, words[3], words[4]);
        inventory_add_link(&t->inv, get_bridge(t, words[1]), words[2],
                           get_bridge(t, words[3]), words[4]);
    } else if (!strcmp(verb, "endpoint") && n >= 5) {
        add_endpoint(t, words, n);
    } else if (!strcmp(verb, "sf") && n >= 6) {
        add_sf(t, words, n);
    } else if (!strcmp(verb, "gateway") && n >= 6) {
        add_gateway(t, words, n);
    } else if (!strcmp(verb, "chain") && n >= 8) {
        add_chain(t, words, n);
    } else if (!strcmp(verb, "group") && n >= 2) {
        for (size_t i = 2; i < n; i++) {
            struct inv_sf *sf = CONST_CAST(struct inv_sf *,
                                           get_sf(t, words[i]));
            inventory_set_sf_group(&t->inv, sf, words[1]);
        }
    } else if ((!strcmp(verb, "sf-marked") || !strcmp(verb, "sf-down")
                || !strcmp(verb, "sf-up")) && n == 2) {
        struct inv_sf *sf = CONST_CAST(struct inv_sf *, get_sf(t, words[1]));
        sf->is_marked = !strcmp(verb, "sf-marked");
        inventory_set_reason(&t->inv, &sf->down,
                             !strcmp(verb, "sf-down") ? "" : NULL);
    } else if (!strcmp(verb, "encrypt-always") && n == 2) {
        struct inv_chain *chain = shash_find_data(&t->inv.chains, words[1]);
        chain->encrypt_always = true;
    } else if (!strcmp(verb, "link-down") && n == 3) {
        for (size_t i = 0; i < t->inv.n_links; i++) {
            struct inv_link *l = &t->inv.links[i];
            if ((!strcmp(l->from->name, words[1])
                 && !strcmp(l->out_port, words[2]))
                || (!strcmp(l->to->name, words[1])
                    && !strcmp(l->in_port, words[2]))) {
                inventory_set_reason(&t->inv, &l->down, "");
            }
        }
    } else if (!strcmp(verb, "mtu") && n == 4) {
        inventory_tell_port_mtu(&t->inv, get_bridge(t, words[1]), words[2],
                                atoi(words[3]));
    } else if (!strcmp(verb, "load") && n == 3) {
        simap_put(&t->loads, words[1], atoi(words[2]));
    } else if (!strcmp(verb, "left") && n == 3) {
        simap_put(&t->left, words[1], atoi(words[2]));
    } else if (!strcmp(verb, "down") && n == 2) {
        sset_add(&t->down, words[1]);
    } else if (!strcmp(verb, "up") && n == 2) {
        sset_find_and_delete(&t->down, words[1]);
    } else if (!strcmp(verb, "no-port") && n == 3) {
        add_no_port(t, words[1], words[2]);
    } else {
        return false;
    }
    return true;
}

/* Reading. */

size_t
topology_split(char *line, char *words[], size_t max)
{
    size_t n = 0;
    char *p = line + strspn(line, " \n");
    while (*p && n < max) {
        char end = ' ';
        if (*p == '\'') {
            end = *p++;
        }
        words[n++] = p;
        p += strcspn(p, end == ' ' ? " \n" : "'\n");
        if (*p) {
            *p++ = '\0';
        }
        p += strspn(p, " \n");
    }
    return n;
}

void
topology_read(struct topology *t,
              void (*obey)(struct topology *, char **words, size_t n))
{
    struct ds line = DS_EMPTY_INITIALIZER;
    while (!ds_get_line(&line, stdin)) {
        char *words[MAX_WORDS];
        size_t n = topology_split(ds_cstr(&line), words, MAX_WORDS);
        if (n && words[0][0] != '#' && !topology_obey(t, words, n)) {
            obey(t, words, n);
        }
        ds_clear(&line);
    }
    ds_destroy(&line);
}

/* Numbers. */

/* Takes one of what is left under 'name', if that was said. */
static bool
take(struct topology *t, const char *name)
{
    struct simap_node *left = simap_find(&t->left, name);
    return !left || (left->data && left->data--);
}

static uint32_t
nsh_spi(void *t_)
{
    struct topology *t = t_;
    return take(t, "nsh") ? ++t->nsh_spi : 0;
}

static uint32_t
esp_spi(void *t_)
{
    struct topology *t = t_;
    return ++t->esp_spi;
}

static uint16_t
gateway_vlan(void *t_, const char *vnf_id)
{
    struct topology *t = t_;
    if (!take(t, vnf_id)) {
        return 0;
    }
    simap_increase(&t->loads, vnf_id, 1);
    return simap_increase(&t->vlans, vnf_id, 1);
}

static uint16_t
sf_vlan(void *t_, const char *sf)
{
    struct topology *t = t_;
    return take(t, sf) ? 100 + simap_increase(&t->vlans, sf, 1) : 0;
}

static unsigned int
gateway_load(void *t_, const char *vnf_id)
{
    struct topology *t = t_;
    return simap_get(&t->loads, vnf_id);
}

static bool
gateway_usable(void *t_, const char *vnf_id)
{
    struct topology *t = t_;
    return !sset_contains(&t->down, vnf_id);
}

static bool
untagged_is_free(void *t_, const char *chain OVS_UNUSED, const char *sf)
{
    struct topology *t = t_;
    return !sset_contains(&t->down, sf);
}

struct path_allocator
topology_allocator(struct topology *t)
{
    return (struct path_allocator) {
        .aux = t,
        .nsh_spi = nsh_spi,
        .esp_spi = esp_spi,
        .gateway_vlan = gateway_vlan,
        .sf_vlan = sf_vlan,
        .gateway_load = gateway_load,
        .usability_aux = t,
        .gateway_usable = gateway_usable,
        .untagged_is_free = untagged_is_free,
    };
}

void
topology_ports(const struct topology *t, const char *bridge,
               struct ofputil_port_map *map)
{
    size_t n = strlen(bridge);
    const struct simap_node *node;
    SIMAP_FOR_EACH (node, &t->ports) {
        if (!strncmp(node->name, bridge, n) && node->name[n] == ' '
            && !sset_contains(&t->no_ports, node->name)) {
            ofputil_port_map_put(map, u16_to_ofp(node->data),
                                 node->name + n + 1);
        }
    }
}
