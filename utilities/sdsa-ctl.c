/* SPDX-License-Identifier: Apache-2.0 */

/* sdsa-ctl: the operator's command line.  This part parses it, runs the
 * commands in one transaction, and waits for what the controller makes of it.
 */

#include <config.h>

#include "utilities/sdsa-ctl-private.h"

#include <getopt.h>
#include <stdlib.h>

#include "command-line.h"
#include "fatal-signal.h"
#include "lib/db-address.h"
#include "lib/db-probe.h"
#include "lib/environment.h"
#include "lib/ovs-tls.h"
#include "lib/process-util.h"
#include "lib/sdsa-idl.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/shash.h"
#include "openvswitch/vlog.h"
#include "ovsdb-idl.h"
#include "process.h"
#include "stream-ssl.h"
#include "stream.h"
#include "table.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(sdsa_ctl);

static char *db;                /* Argument of --db, or the default. */
static char *db_name;           /* Argument of --db-name, or NULL. */
static struct ovs_tls_server *db_server;        /* That the database is. */
static bool oneline;            /* --oneline was given. */
static bool dry_run;            /* --dry-run was given. */
static bool would_fail;         /* --dry-run found a chain that would fail. */
static bool wait_applied;       /* --wait=applied was given. */
static unsigned int timeout;    /* Seconds of --timeout; 0: none. */
#define FORMAT_NOT_GIVEN ((enum table_format) -1)
static struct table_style table_style = {
    FORMAT_NOT_GIVEN, CF_STRING, true, JSSF_SORT, 0
};

/* The open transaction, for exit_ctl(); NULL if there is none. */
static struct ovsdb_idl *the_idl;
static struct ovsdb_idl_txn *the_idl_txn;

static const struct ctl_table_class tables[SDSA_N_TABLES] = {
    [SDSA_TABLE_BRIDGE].row_ids[0] = {&sdsa_bridge_col_name, NULL, NULL},
    [SDSA_TABLE_GATEWAY].row_ids[0] = {&sdsa_gateway_col_vnf_id, NULL, NULL},
    [SDSA_TABLE_SERVICE_FUNCTION].row_ids[0]
        = {&sdsa_service_function_col_name, NULL, NULL},
    [SDSA_TABLE_ENDPOINT].row_ids[0] = {&sdsa_endpoint_col_name, NULL, NULL},
    [SDSA_TABLE_CHAIN].row_ids[0] = {&sdsa_chain_col_name, NULL, NULL},
    [SDSA_TABLE_PATH].row_ids[0] = {&sdsa_path_col_nsh_spi, NULL, NULL},
    [SDSA_TABLE_SA].row_ids[0] = {&sdsa_sa_col_spi, NULL, NULL},
    [SDSA_TABLE_OPERATION].row_ids[0]
        = {&sdsa_operation_col_number, NULL, NULL},
    [SDSA_TABLE_HISTORY].row_ids[0] = {&sdsa_history_col_number, NULL, NULL},
    [SDSA_TABLE_VNF].row_ids[0] = {&sdsa_vnf_col_name, NULL, NULL},
    [SDSA_TABLE_REGISTRATION].row_ids[0]
        = {&sdsa_registration_col_vnf_id, NULL, NULL},
    [SDSA_TABLE_RBAC_ROLE].row_ids[0]
        = {&sdsa_rbac_role_col_name, NULL, NULL},
    [SDSA_TABLE_CONNECTION].row_ids[0]
        = {&sdsa_connection_col_target, NULL, NULL},
};

/* Ends the process; ctl_fatal() calls it. */
static void
exit_ctl(int status)
{
    if (the_idl_txn) {
        ovsdb_idl_txn_abort(the_idl_txn);
        ovsdb_idl_txn_destroy(the_idl_txn);
    }
    ovsdb_idl_destroy(the_idl);
    exit(status);
}

/* Columns of --help: where words of help begin, and where a line ends. */
#define HELP_COLUMN 30
#define LAST_COLUMN 79

