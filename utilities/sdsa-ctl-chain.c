/* SPDX-License-Identifier: Apache-2.0 */

/* Commands that change chains.  Each of them puts what its arguments say into
 * the chain's row, and then checks the row.  What is wrong ends the program,
 * and the transaction with it. */

#include <config.h>

#include "utilities/sdsa-ctl-private.h"

#include <string.h>

#include "lib/name.h"
#include "lib/sdsa-idl.h"
#include "lib/suite.h"
#include "ofctl-app/model/lifetime.h"
#include "ofctl-app/model/match.h"
#include "ofctl-app/model/untagged-sf.h"
#include "openvswitch/dynamic-string.h"
#include "svec.h"
#include "util.h"

#define DEFAULT_LIFETIME_S 28800        /* Lifetime of a key. */
#define DEFAULT_PRIORITY 100            /* Of 0 to 999. */

/* Returns true if some packet at 'ep' matches both 'chain' and 'match' with
 * the same 'priority'. */
static bool
chain_clashes(const struct sdsa_chain *chain, const struct sdsa_endpoint *ep,
              const char *match, int64_t priority)
{
    bool clash = false;
    if (chain->priority == priority) {
        if (chain->src == ep) {
            clash = match_overlap(chain->match, match);
        }
        if (!clash && chain->dst == ep && strcmp(chain->way_back, "none")) {
            char *mirror = match_mirror(chain->match);
            clash = match_overlap(mirror, match);
            free(mirror);
        }
    }
    return clash;
}

/* Checks that no chain but 'self' (or NULL) clashes with 'match' at 'ep'.
 * Returns false after ctl_error(). */
static bool
check_overlap(struct ctl_context *ctx, const struct sdsa_chain *self,
              const struct sdsa_endpoint *ep, const char *match,
              int64_t priority)
{
    const struct sdsa_chain *chain;
    SDSA_CHAIN_FOR_EACH (chain, ctx->idl) {
        if (chain != self
            && chain_clashes(chain, ep, match, priority)) {
            ctl_error(ctx, "at endpoint %s \"%s\" overlaps the match \"%s\" "
                      "of chain %s, which has the same priority %"PRId64": "
                      "give another --priority (the higher one wins)",
                      ep->name, match, chain->match, chain->name, priority);
            return false;
        }
    }
    return true;
}

static bool
check_sf(struct ctl_context *ctx, const struct sdsa_chain *self,
         const struct sdsa_service_function *sf,
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
        if (chain != self && ctl_chain_has_sf(chain, sf)) {
            char *error = untagged_sf_error(sf->name, chain->name);
            ctl_error(ctx, "%s: only functions with a correlation can be "
                      "shared", error);
            free(error);
            return false;
        }
    }
    return true;
}

/* Checks one of the two columns of functions.  Returns false after
 * ctl_error(). */
static bool
check_sfs(struct ctl_context *ctx, const struct sdsa_chain *row,
          struct sdsa_service_function *const *sfs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!check_sf(ctx, row, sfs[i], sfs, i)) {
            return false;
        }
    }
    return true;
}

/* Checks that no other chain takes the same packets, at either end. */
static bool
check_overlaps(struct ctl_context *ctx, const struct sdsa_chain *row)
{
    if (!check_overlap(ctx, row, row->src, row->match, row->priority)) {
        return false;
    }
    char *mirror = match_mirror(row->match);
    bool ok = (!strcmp(row->way_back, "none")
               || check_overlap(ctx, row, row->dst, mirror, row->priority));
    free(mirror);
    return ok;
}

