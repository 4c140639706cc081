/* SPDX-License-Identifier: Apache-2.0 */

/* Commands that change chains.  Each of them makes a struct chain_spec out of
 * its arguments and the chain's row, checks it, and writes it. */

#include <config.h>

#include "utilities/sdsa-ctl-commands.h"
#include "utilities/sdsa-ctl-rows.h"

#include <string.h>

#include "lib/sdsa-idl.h"
#include "lib/suite.h"
#include "ofctl-app/model/match.h"
#include "ofctl-app/model/untagged-sf.h"
#include "openvswitch/dynamic-string.h"
#include "util.h"

#define DEFAULT_LIFETIME_S 28800        /* Lifetime of a key. */
#define DEFAULT_PRIORITY 100            /* Of 0 to 999. */

/* Puts the number that 'option' gives, if it is there, into '*value'. */
static bool
parse_integer(struct ctl_context *ctx, const char *option, long long int max,
              long long int *value)
{
    const char *text = shash_find_data(&ctx->options, option);
    if (text && (!str_to_llong(text, 10, value) || *value < 0
                 || *value > max)) {
        ctl_error(ctx, "%s=%s: must be a number from 0 to %lld", option, text,
                  max);
        return false;
    }
    return true;
}

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

/* Functions of a chain in order, as two columns of its row have them. */
struct sf_list {
    struct sdsa_service_function **sfs;
    int64_t *keys;              /* The numbers from 0 on. */
    size_t n;
};

static void
sf_list_clear(struct sf_list *list)
{
    free(list->sfs);
    free(list->keys);
    *list = (struct sf_list) { .n = 0 };
}

/* Appends the function 'name'.  Returns false after ctl_error(). */
static bool
sf_list_add(struct ctl_context *ctx, struct sf_list *list, const char *name)
{
    const struct sdsa_service_function *sf = ctl_get_sf(ctx, name);
    if (!sf) {
        return false;
    }
    list->sfs = xrealloc(list->sfs, (list->n + 1) * sizeof *list->sfs);
    list->keys = xrealloc(list->keys, (list->n + 1) * sizeof *list->keys);
    list->sfs[list->n] = CONST_CAST(struct sdsa_service_function *, sf);
    list->keys[list->n] = list->n;
    list->n++;
    return true;
}

static bool
sf_list_is(const struct sf_list *list,
           struct sdsa_service_function *const *sfs, size_t n)
{
    return (list->n == n
            && (!n || !memcmp(list->sfs, sfs, n * sizeof *sfs)));
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

/* The chain that a command asks for; members as the columns of Chain. */
struct chain_spec {
    const struct sdsa_chain *row;       /* NULL: a new chain. */
    const struct sdsa_endpoint *src, *dst;
    char *match;                /* In canonical form. */
    const char *way_back, *encrypt, *suite;
    long long int lifetime, lifetime_bytes, lifetime_packets, priority;
    bool protect;
    struct sf_list sfs, reverse_sfs;
};

static void
chain_spec_destroy(struct chain_spec *spec)
{
    free(spec->match);
    sf_list_clear(&spec->sfs);
    sf_list_clear(&spec->reverse_sfs);
}

static bool
parse_match(struct ctl_context *ctx, const char *match,
            struct chain_spec *spec)
{
    char *canonical;
    char *error = match_canonicalize(match, !strcmp(spec->way_back, "none"),
                                     &canonical);
    if (error) {
        ctl_error(ctx, "%s", error);
        free(error);
        return false;
    }
    free(spec->match);
    spec->match = canonical;
    return true;
}

static bool
parse_ends(struct ctl_context *ctx, struct chain_spec *spec)
{
    spec->src = ctl_get_endpoint(ctx, ctx->argv[2]);
    spec->dst = spec->src ? ctl_get_endpoint(ctx, ctx->argv[3]) : NULL;
    if (!spec->dst) {
        return false;
    }
    if (spec->src == spec->dst) {
        ctl_error(ctx, "source and destination are both %s", spec->src->name);
        return false;
    }
    return parse_match(ctx, ctx->argv[4], spec);
}

/* Puts what the options say into 'spec'; the rest of it stays.  Returns false
 * after ctl_error(). */
static bool
parse_options(struct ctl_context *ctx, struct chain_spec *spec)
{
    bool one_way = ctl_has_option(ctx, "--one-way");
    bool other = ctl_has_option(ctx, "--reverse");
    bool same = ctl_has_option(ctx, "--both-ways");
    spec->way_back = (one_way ? "none" : other ? "other" : same ? "same"
                      : spec->way_back);
    bool protect = ctl_has_option(ctx, "--protect");
    bool unprotect = ctl_has_option(ctx, "--no-protect");
    spec->protect = protect || (spec->protect && !unprotect);
    spec->encrypt = get_option(ctx, "--encrypt", spec->encrypt);
    spec->suite = get_option(ctx, "--suite", spec->suite);
    if (one_way + other + same > 1) {
        ctl_error(ctx, "--one-way and --reverse contradict each other%s",
                  same ? ", and --both-ways" : "");
        return false;
    }
    if (protect && unprotect) {
        ctl_error(ctx, "--protect and --no-protect contradict each other");
        return false;
    }
    if (strcmp(spec->encrypt, "links") && strcmp(spec->encrypt, "always")) {
        ctl_error(ctx, "--encrypt=%s: write links (what crosses a link) or "
                  "always", spec->encrypt);
        return false;
    }
    return (check_suite(ctx, spec->suite)
            && parse_integer(ctx, "--lifetime", UINT32_MAX, &spec->lifetime)
            && parse_integer(ctx, "--lifetime-bytes", INT64_MAX,
                             &spec->lifetime_bytes)
            && parse_integer(ctx, "--lifetime-packets", UINT32_MAX,
                             &spec->lifetime_packets)
            && parse_integer(ctx, "--priority", 999, &spec->priority));
}

static bool
check_sfs(struct ctl_context *ctx, const struct chain_spec *spec,
          const struct sf_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        if (!check_sf(ctx, spec->row, list->sfs[i], list->sfs, i)) {
            return false;
        }
    }
    return true;
}

