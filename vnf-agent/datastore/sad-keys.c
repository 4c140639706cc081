/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "vnf-agent/datastore/sad-keys.h"

#include <string.h>

#include "lib/secret.h"
#include "util.h"
#include "vnf-agent/datastore/sad-spd.h"
#include "vnf-agent/yang/yang-error.h"

static json_t *
esp_sa(const json_t *entry)
{
    return json_object_get(json_object_get(entry, "ipsec-sa-config"),
                           "esp-sa");
}

static void
wipe_string(json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    const char *s = json_string_value(value);
    if (s) {
        char placeholder[] = "00";
        json_string_set(value, placeholder);
    }
}

void
sad_keys_destroy(struct sad_keys *keys)
{
    secret_destroy(keys->encryption);
    secret_destroy(keys->integrity);
    *keys = (struct sad_keys) { .encryption = NULL };
}

/* Moves the key from the container 'name' of the entry's esp-sa to '*keyp'. */
static struct yang_error *
pop_key(json_t *entry, const char *name, struct secret **keyp)
{
    json_t *container = json_object_get(esp_sa(entry), name);
    const json_t *key = json_object_get(container, "key");
    const char *hex = json_string_value(key);

    *keyp = hex ? secret_from_hex(hex, strlen(hex)) : NULL;
    wipe_string(container, "key");
    if (key && !*keyp) {
        char *leaf = xasprintf("ipsec-sa-config/esp-sa/%s/key", name);
        struct yang_error *error
            = sad_spd_refuse("sad-entry", entry, leaf, "must be a string of "
                             "hex octets joined by colons");

        free(leaf);
        return error;
    }
    return NULL;
}

struct yang_error *
sad_keys_pop(json_t *entry, struct sad_keys *keys)
{
    *keys = (struct sad_keys) { .encryption = NULL };
    wipe_string(json_object_get(esp_sa(entry), "encryption"), "iv");

    struct yang_error *error = pop_key(entry, "encryption",
                                       &keys->encryption);
    struct yang_error *other = pop_key(entry, "integrity", &keys->integrity);
    if (error) {
        yang_error_destroy(other);
    }
    error = error ? error : other;
    if (error) {
        sad_keys_destroy(keys);
    }
    return error;
}

void
sad_keys_strip(json_t *entry)
{
    json_t *encryption = json_object_get(esp_sa(entry), "encryption");
    json_object_del(encryption, "key");
    json_object_del(encryption, "iv");
    json_object_del(json_object_get(esp_sa(entry), "integrity"), "key");
}
