/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "tests/fuzz/fuzz-agent.h"

#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "lib/https/https-request.h"
#include "lib/secret.h"
#include "tests/fuzz/fuzz-request.h"
#include "tests/fuzz/fuzz-store.h"
#include "tests/fuzz/fuzz.h"
#include "vnf-agent/datastore/datastore.h"
#include "vnf-agent/restconf/rc-access.h"
#include "vnf-agent/restconf/rc-events.h"
#include "vnf-agent/restconf/restconf.h"
#include "vnf-agent/yang/yang-schema.h"

static struct fuzz_agent_config config;
static struct yang_schema *schema;
static struct fuzz_store store;
static struct rc_source source;
static struct restconf *rc;

void
fuzz_agent_init(const struct fuzz_agent_config *config_)
{
    static struct backend_config backend_config = {
        .name = "gw1", .plain_port = "plain", .cipher_port = "cipher",
    };
    const char *dir = getenv("SDSA_YANGDIR");

    fuzz_init();
    config = *config_;
    char *error = yang_schema_create(dir ? dir : "yang", &schema);
    if (error) {
        ovs_fatal(0, "%s", error);
    }
    fuzz_store_init(&store, schema);
    backend_config.own_ips = store.own_ips;
    source = (struct rc_source) {
        .backend = &store.backend.up,
        .backend_config = &backend_config,
        .schema = schema,
    };
    struct rc_access *access;
    error = rc_access_create(FUZZ_PEER, NULL, &access);
    ovs_assert(!error);
    rc = restconf_create(&source, rc_events_create(), access);
}

const struct yang_schema *
fuzz_agent_schema(void)
{
    return schema;
}

/* Keys that no input knows. */

#define MAX_KEYS 16
#define MIN_DIGITS 16           /* So many are not there by chance. */

struct keys {
    char *text[MAX_KEYS];
    size_t n;
};

/* Replaces the hex digits in the JSON string of 'size' octets at 's', which
 * ends there. */
static void
replace_key(char *s, size_t size, uint32_t *seed, struct keys *keys)
{
    static const char digits[] = "0123456789abcdef";
    size_t n_digits = 0;

    for (size_t i = 0; i < size; i++) {
        if (isxdigit((unsigned char) s[i])) {
            *seed = hash_add(*seed, i);
            s[i] = digits[hash_finish(*seed, n_digits++) & 15];
        }
    }
    if (n_digits >= MIN_DIGITS && keys->n < MAX_KEYS
        && !memchr(s, '\\', size) && !memchr(s, 0, size)) {
        keys->text[keys->n++] = xmemdup0(s, size);
    }
}

/* Replaces the digits of all strings "key" in the body. */
static void
replace_keys(char *body, size_t size, struct keys *keys)
{
    static const char name[] = "\"key\":\"";
    const char *end = body + size;
    uint32_t seed = hash_bytes(body, size, 0);
    char *p = body;

    while ((p = memmem(p, end - p, name, strlen(name)))) {
        p += strlen(name);
        size_t n = 0;
        while (p + n < end && p[n] != '"') {
            n += p[n] == '\\' ? 2 : 1;
        }
        if (p + n > end) {
            break;
        }
        replace_key(p, n, &seed, keys);
        p += n;
    }
}

/* Drops the keys that the input holds after all: libFuzzer sees what we seek,
 * and puts it where a name stands, which the agent may repeat. */
static void
drop_known_keys(struct keys *keys, const uint8_t *data, size_t size)
{
    size_t n = 0;

    for (size_t i = 0; i < keys->n; i++) {
        char *key = keys->text[i];
        if (memmem(data, size, key, strlen(key))) {
            free(key);
        } else {
            keys->text[n++] = key;
        }
    }
    keys->n = n;
}

static void
check_no_keys(const struct keys *keys, const char *text)
{
    for (size_t i = 0; i < keys->n; i++) {
        if (strstr(text, keys->text[i])) {
            ovs_abort(0, "the key %s is in %s", keys->text[i], text);
        }
    }
}

static void
keys_destroy(struct keys *keys)
{
    for (size_t i = 0; i < keys->n; i++) {
        free(keys->text[i]);
    }
}

