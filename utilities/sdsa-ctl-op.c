/* SPDX-License-Identifier: Apache-2.0 */

/* Commands about operations.  Those under way are rows of Operation, those
 * that have ended rows of History. */

#include <config.h>

#include "utilities/sdsa-ctl-private.h"

#include <inttypes.h>
#include <time.h>

#include "lib/sdsa-idl.h"
#include "ofctl-app/view/sorted.h"
#include "openvswitch/dynamic-string.h"
#include "util.h"

static char *
format_time(int64_t seconds)
{
    time_t t = seconds;
    struct tm tm;
    char text[32];
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", localtime_r(&t, &tm));
    return xstrdup(text);
}

static char *
join(char *const *names, size_t n)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    for (size_t i = 0; i < n; i++) {
        ds_put_format(&ds, "%s%s", i ? " " : "", names[i]);
    }
    return ds_steal_cstr(&ds);
}

static int64_t
sum(const int64_t *values, size_t n)
{
    int64_t total = 0;
    for (size_t i = 0; i < n; i++) {
        total += values[i];
    }
    return total;
}

static void
cmd_op_list(struct ctl_context *ctx)
{
    struct table *t = ctl_new_table(ctx, "number", "chain", "cause", "state",
                                    "started", "ms", "lost", "reason", NULL);
    const struct sdsa_history *h;
    SORTED(ctx->idl, h, SDSA_HISTORY_FOR_EACH,
           xasprintf("%020"PRId64, h->number), {
        char *number = xasprintf("%"PRId64, h->number);
        char *started = format_time(h->started);
        char *ms = xasprintf("%"PRId64, sum(h->value_phases, h->n_phases));
        char *lost = (h->n_lost
                      ? xasprintf("%"PRId64, sum(h->value_lost, h->n_lost))
                      : xstrdup(""));
        char *chains = join(h->chains, h->n_chains);
        ctl_add_cells(t, number, chains, h->cause, h->result, started, ms,
                      lost, h->reason, NULL);
        free(chains);
        free(number);
        free(started);
        free(ms);
        free(lost);
    });
    const struct sdsa_operation *op;
    SORTED(ctx->idl, op, SDSA_OPERATION_FOR_EACH,
           xasprintf("%020"PRId64, op->number), {
        char *number = xasprintf("%"PRId64, op->number);
        char *started = format_time(op->started);
        char *chains = join(op->chains, op->n_chains);
        ctl_add_cells(t, number, chains, op->reason, op->state, started, "",
                      "", op->trouble, NULL);
        free(chains);
        free(number);
        free(started);
    });
}

static bool
parse_number(struct ctl_context *ctx, int64_t *number)
{
    long long int value;
    if (!str_to_llong(ctx->argv[1], 10, &value) || value < 0) {
        ctl_error(ctx, "\"%s\" is not the number of an operation",
                  ctx->argv[1]);
        return false;
    }
    *number = value;
    return true;
}

static const struct sdsa_operation *
find_operation(struct ctl_context *ctx, int64_t number)
{
    const struct sdsa_operation *op;
    SDSA_OPERATION_FOR_EACH (op, ctx->idl) {
        if (op->number == number) {
            return op;
        }
    }
    return NULL;
}

static const struct sdsa_history *
find_history(struct ctl_context *ctx, int64_t number)
{
    const struct sdsa_history *h;
    SDSA_HISTORY_FOR_EACH (h, ctx->idl) {
        if (h->number == number) {
            return h;
        }
    }
    return NULL;
}

static void
put_paths(struct ds *out, const char *what, const int64_t *spis, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        ds_put_format(out, "%s %"PRId64, i ? "" : what, spis[i]);
    }
    if (n) {
        ds_put_char(out, '\n');
    }
}

/* Appends the phases in the order in which an operation goes through them. */
static void
put_phases(struct ds *out, const struct sdsa_history *h)
{
    static const char *const order[] = {
        "journal-prepare", "prepare-inbound", "prepare-outbound", "prove",
        "journal-commit", "flip", "drain", "release", "undo",
    };
    int64_t at = 0;
    for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
        for (size_t j = 0; j < h->n_phases; j++) {
            if (!strcmp(h->key_phases[j], order[i])) {
                ds_put_format(out, "  at %5"PRId64" ms %-16s %5"PRId64" ms\n",
                              at, order[i], h->value_phases[j]);
                at += h->value_phases[j];
            }
        }
    }
}

