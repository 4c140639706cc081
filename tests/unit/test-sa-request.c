/* SPDX-License-Identifier: Apache-2.0 */

/* Prints YANG Patches.  Obeys the lines of tests/unit/test-topology.h on
 * standard input, and
 *
 *   path CHAIN SUITE            computes the chain's paths
 *   request PATCH-ID EPOCH      begins a patch without edits
 *   inbound PATH STAGE OCTET    adds the receiver's end of a hop
 *   outbound PATH STAGE OCTET   adds the sender's end
 *   remove-inbound PATH STAGE   removes what "inbound" adds
 *   remove-outbound PATH STAGE  removes what "outbound" adds
 *   remove-name sad|spd NAME    removes an entry by its name
 *   print                       prints the number of edits and the body
 *   validate                    prints libyang's verdict on the values
 *
 * where PATH 0 is the forward path, and all octets of the encryption key are
 * OCTET (hex), and those of the integrity key OCTET + 1. */

#include <config.h>

#include "ofctl-app/southbound/sa-request.h"

#include <jansson.h>
#include <libyang/libyang.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/restconf/restconf-patch.h"
#include "lib/secret.h"
#include "lib/suite.h"
#include "ofctl-app/model/path-find.h"
#include "tests/unit/test-topology.h"

#include "util.h"

static struct path *paths[2];
static size_t n_paths;
static struct restconf_patch *request;

static void
forget_paths(void)
{
    for (size_t i = 0; i < n_paths; i++) {
        path_destroy(paths[i]);
    }
    n_paths = 0;
}

static void
do_path(struct topology *t, const char *name, const char *suite)
{
    struct path_allocator alloc = topology_allocator(t);
    const struct inv_chain *chain = inventory_chain(&t->inv, name);
    forget_paths();
    char *error = path_compute(&t->inv, chain, NULL, &alloc, paths, &n_paths);
    if (error) {
        ovs_fatal(0, "%s", error);
    }
    for (size_t i = 0; i < n_paths; i++) {
        paths[i]->suite = suite_by_name(suite);
    }
}

static const struct path *
get_path(const char *index)
{
    ovs_assert(atoi(index) < n_paths);
    return paths[atoi(index)];
}

static void
do_add(struct topology *t, char **words)
{
    const struct path *path = get_path(words[1]);
    const struct path_hop *hop = path->hops[atoi(words[2])];
    size_t size = suite_keymat_size(path->suite);
    size_t first = suite_encryption_key_size(path->suite);
    uint8_t *bytes = xmalloc(size);
    uint8_t octet = strtol(words[3], NULL, 16);
    memset(bytes, octet, first);
    memset(bytes + first, octet + 1, size - first);     /* Integrity. */
    struct secret *key = secret_create(bytes, size);
    free(bytes);
    sa_request_add(request, &t->inv, path, hop, strcmp(words[0], "inbound"),
                   key);
    secret_destroy(key);
}

static void
do_print(void)
{
    char *json = restconf_patch_to_json(request);
    printf("%"PRIuSIZE" edits\n%s\n", restconf_patch_n_edits(request), json);
    wiping_free(json);
}

/* Prints whether the values of all edits together are valid by libyang. */
static void
do_validate(void)
{
    const char *dir = getenv("SDSA_YANGDIR");
    struct ly_ctx *ctx;
    if (ly_ctx_new(dir, 0, &ctx)
        || !ly_ctx_load_module(ctx, "ietf-i2nsf-ikeless", NULL, NULL)
        || !ly_ctx_load_module(ctx, "sdsa-agent", NULL, NULL)) {
        ovs_fatal(0, "%s: no modules", dir);
    }

    json_t *sad = json_array();
    json_t *spd = json_array();
    json_t *agent = json_object();
    char *json = restconf_patch_to_json(request);
    json_t *root = json_loads(json, 0, NULL);
    json_t *edits = json_object_get(json_object_get(
        root, "ietf-yang-patch:yang-patch"), "edit");
    size_t i;
    json_t *edit;
    json_array_foreach (edits, i, edit) {
        json_t *value = json_object_get(edit, "value");
        json_t *lease = json_object_get(value, "sdsa-agent:lease");
        if (lease) {
            json_object_set(agent, "lease", lease);
        }
        json_array_extend(sad, json_object_get(
            value, "ietf-i2nsf-ikeless:sad-entry"));
        json_array_extend(spd, json_object_get(
            value, "ietf-i2nsf-ikeless:spd-entry"));
    }
    size_t n_sad = json_array_size(sad), n_spd = json_array_size(spd);
    json_t *all = json_pack("{s:{s:{s:o}, s:{s:o}}, s:o}",
                            "ietf-i2nsf-ikeless:ipsec-ikeless",
                              "sad", "sad-entry", sad,
                              "spd", "spd-entry", spd,
                            "sdsa-agent:sdsa-agent", agent);
    char *text = json_dumps(all, 0);
    struct lyd_node *tree = NULL;
    if (lyd_parse_data_mem(ctx, text, LYD_JSON,
                           LYD_PARSE_STRICT | LYD_PARSE_NO_STATE,
                           LYD_VALIDATE_PRESENT, &tree)) {
        printf("%s at %s\n", ly_errmsg(ctx), ly_errpath(ctx));
    } else {
        printf("%"PRIuSIZE" SAs and %"PRIuSIZE" policies are valid\n",
               n_sad, n_spd);
    }
    lyd_free_all(tree);
    ly_ctx_destroy(ctx);
    wiping_free(text);
    json_decref(all);
    json_decref(root);
    wiping_free(json);
}

static void
obey(struct topology *t, char **words, size_t n)
{
    const char *verb = words[0];
    if (!strcmp(verb, "path") && n == 3) {
        do_path(t, words[1], words[2]);
    } else if (!strcmp(verb, "request") && n == 3) {
        restconf_patch_destroy(request);
        request = sa_request_create(words[1], strtoull(words[2], NULL, 0));
    } else if ((!strcmp(verb, "inbound") || !strcmp(verb, "outbound"))
               && n == 4) {
        do_add(t, words);
    } else if (!strcmp(verb, "remove-inbound") && n == 3) {
        const struct path *path = get_path(words[1]);
        sa_request_remove(request, path, path->hops[atoi(words[2])], false);
    } else if (!strcmp(verb, "remove-outbound") && n == 3) {
        const struct path *path = get_path(words[1]);
        sa_request_remove(request, path, path->hops[atoi(words[2])], true);
    } else if (!strcmp(verb, "remove-name") && n == 3) {
        sa_request_remove_name(request, !strcmp(words[1], "sad"), words[2]);
    } else if (!strcmp(verb, "print") && n == 1) {
        do_print();
    } else if (!strcmp(verb, "validate") && n == 1) {
        do_validate();
    } else {
        ovs_fatal(0, "%s: no such command, or arguments", verb);
    }
}

int
main(int argc OVS_UNUSED, char *argv[])
{
    struct topology t;
    set_program_name(argv[0]);
    json_set_alloc_funcs(wiping_malloc, wiping_free);
    topology_init(&t);
    topology_read(&t, obey);
    restconf_patch_destroy(request);
    forget_paths();
    topology_destroy(&t);
    return 0;
}