/* Returns what stands in --help for the value of 'option' ("--name="). */
static const char *
option_value(const char *option)
{
    static const char *const values[][2] = {
        {"--cipher=", "PREFIX,..."},
        {"--encrypt=", "links|always"},
        {"--expires=", "SECONDS"},
        {"--key=", "FILE"},
        {"--lifetime=", "SECONDS"},
        {"--mtu=", "OCTETS"},
        {"--ovsdb=", "TARGET"},
        {"--reverse=", "\"SF...\""},
        {"--suite=", "SUITE"},
        {"--tenant=", "NAME"},
        {"--token-file=", "FILE"},
        {"--url=", "PREFIX,..."},
    };
    for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
        if (!strcmp(option, values[i][0])) {
            return values[i][1];
        }
    }
    return option[strlen(option) - 1] == '=' ? "N" : "";
}

/* Prints 'line' and begins another one. */
static void
break_line(struct ds *line)
{
    puts(ds_cstr(line));
    ds_clear(line);
    ds_put_cstr(line, "   ");
}

/* Appends a blank and 'word' to 'line', if they fit, else begins another. */
static void
print_word(struct ds *line, const char *word)
{
    if (line->length + 1 + strlen(word) > LAST_COLUMN) {
        break_line(line);
    }
    ds_put_format(line, " %s", word);
}

static void
print_command(const struct ctl_command_syntax *command)
{
    struct ds line = DS_EMPTY_INITIALIZER;
    char *options = xstrdup(command->options);
    char *arguments = xstrdup(command->arguments);
    char *help = strchr(arguments, '\t');
    char *save = NULL;
    ds_put_char(&line, ' ');
    for (char *option = strtok_r(options, ",", &save); option;
         option = strtok_r(NULL, ",", &save)) {
        char *word = xasprintf("[%s%s]", option, option_value(option));
        print_word(&line, word);
        free(word);
    }
    if (!strncmp(ds_cstr(&line), "    ", 4)) {      /* Not the first one. */
        break_line(&line);
    }
    print_word(&line, command->name);
    if (help) {
        *help++ = '\0';
    }
    for (char *word = strtok_r(arguments, " ", &save); word;
         word = strtok_r(NULL, " ", &save)) {
        print_word(&line, word);
    }
    if (help && line.length < HELP_COLUMN) {
        ds_put_char_multiple(&line, ' ', HELP_COLUMN - line.length);
        ds_put_cstr(&line, help);
    } else if (help) {
        ds_put_format(&line, "\n%*s%s", HELP_COLUMN, "", help);
    }
    puts(ds_cstr(&line));
    ds_destroy(&line);
    free(options);
    free(arguments);
}

OVS_NO_RETURN static void
usage(void)
{
    static const struct {
        const char *title;
        const struct ctl_command_syntax *commands;
    } groups[] = {
        {"Network", sdsa_ctl_edit_commands},
        {"Chain", sdsa_ctl_chain_commands},
        {"Operation", sdsa_ctl_op_commands},
        {"VNF", sdsa_ctl_vnf_commands},
        {"Database", sdsa_ctl_remote_commands},
        {"Printing", sdsa_ctl_show_commands},
    };
    printf("\
%s: edits the sdsa database, and waits for what comes of it\n\
usage: %s [OPTIONS] COMMAND [ARG...] [-- COMMAND [ARG...]]...\n\
Commands joined by \"--\" are one transaction: all of them happen, or none.\n",
           program_name, program_name);
    for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
        printf("\n%s commands:\n", groups[i].title);
        for (const struct ctl_command_syntax *c = groups[i].commands; c->name;
             c++) {
            print_command(c);
        }
    }
    printf("\n\
%s\
%s\
\n\
Options:\n\
  --db=DATABASE               connect to DATABASE\n\
                              (default: $SDSA_DB or unix:%s/sdsa.sock)\n\
  --db-name=NAME              name in the certificate of a database that is\n\
                              spoken to by ssl: (default: %s)\n\
  --wait=none|applied         wait until the network is as the commands want\n\
                              it; fail with the reason if it cannot be\n\
  -t, --timeout=SECS          give up after SECS seconds\n\
  --dry-run                   change nothing; print what would come and go\n\
  --oneline                   print exactly one line of output per command\n",
           ctl_get_db_cmd_usage(), ctl_list_db_tables_usage(), SDSA_RUNDIR,
           DB_SDSA_NAME);
    table_usage();
    stream_usage("database", true, true, false);
    vlog_usage();
    printf("\nOther options:\n\
  -h, --help                  display this help message\n\
  -V, --version               display version information\n");
    exit(EXIT_SUCCESS);
}