/* Checks the row beside other chains, and asks the controller to apply it. */
static void
want_chain(struct ctl_context *ctx, const struct sdsa_chain *row)
{
    if (check_sfs(ctx, row, row->value_sfs, row->n_sfs)
        && check_sfs(ctx, row, row->value_reverse_sfs, row->n_reverse_sfs)
        && check_overlaps(ctx, row)) {
        sdsa_chain_set_wanted(row, row->wanted + 1);
    }
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

/* The functions below put something into 'row', and return false after
 * ctl_error(). */

static bool
set_match(struct ctl_context *ctx, const struct sdsa_chain *row,
          const char *match)
{
    char *canonical;
    char *error = match_check(match, !strcmp(row->way_back, "none"),
                              &canonical);
    if (error) {
        ctl_error(ctx, "%s", error);
        free(error);
        return false;
    }
    sdsa_chain_set_match(row, canonical);
    free(canonical);
    return true;
}

static bool
set_ends(struct ctl_context *ctx, const struct sdsa_chain *row)
{
    const struct sdsa_endpoint *src = ctl_get_endpoint(ctx, ctx->argv[2]);
    const struct sdsa_endpoint *dst
        = src ? ctl_get_endpoint(ctx, ctx->argv[3]) : NULL;
    if (!dst) {
        return false;
    }
    if (src == dst) {
        ctl_error(ctx, "source and destination are both %s", src->name);
        return false;
    }
    sdsa_chain_set_src(row, src);
    sdsa_chain_set_dst(row, dst);
    return set_match(ctx, row, ctx->argv[4]);
}

static bool
set_numbers(struct ctl_context *ctx, const struct sdsa_chain *row)
{
    static const struct {
        const char *option;
        long long int least;    /* Apart from 0. */
        long long int max;
        void (*set)(const struct sdsa_chain *, int64_t);
    } numbers[] = {
        {"--lifetime", LIFETIME_LEAST_S, UINT32_MAX, sdsa_chain_set_lifetime},
        {"--lifetime-bytes", LIFETIME_LEAST_BYTES, INT64_MAX,
         sdsa_chain_set_lifetime_bytes},
        {"--lifetime-packets", LIFETIME_LEAST_PACKETS, UINT32_MAX,
         sdsa_chain_set_lifetime_packets},
        {"--priority", 0, 999, sdsa_chain_set_priority},
    };
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        const char *option = numbers[i].option;
        const char *text = shash_find_data(&ctx->options, option);
        long long int value;
        if (text && (!str_to_llong(text, 10, &value)
                     || (value && value < numbers[i].least)
                     || value > numbers[i].max)) {
            ctl_error(ctx, "%s=%s: must be %sa number from %lld to %lld",
                      option, text,
                      numbers[i].least ? "0 (no limit) or " : "",
                      numbers[i].least, numbers[i].max);
            return false;
        } else if (text) {
            numbers[i].set(row, value);
        }
    }
    return true;
}

static bool
set_options(struct ctl_context *ctx, const struct sdsa_chain *row)
{
    bool one_way = ctl_has_option(ctx, "--one-way");
    bool other = ctl_has_option(ctx, "--reverse");
    bool same = ctl_has_option(ctx, "--both-ways");
    bool protect = ctl_has_option(ctx, "--protect");
    bool unprotect = ctl_has_option(ctx, "--no-protect");
    const char *encrypt = shash_find_data(&ctx->options, "--encrypt");
    const char *suite = shash_find_data(&ctx->options, "--suite");
    if (one_way + other + same > 1) {
        ctl_error(ctx, "--one-way and --reverse contradict each other%s",
                  same ? ", and --both-ways" : "");
        return false;
    }
    if (protect && unprotect) {
        ctl_error(ctx, "--protect and --no-protect contradict each other");
        return false;
    }
    if (one_way || other || same) {
        sdsa_chain_set_way_back(row, (one_way ? "none" : other ? "other"
                                      : "same"));
    }
    if (protect || unprotect) {
        sdsa_chain_set_protect(row, protect);
    }
    sdsa_chain_set_encrypt(row, encrypt ? encrypt : row->encrypt);
    sdsa_chain_set_suite(row, suite ? suite : row->suite);
    if (strcmp(row->encrypt, "links") && strcmp(row->encrypt, "always")) {
        ctl_error(ctx, "--encrypt=%s: write links (what crosses a link) or "
                  "always", row->encrypt);
        return false;
    }
    return check_suite(ctx, row->suite) && set_numbers(ctx, row);
}

