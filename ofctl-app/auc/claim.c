/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/auc/claim.h"

#include <jansson.h>
#include <string.h>

#include "lib/address.h"
#include "lib/name.h"
#include "lib/secret.h"
#include "packets.h"
#include "util.h"
#include "uuid.h"

#define MAX_TEXT 64             /* Octets of "version". */

/* Members.  Each parser returns NULL and the text in '*textp', or a message;
 * caller frees both. */

static char *
parse_uuid(const char *text, char **textp)
{
    struct uuid uuid;
    if (!uuid_from_string(&uuid, text)) {
        return xstrdup("must be a UUID");
    }
    *textp = xasprintf(UUID_FMT, UUID_ARGS(&uuid));
    return NULL;
}

static char *
parse_ip(const char *text, char **textp)
{
    struct in6_addr ip;
    char *error = name_parse_ip(text, &ip);
    *textp = error ? NULL : address_format(&ip);
    return error;
}

static char *
parse_mac(const char *text, char **textp)
{
    struct eth_addr mac;
    char *error = name_parse_mac(text, &mac);
    *textp = error ? NULL : xasprintf(ETH_ADDR_FMT, ETH_ADDR_ARGS(mac));
    return error;
}

static char *
parse_backend(const char *text, char **textp)
{
    char *error = name_check("backend", text);
    *textp = error ? NULL : xstrdup(text);
    return error;
}

static char *
parse_version(const char *text, char **textp)
{
    for (const char *c = text; *c; c++) {
        if (*c < 0x20 || *c >= 0x7f || c - text >= MAX_TEXT) {
            return xasprintf("must be at most %d printable characters",
                             MAX_TEXT);
        }
    }
    *textp = xstrdup(text);
    return NULL;
}

static const struct {
    const char *name;
    char *(*parse)(const char *text, char **textp);
    size_t offset;              /* In struct claim. */
    bool mandatory;
} members[] = {
    { "instance", parse_uuid, offsetof(struct claim, instance), true },
    { "boot-id", parse_uuid, offsetof(struct claim, boot_id), false },
    { "url", name_parse_url, offsetof(struct claim, url), true },
    { "cipher-address", parse_ip, offsetof(struct claim, cipher_ip), true },
    { "plain-mac", parse_mac, offsetof(struct claim, plain_mac), false },
    { "cipher-mac", parse_mac, offsetof(struct claim, cipher_mac), false },
    { "backend", parse_backend, offsetof(struct claim, backend), false },
    { "version", parse_version, offsetof(struct claim, version), false },
};

static char **
member(struct claim *claim, size_t i)
{
    return ALIGNED_CAST(char **, (char *) claim + members[i].offset);
}

static char *
parse_keying(const json_t *value, struct svec *keying)
{
    static const char *const known[] = { "sa", "dh", "ike" };
    size_t i;
    const json_t *item;
    if (!json_is_array(value)) {
        return xstrdup("\"keying\" must be an array");
    }
    json_array_foreach (value, i, item) {
        const char *text = json_string_value(item);
        bool ok = false;
        for (size_t j = 0; text && j < ARRAY_SIZE(known); j++) {
            ok = ok || !strcmp(text, known[j]);
        }
        if (!ok || i >= ARRAY_SIZE(known)) {
            return xstrdup("\"keying\": each must be one of sa, dh and ike");
        }
        svec_add(keying, text);
    }
    svec_sort_unique(keying);
    return NULL;
}

/* Parses the member 'name'.  Returns NULL or a message. */
static char *
parse_member(struct claim *claim, const char *name, const json_t *value)
{
    if (!strcmp(name, "keying")) {
        return parse_keying(value, &claim->keying);
    }
    for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
        if (!strcmp(name, members[i].name)) {
            const char *text = json_string_value(value);
            char *why = (text ? members[i].parse(text, member(claim, i))
                         : xstrdup("must be a string"));
            char *error = why ? xasprintf("\"%s\": %s", name, why) : NULL;
            free(why);
            return error;
        }
    }
    return xstrdup("there is a member that no registration has");
}

static char *
parse_members(struct claim *claim, json_t *object)
{
    const char *name;
    json_t *value;
    json_object_foreach (object, name, value) {
        char *error = parse_member(claim, name, value);
        if (error) {
            return error;
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
        char **textp = member(claim, i);
        if (!*textp && members[i].mandatory) {
            return xasprintf("\"%s\" is missing", members[i].name);
        }
        *textp = *textp ? *textp : xstrdup("");
    }
    return NULL;
}

char *
claim_parse(const char *body, size_t size, struct claim *claim)
{
    *claim = (struct claim) { .keying = SVEC_EMPTY_INITIALIZER };
    json_t *json = json_loadb(body, size, JSON_REJECT_DUPLICATES, NULL);
    json_t *object = json_object_get(json, "sdsa-auc:registration");
    char *error = (json_is_object(object) && json_object_size(json) == 1
                   ? parse_members(claim, object)
                   : xstrdup("the body must be JSON: an object "
                             "\"sdsa-auc:registration\""));
    json_decref(json);
    if (error) {
        claim_uninit(claim);
    }
    return error;
}

void
claim_uninit(struct claim *claim)
{
    for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
        free(*member(claim, i));
    }
    svec_destroy(&claim->keying);
}

/* Context. */

char *
claim_check_context(const struct claim *claim,
                    const struct claim_context *context)
{
    struct in6_addr url, cipher, from;
    if (!address_parse_host(claim->url, &url)) {
        return xasprintf("%s: the URL must have an IP address, for a VNF to "
                         "be proven to be there", claim->url);
    }
    if (context->n_url_prefixes
        ? !address_in_any(&url, context->url_prefixes, context->n_url_prefixes)
        : (!address_parse_host(context->source, &from)
           || !ipv6_addr_equals(&url, &from))) {
        return xasprintf("%s: VNF %s may not be there (%s)", claim->url,
                         context->name, context->n_url_prefixes
                         ? "\"--url\" of \"sdsa-ctl vnf-add\" says where"
                         : "it must be the address that the registration "
                           "comes from, unless \"sdsa-ctl vnf-add --url\" "
                           "allows others");
    }
    if (context->n_cipher_prefixes
        && !(address_parse_host(claim->cipher_ip, &cipher)
             && address_in_any(&cipher, context->cipher_prefixes,
                               context->n_cipher_prefixes))) {
        return xasprintf("%s: VNF %s may not have this cipher address "
                         "(\"--cipher\" of \"sdsa-ctl vnf-add\" says which)",
                         claim->cipher_ip, context->name);
    }
    return NULL;
}

char *
claim_format_state(const char *state, const char *reason)
{
    json_t *json = json_pack("{s:{s:s,s:s*}}", "sdsa-auc:registration",
                             "state", state, "reason", reason);
    char *text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    return text ? text : wiping_strdup("{}");
}