static void
parse_wait(const char *arg)
{
    if (!strcmp(arg, "applied")) {
        wait_applied = true;
    } else if (!strcmp(arg, "none")) {
        wait_applied = false;
    } else {
        ctl_fatal("argument to --wait must be \"none\" or \"applied\"");
    }
}

enum {
    OPT_DB = UCHAR_MAX + 1,
    OPT_DB_NAME,
    OPT_ONELINE,
    OPT_DRY_RUN,
    OPT_WAIT,
    OPT_BOOTSTRAP_CA_CERT,
    OPT_LOCAL,                  /* Of a command. */
    VLOG_OPTION_ENUMS,
    TABLE_OPTION_ENUMS,
    SSL_OPTION_ENUMS,
};

static const struct option global_options[] = {
    {"db", required_argument, NULL, OPT_DB},
    {"db-name", required_argument, NULL, OPT_DB_NAME},
    {"oneline", no_argument, NULL, OPT_ONELINE},
    {"dry-run", no_argument, NULL, OPT_DRY_RUN},
    {"wait", required_argument, NULL, OPT_WAIT},
    {"timeout", required_argument, NULL, 't'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    VLOG_LONG_OPTIONS,
    TABLE_LONG_OPTIONS,
    STREAM_SSL_LONG_OPTIONS,
    {"bootstrap-ca-cert", required_argument, NULL, OPT_BOOTSTRAP_CA_CERT},
    {NULL, 0, NULL, 0},
};

/* Adds the option of a command 'name', with its value in 'optarg'. */
static void
add_local_option(struct shash *local_options, const char *name)
{
    if (shash_find(local_options, name)) {
        ctl_fatal("'%s' option specified multiple times", name);
    }
    shash_add_nocopy(local_options, xasprintf("--%s", name),
                     nullable_xstrdup(optarg));
}

/* Does what 'c' of getopt_long() says, if it is one of 'global_options'. */
static void
handle_global_option(int c)
{
    switch (c) {
    case OPT_DB:
        free(db);
        db = xstrdup(optarg);
        break;

    case OPT_DB_NAME:
        free(db_name);
        db_name = xstrdup(optarg);
        break;

    case OPT_ONELINE:
        oneline = true;
        break;

    case OPT_DRY_RUN:
        dry_run = true;
        ctl_set_dry_run();
        break;

    case OPT_WAIT:
        parse_wait(optarg);
        break;

    case 't':
        if (!str_to_uint(optarg, 10, &timeout) || !timeout) {
            ctl_fatal("value %s on -t or --timeout is invalid", optarg);
        }
        break;

    case 'h':
        usage();

    case 'V':
        ovs_print_version(0, 0);
        printf("DB Schema %s\n", sdsa_get_db_version());
        exit(EXIT_SUCCESS);

    VLOG_OPTION_HANDLERS
    TABLE_OPTION_HANDLERS(&table_style)
    STREAM_SSL_OPTION_HANDLERS

    case OPT_BOOTSTRAP_CA_CERT:
        stream_ssl_set_ca_cert_file(optarg, true);
        break;

    case '?':
        exit(EXIT_FAILURE);

    default:
        abort();
    }
}

static void
parse_options(int argc, char *argv[], struct shash *local_options)
{
    const size_t n_global = ARRAY_SIZE(global_options) - 1;
    char *tmp = ovs_cmdl_long_options_to_short_options(global_options);
    static char *short_options; /* Static: a wrong option ends us before it
                                 * is freed, which is not a leak. */
    short_options = xasprintf("+%s", tmp);
    free(tmp);

    /* getopt_long() takes one array: ours, then those of the commands. */
    struct option *options = xmemdup(global_options, sizeof global_options);
    size_t n_options = n_global;
    size_t allocated = ARRAY_SIZE(global_options);
    ctl_add_cmd_options(&options, &n_options, &allocated, OPT_LOCAL);

    int index, c;
    while ((c = getopt_long(argc, argv, short_options, options, &index))
           != -1) {
        if (c == OPT_LOCAL) {
            add_local_option(local_options, options[index].name);
        } else {
            handle_global_option(c);
        }
    }
    free(short_options);
    for (size_t i = n_global; options[i].name; i++) {
        free(CONST_CAST(char *, options[i].name));
    }
    free(options);

    if (!db) {
        db = process_default_db();
    }
}

/* Waiting. */

/* Time that --wait waits before it says that no controller is active. */
#define PATIENCE_MS 2000

/* A chain before or after the transaction. */
struct chain_version {
    struct uuid row;            /* UUID of the Chain row. */
    int64_t wanted;             /* Its sequence number. */
    int64_t pending;            /* Number of the earlier change that is not
                                 * applied yet, or 0. */
};

/* Puts the versions of all chains into 'versions', by name. */
static void
snapshot_chains(struct ovsdb_idl *idl, struct shash *versions)
{
    const struct sdsa_chain *row;
    SDSA_CHAIN_FOR_EACH (row, idl) {
        struct chain_version *v = xmalloc(sizeof *v);
        *v = (struct chain_version) {
            .row = row->header_.uuid,
            .wanted = row->wanted,
            .pending = row->applied < row->wanted ? row->change : 0,
        };
        shash_add_once(versions, row->name, v);
    }
}

/* Compares the chains before and after the transaction.  Afterwards 'before'
 * has only the chains that were deleted, and 'after' only those that were
 * added or changed. */
static void
diff_chains(struct shash *before, struct shash *after)
{
    struct shash_node *node;
    SHASH_FOR_EACH_SAFE (node, before) {
        const struct chain_version *b = node->data;
        struct shash_node *a_node = shash_find(after, node->name);
        if (a_node) {
            struct chain_version *a = a_node->data;
            a->pending = b->pending;
            if (uuid_equals(&a->row, &b->row) && a->wanted == b->wanted) {
                free(a_node->data);
                shash_delete(after, a_node);
            }
            free(node->data);
            shash_delete(before, node);
        }
    }
}

/* Returns true if the chain is applied at sequence number 'wanted'.  Ends the
 * process if it never will be. */
static bool
chain_is_applied(struct ovsdb_idl *idl, const char *name, int64_t wanted)
{
    const struct sdsa_chain *row = ctl_find_chain(idl, name);
    if (!row) {
        ctl_fatal("chain %s: it was deleted meanwhile", name);
    } else if (row->applied >= wanted) {
        return true;
    } else if (row->wanted > wanted) {
        ctl_fatal("chain %s: superseded by %"PRId64, name, row->wanted);
    } else if (row->failed >= wanted) {
        ctl_fatal("chain %s: %s", name, row->reason);
    }
    return false;
}

static bool
chain_is_gone(struct ovsdb_idl *idl, const char *name)
{
    const struct sdsa_path *path;
    SDSA_PATH_FOR_EACH (path, idl) {
        if (!strcmp(path->chain, name)) {
            return false;
        }
    }
    return !ctl_has_operation(idl, name);
}

static bool
is_applied(struct ovsdb_idl *idl, const struct shash *deleted,
           const struct shash *changed, int64_t global_wanted)
{
    const struct shash_node *node;
    SHASH_FOR_EACH (node, changed) {
        const struct chain_version *v = node->data;
        if (!chain_is_applied(idl, node->name, v->wanted)) {
            return false;
        }
    }
    SHASH_FOR_EACH (node, deleted) {
        if (!chain_is_gone(idl, node->name)) {
            return false;
        }
    }
    if (shash_is_empty(deleted) && shash_is_empty(changed)) {
        const struct sdsa_sdsa_global *global = sdsa_sdsa_global_first(idl);
        return global && global->applied >= global_wanted;
    }
    return true;
}

static void
wait_until_applied(struct ovsdb_idl *idl, const struct shash *deleted,
                   const struct shash *changed, int64_t global_wanted)
{
    long long int warn_ms = time_msec() + PATIENCE_MS;
    for (;;) {
        db_run_idl(db_server, idl);
        if (!ovsdb_idl_is_alive(idl)) {
            ctl_fatal("%s: the database went away while we waited", db);
        }
        if (is_applied(idl, deleted, changed, global_wanted)) {
            return;
        }
        if (time_msec() >= warn_ms) {
            char *absence = sdsa_ctl_controller_absence(idl);
            if (absence) {
                fprintf(stderr, "%s: waiting, but %s\n", program_name,
                        absence);
                free(absence);
                warn_ms = LLONG_MAX;
            } else {
                warn_ms = time_msec() + PATIENCE_MS;
            }
        }
        ovsdb_idl_wait(idl);
        if (warn_ms != LLONG_MAX) {
            poll_timer_wait_until(warn_ms);
        }
        poll_block();
    }
}

/* The transaction. */

static void
check_symbols(const struct ovsdb_symbol_table *symtab)
{
    const struct shash_node *node;
    SHASH_FOR_EACH (node, &symtab->sh) {
        const struct ovsdb_symbol *symbol = node->data;
        if (!symbol->created) {
            ctl_fatal("row id \"%s\" is referenced but never created (e.g. "
                      "with \"-- --id=%s create ...\")", node->name,
                      node->name);
        }
    }
}

/* Runs all commands in the open transaction.  Returns false to try again when
 * the database changes. */
static bool
run_commands(struct ovsdb_idl *idl, struct ctl_command *commands, size_t n,
             struct ovsdb_symbol_table *symtab)
{
    struct ctl_context ctx;
    bool again = false;
    for (size_t i = 0; i < n; i++) {
        ds_init(&commands[i].output);
        commands[i].table = NULL;
    }
    ctl_context_init(&ctx, NULL, idl, the_idl_txn, symtab, NULL);
    for (size_t i = 0; i < n && !again; i++) {
        ctl_context_init_command(&ctx, &commands[i], i == n - 1);
        if (commands[i].syntax->run) {
            commands[i].syntax->run(&ctx);
        }
        if (ctx.error) {
            ctl_fatal("%s", ctx.error);
        }
        ctl_context_done_command(&ctx, &commands[i]);
        again = ctx.try_again;
    }
    ctl_context_done(&ctx, NULL);
    if (!again) {
        check_symbols(symtab);
    }
    return !again;
}

static void
postprocess(struct ovsdb_idl *idl, struct ctl_command *commands, size_t n,
            struct ovsdb_symbol_table *symtab)
{
    for (size_t i = 0; i < n; i++) {
        struct ctl_command *c = &commands[i];
        if (c->syntax->postprocess) {
            struct ctl_context ctx;
            ctl_context_init(&ctx, c, idl, the_idl_txn, symtab, NULL);
            c->syntax->postprocess(&ctx);
            if (ctx.error) {
                ctl_fatal("%s", ctx.error);
            }
            ctl_context_done(&ctx, c);
        }
    }
}

static void
print_oneline(struct ds *ds)
{
    ds_chomp(ds, '\n');
    for (size_t i = 0; i < ds->length; i++) {
        int c = ds->string[i];
        if (c == '\n') {
            fputs("\\n", stdout);
        } else if (c == '\\') {
            fputs("\\\\", stdout);
        } else {
            putchar(c);
        }
    }
    putchar('\n');
}

static void
print_outputs(struct ctl_command *commands, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct ctl_command *c = &commands[i];
        if (c->table) {
            /* The default format of a database command is "list", of our
             * lists "table". */
            struct table_style style = table_style;
            const char *dash = strrchr(c->syntax->name, '-');
            if (style.format == FORMAT_NOT_GIVEN) {
                style.format = (dash && !strcmp(dash, "-list") ? TF_TABLE
                                : TF_LIST);
            }
            table_print(c->table, &style);
        } else if (oneline) {
            print_oneline(&c->output);
        } else {
            fputs(ds_cstr(&c->output), stdout);
        }
    }
    fflush(stdout);
}

