/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "utilities/sdsa-ctl-private.h"

#include <stdarg.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "sset.h"
#include "table.h"
#include "util.h"

bool
ctl_accepts(struct ctl_context *ctx, char *error)
{
    if (error) {
        ctl_error(ctx, "%s", error);
        free(error);
    }
    return !error;
}

static bool dry_run;

void
ctl_set_dry_run(void)
{
    dry_run = true;
}

bool
ctl_is_dry_run(void)
{
    return dry_run;
}

bool
ctl_has_option(const struct ctl_context *ctx, const char *option)
{
    return shash_find(&ctx->options, option) != NULL;
}

/* Calls ctl_error(): "no bridge named x: known are a, b; add one with ...". */
static void
report_missing(struct ctl_context *ctx, const char *what, const char *name,
               const char *add, const struct sset *names)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    const char **sorted = sset_sort(names);
    for (size_t i = 0; i < sset_count(names); i++) {
        ds_put_format(&ds, "%s%s", i ? ", " : "", sorted[i]);
    }
    free(sorted);
    ctl_error(ctx, "no %s named \"%s\": known are %s; add one with \"sdsa-ctl "
              "%s\"", what, name, ds.length ? ds_cstr(&ds) : "none", add);
    ds_destroy(&ds);
}

/* Defines the functions FIND and GET of one table, whose rows have their name
 * in COLUMN. */
#define CTL_ROW(FIND, GET, STRUCT, FOR_EACH, COLUMN, WHAT, ADD)         \
    const struct STRUCT *                                               \
    FIND(const struct ovsdb_idl *idl, const char *name)                 \
    {                                                                   \
        const struct STRUCT *row;                                       \
        FOR_EACH (row, idl) {                                           \
            if (!strcmp(row->COLUMN, name)) {                           \
                return row;                                             \
            }                                                           \
        }                                                               \
        return NULL;                                                    \
    }                                                                   \
                                                                        \
    const struct STRUCT *                                               \
    GET(struct ctl_context *ctx, const char *name)                      \
    {                                                                   \
        const struct STRUCT *found = FIND(ctx->idl, name);              \
        if (!found && !ctl_has_option(ctx, "--if-exists")) {            \
            struct sset names = SSET_INITIALIZER(&names);               \
            const struct STRUCT *row;                                   \
            FOR_EACH (row, ctx->idl) {                                  \
                sset_add(&names, row->COLUMN);                          \
            }                                                           \
            report_missing(ctx, WHAT, name, ADD, &names);               \
            sset_destroy(&names);                                       \
        }                                                               \
        return found;                                                   \
    }
CTL_ROW(ctl_find_bridge, ctl_get_bridge, sdsa_bridge, SDSA_BRIDGE_FOR_EACH,
        name, "bridge", "bridge-add NAME DATAPATH-ID")
CTL_ROW(ctl_find_endpoint, ctl_get_endpoint, sdsa_endpoint,
        SDSA_ENDPOINT_FOR_EACH, name, "endpoint", "endpoint-add")
CTL_ROW(ctl_find_sf, ctl_get_sf, sdsa_service_function,
        SDSA_SERVICE_FUNCTION_FOR_EACH, name, "function", "sf-add")
CTL_ROW(ctl_find_gateway, ctl_get_gateway, sdsa_gateway, SDSA_GATEWAY_FOR_EACH,
        vnf_id, "gateway", "gw-add")
CTL_ROW(ctl_find_vnf, ctl_get_vnf, sdsa_vnf, SDSA_VNF_FOR_EACH, name, "VNF",
        "vnf-add VNF-ID")
CTL_ROW(ctl_find_chain, ctl_get_chain, sdsa_chain, SDSA_CHAIN_FOR_EACH, name,
        "chain", "chain-add")
#undef CTL_ROW

const struct sdsa_registration *
ctl_find_registration(const struct ovsdb_idl *idl, const char *vnf_id)
{
    const struct sdsa_registration *row;
    SDSA_REGISTRATION_FOR_EACH (row, idl) {
        if (!strcmp(row->vnf_id, vnf_id)) {
            return row;
        }
    }
    return NULL;
}

bool
ctl_exists_already(struct ctl_context *ctx, const char *what, const void *row,
                   bool same)
{
    if (row && !ctl_has_option(ctx, "--may-exist")) {
        ctl_error(ctx, "%s %s exists already (see --may-exist)", what,
                  ctx->argv[1]);
    } else if (row && !same) {
        ctl_error(ctx, "%s %s exists with other settings: remove it first, or "
                  "take another name", what, ctx->argv[1]);
    }
    return row != NULL;
}

bool
ctl_chain_has_sf(const struct sdsa_chain *chain,
                 const struct sdsa_service_function *sf)
{
    for (size_t i = 0; i < chain->n_sfs; i++) {
        if (chain->value_sfs[i] == sf) {
            return true;
        }
    }
    for (size_t i = 0; i < chain->n_reverse_sfs; i++) {
        if (chain->value_reverse_sfs[i] == sf) {
            return true;
        }
    }
    return false;
}

bool
ctl_has_operation(const struct ovsdb_idl *idl, const char *chain)
{
    const struct sdsa_operation *op;
    SDSA_OPERATION_FOR_EACH (op, idl) {
        for (size_t i = 0; i < op->n_chains; i++) {
            if (!strcmp(op->chains[i], chain)) {
                return true;
            }
        }
    }
    return false;
}

struct table *
ctl_new_table(struct ctl_context *ctx, const char *first, ...)
{
    struct table *t = ctx->table = xmalloc(sizeof *t);
    va_list args;
    table_init(t);
    va_start(args, first);
    for (const char *s = first; s; s = va_arg(args, const char *)) {
        table_add_column(t, "%s", s);
    }
    va_end(args);
    return t;
}

void
ctl_add_cells(struct table *t, const char *first, ...)
{
    va_list args;
    table_add_row(t);
    va_start(args, first);
    for (const char *s = first; s; s = va_arg(args, const char *)) {
        table_add_cell(t)->text = xstrdup(s);
    }
    va_end(args);
}