static void
show_history(struct ds *out, const struct sdsa_history *h)
{
    char *started = format_time(h->started);
    char *chains = join(h->chains, h->n_chains);
    ds_put_format(out, "operation %"PRId64", chain %s (%s): %s%s%s\n"
                  "  started %s, %"PRId64" round trips to the commit and the "
                  "flip\n", h->number, chains, h->cause, h->result,
                  h->reason[0] ? ": " : "", h->reason, started,
                  h->round_trips);
    free(started);
    free(chains);
    put_phases(out, h);
    for (size_t i = 0; i < h->n_participants; i++) {
        ds_put_format(out, "%s%s", i ? ", " : "  took part: ",
                      h->participants[i]);
    }
    ds_put_cstr(out, h->n_participants ? "\n" : "");
    put_paths(out, "  old paths: NSH SPI", h->old_paths, h->n_old_paths);
    put_paths(out, "  new paths: NSH SPI", h->new_paths, h->n_new_paths);
    for (size_t i = 0; i < h->n_lost; i++) {
        ds_put_format(out, "  lost on the old hop of chain %s: %"PRId64"\n",
                      h->key_lost[i], h->value_lost[i]);
    }
}

static void
cmd_op_show(struct ctl_context *ctx)
{
    int64_t number;
    if (!parse_number(ctx, &number)) {
        return;
    }
    const struct sdsa_operation *op = find_operation(ctx, number);
    const struct sdsa_history *h = find_history(ctx, number);
    struct ds *out = &ctx->output;
    if (h) {
        show_history(out, h);
    } else if (op) {
        char *started = format_time(op->started);
        char *chains = join(op->chains, op->n_chains);
        ds_put_format(out, "operation %"PRId64", chain %s (%s): %s%s%s\n"
                      "  started %s\n", op->number, chains, op->reason,
                      op->state, op->trouble[0] ? ": " : "", op->trouble,
                      started);
        free(started);
        free(chains);
        put_paths(out, "  old paths: NSH SPI", op->old_paths,
                  op->n_old_paths);
        put_paths(out, "  new paths: NSH SPI", op->new_paths,
                  op->n_new_paths);
    } else {
        ctl_error(ctx, "no operation %"PRId64" is known: \"sdsa-ctl op-list\" "
                  "has the last ones", number);
    }
}

static void
cmd_op_abort(struct ctl_context *ctx)
{
    int64_t number;
    if (!parse_number(ctx, &number)) {
        return;
    }
    const struct sdsa_operation *op = find_operation(ctx, number);
    if (!op) {
        ctl_error(ctx, "no operation %"PRId64" is under way (see \"sdsa-ctl "
                  "op-list\")", number);
    } else if (!strcmp(op->state, "committing")) {
        ctl_error(ctx, "operation %"PRId64" is past its commit point: it goes "
                  "forward only", number);
    } else {
        sdsa_operation_verify_state(op);
        sdsa_operation_set_abort(op, true);
    }
}

static void
cmd_debt_list(struct ctl_context *ctx)
{
    struct table *t = ctl_new_table(ctx, "participant", "operation", "paths",
                                    "since", NULL);
    const struct sdsa_debt *d;
    SORTED(ctx->idl, d, SDSA_DEBT_FOR_EACH,
           xasprintf("%s %020"PRId64, d->participant, d->operation), {
        struct ds paths = DS_EMPTY_INITIALIZER;
        for (size_t i = 0; i < d->n_paths; i++) {
            ds_put_format(&paths, "%s%"PRId64, i ? " " : "", d->paths[i]);
        }
        char *number = xasprintf("%"PRId64, d->operation);
        char *since = format_time(d->created);
        ctl_add_cells(t, d->participant, number, ds_cstr(&paths), since, NULL);
        ds_destroy(&paths);
        free(number);
        free(since);
    });
}

const struct ctl_command_syntax sdsa_ctl_op_commands[] = {
    {"op-list", 0, 0, "\tthose under way, and the last ones", NULL,
     cmd_op_list, NULL, "", RO},
    {"op-show", 1, 1, "NUMBER\tits phases, participants and losses", NULL,
     cmd_op_show, NULL, "", RO},
    {"op-abort", 1, 1, "NUMBER\tgive one up that has not committed yet", NULL,
     cmd_op_abort, NULL, "", RW},
    {"debt-list", 0, 0, "\tremovals that are still to be done", NULL,
     cmd_debt_list, NULL, "", RO},
    {NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, RO},
};
