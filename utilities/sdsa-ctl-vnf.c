/* SPDX-License-Identifier: Apache-2.0 */

/* Commands about VNFs and the authentication centre that lets them in.
 *
 * A token is made once, however often the transaction is tried, and leaves
 * this process after the commit.  The database gets the digest of its public
 * key alone. */

#include <config.h>

#include "utilities/sdsa-ctl-private.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fatal-signal.h"
#include "lib/durable.h"
#include "lib/name.h"
#include "lib/sdsa-idl.h"
#include "lib/secret.h"
#include "lib/x509.h"
#include "openvswitch/dynamic-string.h"
#include "smap.h"
#include "socket-util.h"
#include "svec.h"
#include "table.h"
#include "timeval.h"
#include "util.h"

#define MAX_FILE 65536          /* Octets of a PEM file. */
#define MAX_EXPIRES 315360000   /* Seconds: ten years. */

/* Keys of SDSA_Global:other_config. */
#define AUC_ADDRESS "auc-address"
#define AUC_CA "auc-ca"

#define AUC_NAME "sdsa-auc"     /* In a centre's certificate; its role. */

/* A token of this process, by VNF-ID in 'tokens'. */
struct new_token {
    struct secret *seed;
    int fd;                     /* Of --token-file, or -1. */
};
static struct shash tokens = SHASH_INITIALIZER(&tokens);

static const char *
option(const struct ctl_context *ctx, const char *name)
{
    return shash_find_data(&ctx->options, name);
}

/* Returns what is in the file 'name' and its size, or NULL after ctl_error().
 * Caller frees. */
static char *
read_file(struct ctl_context *ctx, const char *name, size_t *size)
{
    FILE *stream = fopen(name, "r");
    char *text = NULL;
    if (stream) {
        text = xmalloc(MAX_FILE);
        *size = fread(text, 1, MAX_FILE, stream);
        if (ferror(stream)) {
            free(text);
            text = NULL;
        }
    }
    if (!text) {
        ctl_error(ctx, "%s: cannot be read (%s)", name, ovs_strerror(errno));
    }
    if (stream) {
        fclose(stream);
    }
    return text;
}

/* Where the authentication centre is. */

/* Adds "table" to the role of centres: who has the name in a row's column
 * "centre" may change it in the columns 'update', and, if 'inserts', add and
 * delete rows.  The schema takes no other name than AUC_NAME there (or the
 * empty one, which is nobody's): else anybody could add rows with a name of
 * their own. */
static struct sdsa_rbac_permission *
add_permission(struct ctl_context *ctx, const char *table, bool inserts,
               const char *const *update, size_t n_update)
{
    static const char *by_name[] = { "centre" };
    struct sdsa_rbac_permission *row = sdsa_rbac_permission_insert(ctx->txn);
    sdsa_rbac_permission_set_table(row, table);
    sdsa_rbac_permission_set_authorization(row, by_name, 1);
    sdsa_rbac_permission_set_insert_delete(row, inserts);
    sdsa_rbac_permission_set_update(row, CONST_CAST(const char **, update),
                                    n_update);
    return row;
}

/* Makes the role "sdsa-auc" as it must be: what a centre may write that comes
 * by a Connection with this role. */
static void
make_role(struct ctl_context *ctx)
{
    static const char *const registration[] = {
        "url", "cipher_ip", "spki", "instance", "boot_id", "plain_mac",
        "cipher_mac", "backend", "keying", "version", "not_after", "source",
        "since",
    };
    static const char *const vnf[] = { "used", "enrolled", "status" };
    const struct sdsa_rbac_role *row = ctl_make_role(ctx, AUC_NAME);
    for (size_t i = 0; i < row->n_permissions; i++) {
        sdsa_rbac_permission_delete(row->value_permissions[i]);
    }
    const char *keys[] = { "Registration", "Vnf" };
    struct sdsa_rbac_permission *values[] = {
        add_permission(ctx, "Registration", true, registration,
                       ARRAY_SIZE(registration)),
        add_permission(ctx, "Vnf", false, vnf, ARRAY_SIZE(vnf)),
    };
    sdsa_rbac_role_set_permissions(row, keys, values, 2);
}