static void
free_outputs(struct ctl_command *commands, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        ds_destroy(&commands[i].output);
        table_destroy(commands[i].table);
        free(commands[i].table);
    }
}

/* Counts the transaction in the database.  Returns its number. */
static int64_t
bump_wanted(struct ovsdb_idl *idl)
{
    const struct sdsa_sdsa_global *global = sdsa_sdsa_global_first(idl);
    if (!global) {
        global = sdsa_sdsa_global_insert(the_idl_txn);
    } else {
        sdsa_sdsa_global_verify_wanted(global);
    }
    sdsa_sdsa_global_set_wanted(global, global->wanted + 1);
    return global->wanted;
}

/* Makes chains and removals of the change 'earlier', as far as it is not
 * applied yet, part of the change 'number'. */
static void
merge_change(struct ovsdb_idl *idl, int64_t earlier, int64_t number)
{
    const struct sdsa_sdsa_global *global = sdsa_sdsa_global_first(idl);
    const struct sdsa_chain *row;
    SDSA_CHAIN_FOR_EACH (row, idl) {
        if (row->change == earlier && row->applied < row->wanted) {
            sdsa_chain_set_change(row, number);
        }
    }
    for (size_t i = 0; i < global->n_removals; i++) {
        if (global->value_removals[i] == earlier) {
            sdsa_sdsa_global_update_removals_setkey(
                global, global->key_removals[i], number);
        }
    }
}

