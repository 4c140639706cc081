/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "utilities/sdsa-ctl-rows.h"
#include "utilities/sdsa-ctl.h"

#include <string.h>

#include "lib/sdsa-idl.h"
#include "lib/suite.h"
#include "ofctl-app/match.h"
#include "openvswitch/dynamic-string.h"
#include "util.h"

#define DEFAULT_LIFETIME "28800"
#define DEFAULT_PRIORITY "100"

static bool
check_integer(struct ctl_context *ctx, const char *option, const char *text,
              long long int max, long long int *value)
{
    if (!str_to_llong(text, 10, value) || *value < 0 || *value > max) {
        ctl_error(ctx, "%s=%s: must be a number from 0 to %lld", option, text,
                  max);
        return false;
    }
    return true;
}

/* Does 'chain' classify at 'ep' what 'match' does too? */
static bool
chain_clashes(const struct sdsa_chain *chain, const struct sdsa_endpoint *ep,
              const char *match, int64_t priority)
{
    bool clash = false;
    if (chain->priority == priority) {
        if (chain->src == ep) {
            clash = match_overlap(chain->match, match);
        }
        if (!clash && chain->dst == ep && !chain->one_way) {
            char *mirror = match_mirror(chain->match);
            clash = match_overlap(mirror, match);
            free(mirror);
        }
    }
    return clash;
}

static bool
check_overlap(struct ctl_context *ctx, const struct sdsa_endpoint *ep,
              const char *match, int64_t priority)
{
    const struct sdsa_chain *chain;
    SDSA_CHAIN_FOR_EACH (chain, ctx->idl) {
        if (chain_clashes(chain, ep, match, priority)) {
            ctl_error(ctx, "at endpoint %s \"%s\" overlaps the match \"%s\" "
                      "of chain %s, which has the same priority %"PRId64": give "
                      "another --priority (the higher one wins)", ep->name,
                      match, chain->match, chain->name, priority);
            return false;
        }
    }
    return true;
}

static bool
check_sf(struct ctl_context *ctx, const struct sdsa_service_function *sf,
         struct sdsa_service_function *const *before, size_t n_before)
{
    if (strcmp(sf->correlation, "none")) {
        return true;
    }
    for (size_t i = 0; i < n_before; i++) {
        if (before[i] == sf) {
            ctl_error(ctx, "function %s has correlation none: a chain can "
                      "pass it once only", sf->name);
            return false;
        }
    }
    const struct sdsa_chain *chain;
    SDSA_CHAIN_FOR_EACH (chain, ctx->idl) {
        if (ctl_chain_has_sf(chain, sf)) {
            ctl_error(ctx, "function %s has correlation none and serves chain "
                      "%s already: only functions with correlation=vlan can "
                      "be shared", sf->name, chain->name);
            return false;
        }
    }
    return true;
}

/* The functions named from argv[5] on.  Returns NULL after ctl_error(). */
static struct sdsa_service_function **
get_sfs(struct ctl_context *ctx, size_t *np)
{
    size_t n = ctx->argc - 5;
    struct sdsa_service_function **sfs = xcalloc(n + 1, sizeof *sfs);
    for (size_t i = 0; i < n; i++) {
        const struct sdsa_service_function *sf = get_sf(ctx, ctx->argv[5 + i]);
        if (!sf || !check_sf(ctx, sf, sfs, i)) {
            free(sfs);
            return NULL;
        }
        sfs[i] = CONST_CAST(struct sdsa_service_function *, sf);
    }
    *np = n;
    return sfs;
}

static const char *
get_option(const struct ctl_context *ctx, const char *option,
           const char *default_value)
{
    const char *value = shash_find_data(&ctx->options, option);
    return value ? value : default_value;
}

static bool
check_suite(struct ctl_context *ctx, const char *name)
{
    if (suite_by_name(name)) {
        return true;
    }
    struct ds ds = DS_EMPTY_INITIALIZER;
    for (size_t i = 0; i < n_suites; i++) {
        ds_put_format(&ds, "%s%s", i ? ", " : "", suites[i].name);
    }
    ctl_error(ctx, "no suite is named \"%s\": there are %s", name,
              ds_cstr(&ds));
    ds_destroy(&ds);
    return false;
}