/* Checks that no other chain takes the same packets, at either end. */
static bool
check_overlaps(struct ctl_context *ctx, const struct chain_spec *spec)
{
    if (!check_overlap(ctx, spec->row, spec->src, spec->match,
                       spec->priority)) {
        return false;
    }
    char *mirror = match_mirror(spec->match);
    bool ok = (!strcmp(spec->way_back, "none")
               || check_overlap(ctx, spec->row, spec->dst, mirror,
                                spec->priority));
    free(mirror);
    return ok;
}

/* Puts the functions from argv['first'] on, and those of --reverse, into
 * 'spec'.  Returns false after ctl_error(). */
static bool
parse_sfs(struct ctl_context *ctx, struct chain_spec *spec, int first)
{
    bool ok = true;
    sf_list_clear(&spec->sfs);
    if (ctl_has_option(ctx, "--reverse") || strcmp(spec->way_back, "other")) {
        sf_list_clear(&spec->reverse_sfs);
    }
    for (int i = first; i < ctx->argc && ok; i++) {
        ok = sf_list_add(ctx, &spec->sfs, ctx->argv[i]);
    }
    char *names = xstrdup(get_option(ctx, "--reverse", ""));
    char *save = NULL;
    for (char *name = strtok_r(names, " ,", &save); name && ok;
         name = strtok_r(NULL, " ,", &save)) {
        ok = sf_list_add(ctx, &spec->reverse_sfs, name);
    }
    free(names);
    return ok;
}

/* Returns true if 'row' has all that 'spec' says. */
static bool
is_same(const struct sdsa_chain *row, const struct chain_spec *spec)
{
    return (row->src == spec->src && row->dst == spec->dst
                 && !strcmp(row->match, spec->match)
                 && !strcmp(row->way_back, spec->way_back)
                 && !strcmp(row->encrypt, spec->encrypt)
                 && !strcmp(row->suite, spec->suite)
                 && row->lifetime == spec->lifetime
                 && row->lifetime_bytes == spec->lifetime_bytes
                 && row->lifetime_packets == spec->lifetime_packets
                 && row->priority == spec->priority
                 && row->protect == spec->protect
                 && sf_list_is(&spec->sfs, row->value_sfs, row->n_sfs)
                 && sf_list_is(&spec->reverse_sfs, row->value_reverse_sfs,
                               row->n_reverse_sfs));
}