static void
merge_changes(struct ovsdb_idl *idl, const struct shash *versions,
              int64_t number)
{
    const struct shash_node *node;
    SHASH_FOR_EACH (node, versions) {
        const struct chain_version *v = node->data;
        if (v->pending) {
            merge_change(idl, v->pending, number);
        }
    }
}

/* Gives all chains that this transaction deletes, adds or changes the number
 * of one change: the controller applies them together. */
static void
mark_change(struct ovsdb_idl *idl, const struct shash *deleted,
            const struct shash *changed, int64_t number)
{
    const struct shash_node *node;
    merge_changes(idl, changed, number);
    merge_changes(idl, deleted, number);
    SHASH_FOR_EACH (node, changed) {
        sdsa_chain_set_change(ctl_find_chain(idl, node->name), number);
    }
    SHASH_FOR_EACH (node, deleted) {
        sdsa_sdsa_global_update_removals_setkey(sdsa_sdsa_global_first(idl),
                                                node->name, number);
    }
}

/* Commits the open transaction, and waits for the result. */
static enum ovsdb_idl_txn_status
commit(struct ovsdb_idl *idl)
{
    enum ovsdb_idl_txn_status status;
    fatal_signal_run();
    while ((status = ovsdb_idl_txn_commit(the_idl_txn)) == TXN_INCOMPLETE) {
        db_run_idl(db_server, idl);
        ovsdb_idl_wait(idl);
        ovsdb_idl_txn_wait(the_idl_txn);
        poll_block();
    }
    return status;
}