static void
insert_chain(struct ctl_context *ctx, const struct sdsa_endpoint *src,
             const struct sdsa_endpoint *dst, const char *match, bool one_way,
             const char *suite, int64_t lifetime, int64_t priority)
{
    size_t n;
    struct sdsa_service_function **sfs = get_sfs(ctx, &n);
    if (!sfs) {
        return;
    }
    int64_t *keys = xcalloc(n + 1, sizeof *keys);
    for (size_t i = 0; i < n; i++) {
        keys[i] = i;
    }
    const struct sdsa_chain *row = sdsa_chain_insert(ctx->txn);
    sdsa_chain_set_name(row, ctx->argv[1]);
    sdsa_chain_set_src(row, src);
    sdsa_chain_set_dst(row, dst);
    sdsa_chain_set_match(row, match);
    sdsa_chain_set_sfs(row, keys, sfs, n);
    sdsa_chain_set_one_way(row, one_way);
    sdsa_chain_set_suite(row, suite);
    sdsa_chain_set_lifetime(row, lifetime);
    sdsa_chain_set_priority(row, priority);
    sdsa_chain_set_wanted(row, 1);
    free(keys);
    free(sfs);
}

/* Does 'chain' pass just the functions that are named from argv[5] on? */
static bool
same_sfs(const struct ctl_context *ctx, const struct sdsa_chain *chain)
{
    bool same = chain->n_sfs == ctx->argc - 5;
    for (size_t i = 0; i < chain->n_sfs && same; i++) {
        same = !strcmp(chain->value_sfs[i]->name, ctx->argv[5 + i]);
    }
    return same;
}

static void
cmd_chain_add(struct ctl_context *ctx)
{
    const char *name = ctx->argv[1];
    if (!ctl_check_name(ctx, "chain", name)) {
        return;
    }
    const struct sdsa_endpoint *src = get_endpoint(ctx, ctx->argv[2]);
    const struct sdsa_endpoint *dst
        = src ? get_endpoint(ctx, ctx->argv[3]) : NULL;
    const char *suite = get_option(ctx, "--suite", SUITE_DEFAULT);
    long long int lifetime, priority;
    if (!dst || !check_suite(ctx, suite)
        || !check_integer(ctx, "--lifetime",
                          get_option(ctx, "--lifetime", DEFAULT_LIFETIME),
                          UINT32_MAX, &lifetime)
        || !check_integer(ctx, "--priority",
                          get_option(ctx, "--priority", DEFAULT_PRIORITY),
                          999, &priority)) {
        return;
    }
    if (src == dst) {
        ctl_error(ctx, "source and destination are both %s", src->name);
        return;
    }
    bool one_way = ctl_has_option(ctx, "--one-way");
    char *match;
    char *error = match_canonicalize(ctx->argv[4], one_way, &match);
    if (error) {
        ctl_error(ctx, "%s", error);
        free(error);
        return;
    }
    const struct sdsa_chain *old = find_chain(ctx, name);
    bool same = (old && old->src == src && old->dst == dst
                 && !strcmp(old->match, match) && old->one_way == one_way
                 && !strcmp(old->suite, suite) && old->lifetime == lifetime
                 && old->priority == priority && same_sfs(ctx, old));
    char *mirror = one_way ? NULL : match_mirror(match);
    if (!ctl_exists_already(ctx, "chain", old, same)
        && check_overlap(ctx, src, match, priority)
        && (one_way || check_overlap(ctx, dst, mirror, priority))) {
        insert_chain(ctx, src, dst, match, one_way, suite, lifetime, priority);
    }
    free(match);
    free(mirror);
}

static void
cmd_chain_del(struct ctl_context *ctx)
{
    const char *name = ctx->argv[1];
    const struct sdsa_chain *row = get_chain(ctx, name);
    if (row) {
        sdsa_chain_delete(row);
    }
}

const struct ctl_command_syntax sdsa_ctl_chain_commands[] = {
    {"chain-add", 4, INT_MAX, "NAME SRC DST MATCH [SF...]", NULL,
     cmd_chain_add, NULL,
     "--may-exist,--one-way,--suite=,--lifetime=,--priority=", RW},
    {"chain-del", 1, 1, "NAME", NULL, cmd_chain_del, NULL, "--if-exists", RW},
    {NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, RO},
};