/* Puts the functions 'names' into a column, in this order. */
static bool
set_column_sfs(struct ctl_context *ctx, const struct sdsa_chain *row,
               const struct svec *names,
               void (*set)(const struct sdsa_chain *, const int64_t *keys,
                           struct sdsa_service_function **sfs, size_t n))
{
    struct sdsa_service_function **sfs = xcalloc(names->n + 1, sizeof *sfs);
    int64_t *keys = xcalloc(names->n + 1, sizeof *keys);
    bool ok = true;
    for (size_t i = 0; i < names->n && ok; i++) {
        sfs[i] = CONST_CAST(struct sdsa_service_function *,
                            ctl_get_sf(ctx, names->names[i]));
        keys[i] = i;
        ok = sfs[i] != NULL;
    }
    if (ok) {
        set(row, keys, sfs, names->n);
    }
    free(sfs);
    free(keys);
    return ok;
}

/* Puts the functions from argv['first'] on, and those of --reverse, into their
 * columns. */
static bool
set_sfs(struct ctl_context *ctx, const struct sdsa_chain *row, int first)
{
    struct svec forward = SVEC_EMPTY_INITIALIZER;
    struct svec reverse = SVEC_EMPTY_INITIALIZER;
    const char *text = shash_find_data(&ctx->options, "--reverse");
    for (int i = first; i < ctx->argc; i++) {
        svec_add(&forward, ctx->argv[i]);
    }
    char *names = xstrdup(text ? text : "");
    char *save = NULL;
    for (char *name = strtok_r(names, " ,", &save); name;
         name = strtok_r(NULL, " ,", &save)) {
        svec_add(&reverse, name);
    }
    free(names);
    bool ok = (set_column_sfs(ctx, row, &forward, sdsa_chain_set_sfs)
               && ((!text && !strcmp(row->way_back, "other"))
                   || set_column_sfs(ctx, row, &reverse,
                                     sdsa_chain_set_reverse_sfs)));
    svec_destroy(&forward);
    svec_destroy(&reverse);
    return ok;
}

/* Returns true if the operator wants the same of both chains. */
static bool
are_alike(const struct sdsa_chain *a, const struct sdsa_chain *b)
{
    static const struct ovsdb_idl_column *const columns[] = {
        &sdsa_chain_col_src, &sdsa_chain_col_dst, &sdsa_chain_col_match,
        &sdsa_chain_col_way_back, &sdsa_chain_col_encrypt,
        &sdsa_chain_col_suite, &sdsa_chain_col_lifetime,
        &sdsa_chain_col_lifetime_bytes, &sdsa_chain_col_lifetime_packets,
        &sdsa_chain_col_priority, &sdsa_chain_col_protect,
        &sdsa_chain_col_sfs, &sdsa_chain_col_reverse_sfs,
    };
    for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
        if (!ovsdb_datum_equals(ovsdb_idl_read(&a->header_, columns[i]),
                                ovsdb_idl_read(&b->header_, columns[i]),
                                &columns[i]->type)) {
            return false;
        }
    }
    return true;
}

static void
cmd_chain_add(struct ctl_context *ctx)
{
    const char *name = ctx->argv[1];
    if (!ctl_accepts(ctx, name_check("chain", name))) {
        return;
    }
    const struct sdsa_chain *old = ctl_find_chain(ctx->idl, name);
    const struct sdsa_chain *row = sdsa_chain_insert(ctx->txn);
    sdsa_chain_set_name(row, name);
    sdsa_chain_set_way_back(row, "same");
    sdsa_chain_set_encrypt(row, "links");
    sdsa_chain_set_suite(row, SUITE_DEFAULT);
    sdsa_chain_set_lifetime(row, DEFAULT_LIFETIME_S);
    sdsa_chain_set_priority(row, DEFAULT_PRIORITY);
    if (!set_options(ctx, row) || !set_ends(ctx, row)
        || !set_sfs(ctx, row, 5)) {
        return;
    }
    if (ctl_exists_already(ctx, "chain", old, old && are_alike(old, row))) {
        sdsa_chain_delete(row);
    } else {
        want_chain(ctx, row);
    }
}