/* Tries the commands once.  Returns false to try again. */
static bool
do_commands(struct ovsdb_idl *idl, const char *args,
            struct ctl_command *commands, size_t n)
{
    bool writes = ctl_might_write_to_db(commands, n);
    struct ovsdb_symbol_table *symtab = ovsdb_symbol_table_create();
    struct shash before = SHASH_INITIALIZER(&before);
    struct shash after = SHASH_INITIALIZER(&after);
    struct ds plan = DS_EMPTY_INITIALIZER;
    int64_t global_wanted = 0;

    the_idl_txn = ovsdb_idl_txn_create(idl);
    if (dry_run) {
        ovsdb_idl_txn_set_dry_run(the_idl_txn);
    }
    ovsdb_idl_txn_add_comment(the_idl_txn, "sdsa-ctl: %s", args);
    snapshot_chains(idl, &before);
    bool done = run_commands(idl, commands, n, symtab);
    if (done) {
        if (writes) {
            global_wanted = bump_wanted(idl);
        }
        snapshot_chains(idl, &after);
        diff_chains(&before, &after);
        mark_change(idl, &before, &after, global_wanted);
        if (dry_run && writes) {
            would_fail = !sdsa_ctl_print_plan(idl, &before, global_wanted,
                                              &plan);
        }

        enum ovsdb_idl_txn_status status = commit(idl);
        if (status == TXN_TRY_AGAIN) {
            done = false;
        } else if (status == TXN_SUCCESS || status == TXN_UNCHANGED) {
            postprocess(idl, commands, n, symtab);
        } else {
            ctl_fatal("the database refused: %s",
                      ovsdb_idl_txn_get_error(the_idl_txn));
        }
    } else {
        ovsdb_idl_txn_abort(the_idl_txn);
    }
    ovsdb_idl_txn_destroy(the_idl_txn);
    the_idl_txn = NULL;
    ovsdb_symbol_table_destroy(symtab);