/* Gets the digest of the one certificate in the file 'name'.  Returns false
 * after ctl_error(). */
static bool
read_ca(struct ctl_context *ctx, const char *name,
        char digest[X509_DIGEST_STRLEN])
{
    size_t size, n;
    X509 **certs;
    char *pem = read_file(ctx, name, &size);
    if (!pem) {
        return false;
    }
    char *error = x509_read_certs(pem, size, &certs, &n);
    free(pem);
    if (error) {
        ctl_error(ctx, "%s: %s", name, error);
        free(error);
        return false;
    }
    if (n != 1) {
        ctl_error(ctx, "%s: there are %"PRIuSIZE" certificates in it: give "
                  "the one of the CA that issued the certificate of the "
                  "authentication centre", name, n);
    } else {
        x509_cert_digest(certs[0], digest);
    }
    x509_free_certs(certs, n);
    return n == 1;
}

static void
cmd_auc_set(struct ctl_context *ctx)
{
    char digest[X509_DIGEST_STRLEN];
    if (!ctl_accepts(ctx, x509_check_address(ctx->argv[1]))
        || !read_ca(ctx, ctx->argv[2], digest)) {
        return;
    }
    const struct sdsa_sdsa_global *global = sdsa_sdsa_global_first(ctx->idl);
    if (!global) {
        global = sdsa_sdsa_global_insert(ctx->txn);
    }
    sdsa_sdsa_global_update_other_config_setkey(global, AUC_ADDRESS,
                                                ctx->argv[1]);
    sdsa_sdsa_global_update_other_config_setkey(global, AUC_CA, digest);
    make_role(ctx);
}

/* Tokens. */

/* Returns the token for 'vnf_id', made now if there is none yet; or NULL after
 * ctl_error(). */