/* One request. */

static void
handle(struct https_request *req)
{
    source.datastore = store.datastore;
    fuzz_store_set_fault(&store, req->fault);
    restconf_admit(req, rc);
    if (!req->status) {
        restconf_handle(req, rc);
    }
    fuzz_store_set_fault(&store, 0);
}

static void
check_reply(const struct https_request *req, const struct keys *keys)
{
    json_error_t error;

    FUZZ_CHECK(req->status);
    FUZZ_CHECK(req->status != 500 || req->fault);
    check_no_keys(keys, req->reply);
    check_no_keys(keys, ds_cstr_ro(&req->reply_headers));
    FUZZ_CHECK(strlen(req->reply) == req->reply_size);
    if (req->reply_size && req->reply[0] != '<') {
        json_t *json = json_loadb(req->reply, req->reply_size,
                                  JSON_REJECT_DUPLICATES, &error);
        FUZZ_CHECK(json_object_size(json) == 1);
        FUZZ_CHECK(req->status < 400
                   || json_object_get(json, "ietf-restconf:errors")
                   || json_object_get(json,
                                      "ietf-yang-patch:yang-patch-status"));
        json_decref(json);
    } else {
        FUZZ_CHECK(req->status < 400);
    }
}

/* Has the agent answer a request of ours. */
static void
handle_own(const char *method, const char *target, const json_t *body,
           struct https_request *req)
{
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    char *line = xasprintf("%s %s\n\n%s", method, target, text ? text : "");

    FUZZ_CHECK(fuzz_request_init(req, (const uint8_t *) line, strlen(line)));
    req->content_type = "application/yang-data+json";
    handle(req);
    free(line);
    wiping_free(text);
}

/* After a change. */
static void
check_changed(const struct keys *keys)
{
    static const char resource[]
        = "/restconf/data/ietf-i2nsf-ikeless:ipsec-ikeless";
    uint64_t generation = datastore_generation(store.datastore);
    json_t *content = fuzz_store_check_agreement(&store);
    json_t *lease = datastore_get_lease(store.datastore);
    struct https_request req;

    handle_own("GET", "/restconf/data", NULL, &req);
    FUZZ_CHECK(req.status == 200);
    check_no_keys(keys, req.reply);
    fuzz_request_uninit(&req);

    if (!lease) {
        /* What is there is put there again: nothing new. */
        json_t *body = json_pack("{s:O}", "ietf-i2nsf-ikeless:ipsec-ikeless",
                                 content);
        handle_own("PUT", resource, body, &req);
        FUZZ_CHECK(req.status == 201 || req.status == 204);
        FUZZ_CHECK(datastore_generation(store.datastore) == generation);
        fuzz_request_uninit(&req);
        json_decref(body);
    }
    json_decref(lease);
    json_decref(content);
}

static bool
is_success(const struct https_request *req)
{
    return req->status < 300;
}

/* Checks that what the request did is what was answered, and takes it back. */
static void
check_store(const struct https_request *req, const struct keys *keys)
{
    bool changed = fuzz_store_has_changed(&store);

    FUZZ_CHECK(!changed || is_success(req));
    if (changed) {
        FUZZ_CHECK(!req->fault || !store.backend.n_refused);
        check_changed(keys);
        fuzz_store_reset(&store);
        return;
    }
    fuzz_store_check_unchanged(&store);
    if (store.backend.n_refused) {
        /* Was it in doubt?  Then nothing is found that differs. */
        datastore_run(store.datastore);
        json_decref(fuzz_store_check_agreement(&store));
        fuzz_store_reset(&store);
    }
}

void
fuzz_agent_handle(const uint8_t *data, size_t size)
{
    struct https_request req;
    struct keys keys = { .n = 0 };

    if (fuzz_request_init(&req, data, size)
        && https_request_method(&req) & config.methods) {
        req.content_type = config.content_type;
        replace_keys(req.body, req.body_size, &keys);
        drop_known_keys(&keys, data, size);
        handle(&req);
        check_reply(&req, &keys);
        check_store(&req, &keys);
    }
    keys_destroy(&keys);
    fuzz_request_uninit(&req);
}