    if (done) {
        print_outputs(commands, n);
        fputs(ds_cstr(&plan), stdout);
        if (wait_applied && writes && !dry_run) {
            wait_until_applied(idl, &before, &after, global_wanted);
        }
    }
    ds_destroy(&plan);
    free_outputs(commands, n);
    shash_destroy_free_data(&before);
    shash_destroy_free_data(&after);
    return done;
}

int
main(int argc, char *argv[])
{
    environment_clear();
    ovs_set_program_name(argv[0], SDSA_VERSION);
    fatal_ignore_sigpipe();
    vlog_set_levels(NULL, VLF_CONSOLE, VLL_WARN);
    vlog_set_levels(NULL, VLF_SYSLOG, VLL_OFF);
    vlog_set_levels_from_string_assert("reconnect:off");
    vlog_set_levels_from_string_assert("ovsdb_cs:err");

    ctl_init(&sdsa_idl_class, sdsa_table_classes, tables, NULL, exit_ctl);
    ctl_register_commands(sdsa_ctl_edit_commands);
    ctl_register_commands(sdsa_ctl_chain_commands);
    ctl_register_commands(sdsa_ctl_op_commands);
    ctl_register_commands(sdsa_ctl_vnf_commands);
    ctl_register_commands(sdsa_ctl_remote_commands);
    ctl_register_commands(sdsa_ctl_show_commands);

    char *args = process_escape_args(argv);
    struct shash local_options = SHASH_INITIALIZER(&local_options);
    parse_options(argc, argv, &local_options);
    struct ctl_command *commands;
    size_t n;
    char *error = ctl_parse_commands(argc - optind, argv + optind,
                                     &local_options, &commands, &n);
    if (error) {
        ctl_fatal("%s", error);
    }
    shash_destroy(&local_options);
    ctl_timeout_setup(timeout);

    struct db_address address = db_sdsa(db, db_name);
    db_server = ovs_tls_server_create(address.name);
    struct ovsdb_idl *idl = the_idl = ovsdb_idl_create(db, &sdsa_idl_class,
                                                       true, false);
    unsigned int seqno = ovsdb_idl_get_seqno(idl);
    bool done = false;
    while (!done) {
        db_run_idl(db_server, idl);
        if (!ovsdb_idl_is_alive(idl)) {
            ctl_fatal("cannot use the sdsa database (see --db): %s",
                      db_probe_ask(&address));
        }
        if (seqno != ovsdb_idl_get_seqno(idl)) {
            seqno = ovsdb_idl_get_seqno(idl);
            done = do_commands(idl, args, commands, n);
        }
        if (!done && seqno == ovsdb_idl_get_seqno(idl)) {
            ovsdb_idl_wait(idl);
            poll_block();
        }
    }

    for (size_t i = 0; i < n; i++) {
        shash_destroy_free_data(&commands[i].options);
    }
    free(commands);
    free(args);
    free(db);
    free(db_name);
    ovsdb_idl_destroy(idl);
    ovs_tls_server_destroy(db_server);
    the_idl = NULL;
    return would_fail ? EXIT_FAILURE : EXIT_SUCCESS;
}