static struct new_token *
make_token(struct ctl_context *ctx, const char *vnf_id)
{
    const struct sdsa_sdsa_global *global = sdsa_sdsa_global_first(ctx->idl);
    const char *file = option(ctx, "--token-file");
    struct new_token *token = shash_find_data(&tokens, vnf_id);
    if (!global || !smap_get(&global->other_config, AUC_ADDRESS)) {
        ctl_error(ctx, "a token says where the authentication centre is: "
                  "first use \"sdsa-ctl auc-set HOST:PORT CACERT.pem\"");
        return NULL;
    }
    if (!token) {
        secret_protect_process();
        token = xmalloc(sizeof *token);
        *token = (struct new_token) {
            .seed = secret_create(NULL, X509_SEED_SIZE), .fd = -1
        };
        shash_add(&tokens, vnf_id, token);
    }
    if (file && token->fd < 0 && !ctl_is_dry_run()) {
        /* Nobody's file is overwritten or read along. */
        token->fd = open(file, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
        if (token->fd < 0) {
            ctl_error(ctx, "%s: cannot be made (%s)", file,
                      ovs_strerror(errno));
            return NULL;
        }
        fatal_signal_add_file_to_unlink(file);
    }
    return token;
}

/* Returns the text of the token of 'vnf_id', with a line feed, which caller
 * must free with wiping_free(). */
static char *
format_token(const struct ctl_context *ctx, const char *vnf_id,
             const struct new_token *new)
{
    const struct sdsa_sdsa_global *global = sdsa_sdsa_global_first(ctx->idl);
    struct x509_token token = {
        .vnf_id = CONST_CAST(char *, vnf_id),
        .seed = new->seed,
        .address = CONST_CAST(char *, smap_get_def(&global->other_config,
                                                   AUC_ADDRESS, "")),
    };
    ovs_strlcpy(token.ca_digest, smap_get_def(&global->other_config, AUC_CA,
                                              ""), sizeof token.ca_digest);
    if (!x509_digest_is_valid(token.ca_digest)) {
        memset(token.ca_digest, '0', X509_DIGEST_STRLEN - 1);
    }
    char *text = x509_token_format(&token);
    size_t n = strlen(text);
    char *line = wiping_realloc(text, n + 2);
    strcpy(line + n, "\n");
    return line;
}

/* Gives the token to the user, after the commit. */
static void
post_token(struct ctl_context *ctx)
{
    const char *vnf_id = ctx->argv[1];
    const char *file = option(ctx, "--token-file");
    struct shash_node *node = shash_find(&tokens, vnf_id);
    if (!node || ctl_is_dry_run()) {
        return;
    }
    struct new_token *token = node->data;
    char *line = format_token(ctx, vnf_id, token);
    if (token->fd < 0) {
        ds_put_cstr(&ctx->output, line);
    } else {
        size_t n;
        int error = write_fully(token->fd, line, strlen(line), &n);
        if (!error) {
            error = durable_end(token->fd);
        }
        error = error ? error : durable_sync_folder(file);
        if (error) {
            ctl_error(ctx, "%s: cannot be written (%s): what the command says "
                      "was done, and its token is lost: \"sdsa-ctl vnf-token "
                      "%s\" makes another", file, ovs_strerror(error), vnf_id);
        } else {
            fatal_signal_remove_file_to_unlink(file);
        }
    }
    wiping_free(line);
    secret_destroy(token->seed);
    free(token);
    shash_delete(&tokens, node);
}

/* VNFs. */

/* What the options of vnf-add and vnf-token say. */
struct settings {
    char digest[X509_DIGEST_STRLEN];    /* Of the bootstrap key. */
    int64_t expires;                    /* Seconds since 1970; 0: never. */
};

/* Reads --key, or makes a token, and --expires.  Returns false after
 * ctl_error(). */
static bool
read_settings(struct ctl_context *ctx, struct settings *s)
{
    const char *key = option(ctx, "--key");
    const char *expires = option(ctx, "--expires");
    int seconds = 0;
    if (expires && (!str_to_int(expires, 10, &seconds) || seconds < 1
                    || seconds > MAX_EXPIRES)) {
        ctl_error(ctx, "--expires=%s: must be a number of seconds from 1 to "
                  "%d", expires, MAX_EXPIRES);
        return false;
    }
    s->expires = seconds ? time_wall() + seconds : 0;
    if (key && option(ctx, "--token-file")) {
        ctl_error(ctx, "--key and --token-file exclude each other: with a key "
                  "of its own a VNF has no token");
        return false;
    }
    if (key) {
        size_t size;
        char *pem = read_file(ctx, key, &size);
        char *error = pem ? x509_read_public_key(pem, size, s->digest) : NULL;
        bool ok = pem && !error;
        if (error) {
            ctl_error(ctx, "%s: %s", key, error);
        }
        free(error);
        free(pem);
        return ok;
    }
    struct new_token *token = make_token(ctx, ctx->argv[1]);
    if (token) {
        EVP_PKEY *public = x509_seed_key(token->seed);
        x509_key_digest(public, s->digest);
        EVP_PKEY_free(public);
    }
    return token;
}

/* Checks that no other VNF has the key 'digest'.  Returns false after
 * ctl_error(). */
static bool
check_key_is_new(struct ctl_context *ctx, const char *digest)
{
    const struct sdsa_vnf *row;
    SDSA_VNF_FOR_EACH (row, ctx->idl) {
        for (size_t i = 0; i < row->n_keys; i++) {
            if (!strcmp(row->keys[i], digest)) {
                ctl_error(ctx, "VNF %s has that key already: each needs its "
                          "own", row->name);
                return false;
            }
        }
    }
    return true;
}

/* Parses the list of prefixes of 'name' into 'prefixes'.  Returns false after
 * ctl_error(). */
static bool
read_prefixes(struct ctl_context *ctx, const char *name, struct svec *prefixes)
{
    const char *text = option(ctx, name);
    if (text) {
        char *copy = xstrdup(text);
        char *save = NULL;
        for (char *word = strtok_r(copy, ",", &save); word;
             word = strtok_r(NULL, ",", &save)) {
            svec_add(prefixes, word);
        }
        free(copy);
    }
    svec_sort_unique(prefixes);
    const char *prefix;
    size_t i;
    SVEC_FOR_EACH (i, prefix, prefixes) {
        if (!ctl_accepts(ctx, name_check_prefix(prefix))) {
            return false;
        }
    }
    if (text && !prefixes->n) {
        ctl_error(ctx, "%s=%s: there is no prefix", name, text);
        return false;
    }
    return true;
}

static void
set_key(const struct sdsa_vnf *row, const struct settings *s)
{
    const char *key = s->digest;
    sdsa_vnf_set_keys(row, &key, 1);
    sdsa_vnf_set_used(row, NULL, 0);
    sdsa_vnf_set_expires(row, s->expires);
}

static void
add_vnf(struct ctl_context *ctx, const char *tenant, const struct svec *urls,
        const struct svec *ciphers)
{
    struct settings s;
    if (!read_settings(ctx, &s) || !check_key_is_new(ctx, s.digest)) {
        return;
    }
    struct sdsa_vnf *row = sdsa_vnf_insert(ctx->txn);
    sdsa_vnf_set_name(row, ctx->argv[1]);
    sdsa_vnf_set_centre(row, AUC_NAME);
    set_key(row, &s);
    sdsa_vnf_set_reusable(row, ctl_has_option(ctx, "--reusable"));
    sdsa_vnf_set_tenant(row, tenant ? tenant : "");
    sdsa_vnf_set_url_prefixes(row, (const char **) urls->names, urls->n);
    sdsa_vnf_set_cipher_prefixes(row, (const char **) ciphers->names,
                                 ciphers->n);
}

static void
cmd_vnf_add(struct ctl_context *ctx)
{
    const char *vnf_id = ctx->argv[1];
    const char *tenant = option(ctx, "--tenant");
    if (!ctl_accepts(ctx, name_check_vnf_id(vnf_id))
        || (tenant && !ctl_accepts(ctx, name_check("tenant", tenant)))) {
        return;
    }
    const struct sdsa_vnf *row;
    SDSA_VNF_FOR_EACH (row, ctx->idl) {
        if (!strcasecmp(row->name, vnf_id)) {
            ctl_error(ctx, strcmp(row->name, vnf_id)
                      ? "VNF %s has that name already, but for capitals"
                      : "VNF %s exists already (\"sdsa-ctl vnf-token\" makes "
                        "another token)", row->name);
            return;
        }
    }
    struct svec urls = SVEC_EMPTY_INITIALIZER;
    struct svec ciphers = SVEC_EMPTY_INITIALIZER;
    if (read_prefixes(ctx, "--url", &urls)
        && read_prefixes(ctx, "--cipher", &ciphers)) {
        add_vnf(ctx, tenant, &urls, &ciphers);
    }
    svec_destroy(&urls);
    svec_destroy(&ciphers);
}

static void
cmd_vnf_token(struct ctl_context *ctx)
{
    const struct sdsa_vnf *row = ctl_get_vnf(ctx, ctx->argv[1]);
    struct settings s;
    if (row && read_settings(ctx, &s) && check_key_is_new(ctx, s.digest)) {
        set_key(row, &s);
        sdsa_vnf_set_reusable(row, ctl_has_option(ctx, "--reusable"));
    }
}

/* Makes every certificate of the VNF void. */
static void
release(struct ctl_context *ctx, const struct sdsa_vnf *vnf)
{
    const struct sdsa_registration *row = ctl_find_registration(ctx->idl,
                                                                vnf->name);
    if (row) {
        sdsa_registration_delete(row);
    }
    sdsa_vnf_set_enrolled(vnf, NULL, 0);
}

static void
cmd_vnf_release(struct ctl_context *ctx)
{
    const struct sdsa_vnf *row = ctl_get_vnf(ctx, ctx->argv[1]);
    if (row) {
        release(ctx, row);
    }
}

/* Puts the gateway of the VNF 'name' in quarantine if it has an address and a
 * URL of its own.  Without the VNF it would be one that does not register, for
 * which each certificate with its name is good, also those of the VNF. */
static void
quarantine_gateway(struct ctl_context *ctx, const char *name)
{
    const struct sdsa_gateway *row;
    SDSA_GATEWAY_FOR_EACH (row, ctx->idl) {
        if (!strcasecmp(row->vnf_id, name) && row->cipher_ip[0]
            && row->url[0] && !row->quarantined) {
            sdsa_gateway_set_quarantined(row, true);
            ds_put_format(&ctx->output, "gateway %s has an address of its "
                          "own, and stays: it is in quarantine now (\"gw-del "
                          "%s\", or \"gw-unquarantine %s\" when the VNF's "
                          "certificates have ended)\n", row->vnf_id,
                          row->vnf_id, row->vnf_id);
        }
    }
}

static void
cmd_vnf_del(struct ctl_context *ctx)
{
    const struct sdsa_vnf *row = ctl_get_vnf(ctx, ctx->argv[1]);
    if (row) {
        quarantine_gateway(ctx, row->name);
        release(ctx, row);
        sdsa_vnf_delete(row);
    }
}

/* vnf-quarantine and vnf-unquarantine. */
static void
cmd_vnf_quarantine(struct ctl_context *ctx)
{
    const struct sdsa_vnf *row = ctl_get_vnf(ctx, ctx->argv[1]);
    if (row) {
        sdsa_vnf_set_quarantined(row, !strcmp(ctx->argv[0],
                                              "vnf-quarantine"));
    }
}

static const char *
token_state(const struct sdsa_vnf *row)
{
    return (row->n_keys && row->n_used && !row->reusable ? "used"
            : row->expires && row->expires <= time_wall() ? "over"
            : row->reusable ? "reusable" : "unused");
}

static int
compare_vnfs(const void *a_, const void *b_)
{
    const struct sdsa_vnf *const *a = a_, *const *b = b_;
    return strcmp((*a)->name, (*b)->name);
}

static void
list_vnf(struct table *t, const struct sdsa_vnf *row,
         const struct sdsa_registration *reg)
{
    const char *state = (row->quarantined ? "quarantined"
                         : reg ? "registered"
                         : row->n_enrolled ? "enrolled" : "declared");
    ctl_add_cells(t, row->name, state, token_state(row), row->tenant,
                  reg ? reg->url : "", reg ? reg->cipher_ip : "",
                  smap_get_def(&row->status, "reason", ""), NULL);
}

static void
cmd_vnf_list(struct ctl_context *ctx)
{
    struct table *t = ctl_new_table(ctx, "name", "state", "token", "tenant",
                                    "url", "cipher_ip", "last_refusal", NULL);
    const struct sdsa_vnf *row;
    const struct sdsa_vnf **rows = NULL;
    size_t n = 0, allocated = 0;
    SDSA_VNF_FOR_EACH (row, ctx->idl) {
        if (n >= allocated) {
            rows = x2nrealloc(rows, &allocated, sizeof *rows);
        }
        rows[n++] = row;
    }
    if (n) {
        qsort(rows, n, sizeof *rows, compare_vnfs);
    }
    for (size_t i = 0; i < n; i++) {
        list_vnf(t, rows[i], ctl_find_registration(ctx->idl, rows[i]->name));
    }
    free(rows);
}

#define TOKEN "--expires=,--key=,--reusable,--token-file="

const struct ctl_command_syntax sdsa_ctl_vnf_commands[] = {
    {"auc-set", 2, 2, "HOST:PORT FILE\twhere the authentication centre is, "
     "and its CA", NULL, cmd_auc_set, NULL, "", RW},
    {"vnf-add", 1, 1, "VNF-ID\tprints the VNF's token, once", NULL,
     cmd_vnf_add, post_token, TOKEN ",--tenant=,--url=,--cipher=", RW},
    {"vnf-token", 1, 1, "VNF-ID\tanother token, in place of the old one",
     NULL, cmd_vnf_token, post_token, TOKEN, RW},
    {"vnf-del", 1, 1, "VNF-ID", NULL, cmd_vnf_del, NULL, "--if-exists", RW},
    {"vnf-release", 1, 1, "VNF-ID\tlet another instance register", NULL,
     cmd_vnf_release, NULL, "", RW},
    {"vnf-quarantine", 1, 1, "VNF-ID\tput it out at once, and keep it out",
     NULL, cmd_vnf_quarantine, NULL, "", RW},
    {"vnf-unquarantine", 1, 1, "VNF-ID", NULL, cmd_vnf_quarantine, NULL, "",
     RW},
    {"vnf-list", 0, 0, "", NULL, cmd_vnf_list, NULL, "", RO},
    {NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, RO},
};