static void
cmd_chain_set(struct ctl_context *ctx)
{
    const struct sdsa_chain *row = ctl_get_chain(ctx, ctx->argv[1]);
    if (row && set_options(ctx, row) && set_match(ctx, row, row->match)
        && set_sfs(ctx, row, 2)) {
        want_chain(ctx, row);
    }
}

static void
cmd_chain_set_match(struct ctl_context *ctx)
{
    const struct sdsa_chain *row = ctl_get_chain(ctx, ctx->argv[1]);
    if (row && set_match(ctx, row, ctx->argv[2])) {
        want_chain(ctx, row);
    }
}

static void
rekey_chain(const struct sdsa_chain *row)
{
    sdsa_chain_set_rekeys(row, row->rekeys + 1);
    sdsa_chain_set_wanted(row, row->wanted + 1);
}

static void
cmd_chain_rekey(struct ctl_context *ctx)
{
    bool all = ctl_has_option(ctx, "--all");
    if (all != (ctx->argc == 1)) {
        ctl_error(ctx, "chain-rekey: name chains, or write --all instead");
        return;
    }
    const struct sdsa_chain *row;
    if (all) {
        SDSA_CHAIN_FOR_EACH (row, ctx->idl) {
            rekey_chain(row);
        }
    }
    for (int i = 1; i < ctx->argc; i++) {
        row = ctl_get_chain(ctx, ctx->argv[i]);
        if (!row) {
            return;
        }
        rekey_chain(row);
    }
}

static void
cmd_chain_reroute(struct ctl_context *ctx)
{
    for (int i = 1; i < ctx->argc; i++) {
        const struct sdsa_chain *row = ctl_get_chain(ctx, ctx->argv[i]);
        if (!row) {
            return;
        }
        sdsa_chain_set_reroutes(row, row->reroutes + 1);
        sdsa_chain_set_wanted(row, row->wanted + 1);
    }
}

/* chain-protect and chain-unprotect. */
static void
cmd_chain_protect(struct ctl_context *ctx)
{
    const struct sdsa_chain *row = ctl_get_chain(ctx, ctx->argv[1]);
    if (row) {
        sdsa_chain_set_protect(row, !strcmp(ctx->argv[0], "chain-protect"));
        sdsa_chain_set_wanted(row, row->wanted + 1);
    }
}

static void
cmd_chain_del(struct ctl_context *ctx)
{
    const struct sdsa_chain *row = ctl_get_chain(ctx, ctx->argv[1]);
    if (row) {
        sdsa_chain_delete(row);
    }
}

/* Options that chain-add and chain-set share. */
#define SPEC_OPTIONS "--one-way,--reverse=,--encrypt=,--suite=,--lifetime=," \
    "--lifetime-bytes=,--lifetime-packets=,--priority=,--protect"

const struct ctl_command_syntax sdsa_ctl_chain_commands[] = {
    {"chain-add", 4, INT_MAX, "NAME SRC DST MATCH [SF...]", NULL,
     cmd_chain_add, NULL, "--may-exist," SPEC_OPTIONS, RW},
    {"chain-set", 1, INT_MAX, "NAME [SF...]\tother functions or options", NULL,
     cmd_chain_set, NULL, "--both-ways,--no-protect," SPEC_OPTIONS, RW},
    {"chain-set-match", 2, 2, "NAME MATCH", NULL, cmd_chain_set_match, NULL,
     "", RW},
    {"chain-rekey", 0, INT_MAX, "[NAME...]\tnew keys, over the same way", NULL,
     cmd_chain_rekey, NULL, "--all", RW},
    {"chain-reroute", 1, INT_MAX, "NAME...\tfind the best way anew", NULL,
     cmd_chain_reroute, NULL, "", RW},
    {"chain-protect", 1, 1, "NAME\tkeep a backup path for it", NULL,
     cmd_chain_protect, NULL, "", RW},
    {"chain-unprotect", 1, 1, "NAME\tkeep none", NULL, cmd_chain_protect,
     NULL, "", RW},
    {"chain-del", 1, 1, "NAME", NULL, cmd_chain_del, NULL, "--if-exists", RW},
    {NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, RO},
};