static void
write_chain(const struct sdsa_chain *row, const struct chain_spec *spec)
{
    sdsa_chain_set_match(row, spec->match);
    sdsa_chain_set_sfs(row, spec->sfs.keys, spec->sfs.sfs, spec->sfs.n);
    sdsa_chain_set_way_back(row, spec->way_back);
    sdsa_chain_set_reverse_sfs(row, spec->reverse_sfs.keys,
                               spec->reverse_sfs.sfs, spec->reverse_sfs.n);
    sdsa_chain_set_encrypt(row, spec->encrypt);
    sdsa_chain_set_suite(row, spec->suite);
    sdsa_chain_set_lifetime(row, spec->lifetime);
    sdsa_chain_set_lifetime_bytes(row, spec->lifetime_bytes);
    sdsa_chain_set_lifetime_packets(row, spec->lifetime_packets);
    sdsa_chain_set_priority(row, spec->priority);
    sdsa_chain_set_protect(row, spec->protect);
    sdsa_chain_set_wanted(row, row->wanted + 1);
}

static bool
check_spec(struct ctl_context *ctx, const struct chain_spec *spec)
{
    return (check_sfs(ctx, spec, &spec->sfs)
            && check_sfs(ctx, spec, &spec->reverse_sfs)
            && check_overlaps(ctx, spec));
}

static void
cmd_chain_add(struct ctl_context *ctx)
{
    const char *name = ctx->argv[1];
    struct chain_spec spec = {
        .way_back = "same",
        .encrypt = "links",
        .suite = SUITE_DEFAULT,
        .lifetime = DEFAULT_LIFETIME_S,
        .priority = DEFAULT_PRIORITY,
    };
    if (ctl_check_name(ctx, "chain", name) && parse_options(ctx, &spec)
        && parse_ends(ctx, &spec) && parse_sfs(ctx, &spec, 5)) {
        const struct sdsa_chain *old = ctl_find_chain(ctx->idl, name);
        if (!ctl_exists_already(ctx, "chain", old, old && is_same(old, &spec))
            && check_spec(ctx, &spec)) {
            const struct sdsa_chain *row = sdsa_chain_insert(ctx->txn);
            sdsa_chain_set_name(row, name);
            sdsa_chain_set_src(row, spec.src);
            sdsa_chain_set_dst(row, spec.dst);
            write_chain(row, &spec);
        }
    }
    chain_spec_destroy(&spec);
}

/* Makes 'spec' of the row of chain argv[1].  Returns false after ctl_error().
 */
static bool
read_chain(struct ctl_context *ctx, struct chain_spec *spec)
{
    const struct sdsa_chain *row = ctl_get_chain(ctx, ctx->argv[1]);
    if (!row) {
        return false;
    }
    *spec = (struct chain_spec) {
        .row = row,
        .src = row->src,
        .dst = row->dst,
        .match = xstrdup(row->match),
        .way_back = row->way_back,
        .encrypt = row->encrypt,
        .suite = row->suite,
        .lifetime = row->lifetime,
        .lifetime_bytes = row->lifetime_bytes,
        .lifetime_packets = row->lifetime_packets,
        .priority = row->priority,
        .protect = row->protect,
    };
    bool ok = true;
    for (size_t i = 0; i < row->n_sfs && ok; i++) {
        ok = sf_list_add(ctx, &spec->sfs, row->value_sfs[i]->name);
    }
    for (size_t i = 0; i < row->n_reverse_sfs && ok; i++) {
        ok = sf_list_add(ctx, &spec->reverse_sfs,
                         row->value_reverse_sfs[i]->name);
    }
    return ok;
}

static void
cmd_chain_set(struct ctl_context *ctx)
{
    struct chain_spec spec = { .row = NULL };
    if (read_chain(ctx, &spec) && parse_options(ctx, &spec)
        && parse_match(ctx, spec.row->match, &spec)
        && parse_sfs(ctx, &spec, 2) && check_spec(ctx, &spec)) {
        write_chain(spec.row, &spec);
    }
    chain_spec_destroy(&spec);
}

static void
cmd_chain_set_match(struct ctl_context *ctx)
{
    struct chain_spec spec = { .row = NULL };
    if (read_chain(ctx, &spec) && parse_match(ctx, ctx->argv[2], &spec)
        && check_spec(ctx, &spec)) {
        write_chain(spec.row, &spec);
    }
    chain_spec_destroy(&spec);
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
