/* SPDX-License-Identifier: Apache-2.0 */

/* Commands about the listeners of the database, and its TLS files.
 *
 * What may be written belongs to a listener, its role.  Nobody gets all rights
 * over the network by leaving something out: a listener there is told its
 * role. */

#include <config.h>

#include "utilities/sdsa-ctl-private.h"

#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "stream.h"
#include "svec.h"
#include "util.h"

#define ALL "all"               /* On the command line: no role. */
#define READER "sdsa-reader"    /* May write nothing. */
#define CENTRE "sdsa-auc"

const struct sdsa_rbac_role *
ctl_make_role(struct ctl_context *ctx, const char *name)
{
    const struct sdsa_rbac_role *row;
    SDSA_RBAC_ROLE_FOR_EACH (row, ctx->idl) {
        if (!strcmp(row->name, name)) {
            return row;
        }
    }
    row = sdsa_rbac_role_insert(ctx->txn);
    sdsa_rbac_role_set_name(row, name);
    return row;
}

static const struct sdsa_sdsa_global *
get_global(struct ctl_context *ctx)
{
    const struct sdsa_sdsa_global *global = sdsa_sdsa_global_first(ctx->idl);
    return global ? global : sdsa_sdsa_global_insert(ctx->txn);
}

static bool
has_role(const struct ctl_context *ctx, const char *name)
{
    const struct sdsa_rbac_role *row;
    SDSA_RBAC_ROLE_FOR_EACH (row, ctx->idl) {
        if (!strcmp(row->name, name)) {
            return true;
        }
    }
    return false;
}

/* Checks 'role', which may be NULL, of 'target'.  Returns false after
 * ctl_error(). */
static bool
check_role(struct ctl_context *ctx, const char *target, const char *role)
{
    bool local = strstr(target, "unix:");
    if (local && role && strcmp(role, ALL)) {
        ctl_error(ctx, "%s: who comes by a socket of this machine shows no "
                  "certificate, and could write nothing with the role \"%s\": "
                  "put role="ALL" before it", target, role);
        return false;
    }
    if (!local && !role) {
        ctl_error(ctx, "%s: say what may be written by it: put role="CENTRE
                  " before it, role="READER" (nothing), or role="ALL
                  " (everything, by everybody with a certificate of the "
                  "database's authority)", target);
        return false;
    }
    if (role && strcmp(role, ALL) && strcmp(role, READER)
        && !has_role(ctx, role)) {
        ctl_error(ctx, "no role \"%s\"%s", role, strcmp(role, CENTRE) ? ""
                  : ": \"sdsa-ctl auc-set\" makes it");
        return false;
    }
    return true;
}

static struct sdsa_connection *
add_connection(struct ctl_context *ctx, const char *target, const char *role)
{
    struct sdsa_connection *row = sdsa_connection_insert(ctx->txn);
    sdsa_connection_set_target(row, target);
    if (role && strcmp(role, ALL)) {
        ctl_make_role(ctx, role);
        sdsa_connection_set_role(row, role);
        /* A role says nothing of locks, and who takes the controllers' one
         * stops them. */
        bool read_only = !strcmp(role, READER);
        sdsa_connection_set_read_only(row, &read_only, read_only);
    }
    return row;
}

/* The arguments are "role=ROLE" and targets; a role is that of the targets
 * behind it. */
static void
cmd_set_connection(struct ctl_context *ctx)
{
    struct sdsa_connection **rows = xcalloc(ctx->argc, sizeof *rows);
    const char *role = NULL;
    size_t n = 0;
    for (size_t i = 1; i < ctx->argc && !ctx->error; i++) {
        const char *arg = ctx->argv[i];
        if (!strncmp(arg, "role=", 5)) {
            role = arg + 5;
        } else if (stream_verify_name(arg) && pstream_verify_name(arg)) {
            ctl_error(ctx, "\"%s\" is no target: write pssl:PORT:IP, "
                      "ssl:IP:PORT, or punix:FILE", arg);
        } else if (check_role(ctx, arg, role)) {
            rows[n++] = add_connection(ctx, arg, role);
        }
    }
    if (!ctx->error && !n) {
        ctl_error(ctx, "set-connection: there is no target behind the role");
    }
    if (!ctx->error) {
        sdsa_sdsa_global_set_connections(get_global(ctx), rows, n);
    }
    free(rows);
}

static void
cmd_del_connection(struct ctl_context *ctx)
{
    sdsa_sdsa_global_set_connections(get_global(ctx), NULL, 0);
}

static void
cmd_get_connection(struct ctl_context *ctx)
{
    const struct sdsa_sdsa_global *global = sdsa_sdsa_global_first(ctx->idl);
    struct svec lines = SVEC_EMPTY_INITIALIZER;
    for (size_t i = 0; global && i < global->n_connections; i++) {
        const struct sdsa_connection *row = global->connections[i];
        svec_add_nocopy(&lines, xasprintf("role=%s %s",
                                          row->role[0] ? row->role : ALL,
                                          row->target));
    }
    svec_sort(&lines);
    const char *line;
    size_t i;
    SVEC_FOR_EACH (i, line, &lines) {
        ds_put_format(&ctx->output, "%s\n", line);
    }
    svec_destroy(&lines);
}

static void
cmd_set_ssl(struct ctl_context *ctx)
{
    struct sdsa_ssl *row = sdsa_ssl_insert(ctx->txn);
    sdsa_ssl_set_private_key(row, ctx->argv[1]);
    sdsa_ssl_set_certificate(row, ctx->argv[2]);
    sdsa_ssl_set_ca_cert(row, ctx->argv[3]);
    sdsa_sdsa_global_set_ssl(get_global(ctx), row);
}

const struct ctl_command_syntax sdsa_ctl_remote_commands[] = {
    {"set-connection", 1, INT_MAX, "[role=ROLE] TARGET...\twhere the database "
     "listens, and for what", NULL, cmd_set_connection, NULL, "", RW},
    {"get-connection", 0, 0, "", NULL, cmd_get_connection, NULL, "", RO},
    {"del-connection", 0, 0, "", NULL, cmd_del_connection, NULL, "", RW},
    {"set-ssl", 3, 3, "PRIVATE-KEY CERTIFICATE CA-CERT\tfiles of the "
     "database", NULL, cmd_set_ssl, NULL, "", RW},
    {NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, RO},
};
