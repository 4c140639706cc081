/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "tests/fuzz/fuzz-mutate.h"

#include <jansson.h>
#include <string.h>

#include "lib/secret.h"
#include "tests/fuzz/fuzz.h"
#include "util.h"

/* Values and names that mean something somewhere. */
static const char *const agent_words[] = {
    "name", "reqid", "sdsa-agent:vlan", "sdsa-agent:outbound-spi",
    "ipsec-sa-config", "spi", "mode", "protocol-parameters", "ext-seq-num",
    "seq-overflow", "anti-replay-window-size", "traffic-selector",
    "local-prefix", "remote-prefix", "inner-protocol", "local-ports",
    "remote-ports", "start", "end", "esp-sa", "encryption", "integrity",
    "encryption-algorithm", "integrity-algorithm", "key", "iv",
    "sa-lifetime-hard", "sa-lifetime-soft", "time", "bytes", "packets", "idle",
    "action", "tunnel", "local", "remote", "df-bit", "bypass-dscp",
    "dscp-mapping", "ecn", "encapsulation-type", "espencap", "sport", "dport",
    "oaddr", "ipsec-sa-state", "direction", "ipsec-policy-config",
    "processing-info", "ipsec-sa-cfg", "esp-algorithms", "tfc-pad",
    "pfp-flag", "stateful-frag-check", "spd-mark", "mark", "mask",
    "inbound", "outbound", "transport", "protect", "bypass", "discard",
    "clear", "set", "copy", "any", "replace", "terminate-clear",
    "terminate-hold", "none", "epoch", "holder", "lease", "sad", "spd",
    "sad-entry", "spd-entry", "ietf-i2nsf-ikeless:ipsec-ikeless",
    "ietf-i2nsf-ikeless:sad", "ietf-i2nsf-ikeless:spd",
    "ietf-i2nsf-ikeless:sad-entry", "ietf-i2nsf-ikeless:spd-entry",
    "sdsa-agent:sdsa-agent", "sdsa-agent:lease", "sdsa-agent:epoch",
    "ietf-restconf:data", "edit-id", "operation", "target", "value", "where",
    "point", "patch-id", "edit", "comment", "create", "delete", "insert",
    "merge", "move", "remove", "first", "last", "before", "after",
    "10.0.0.0/8", "10.2.0.0/16", "2001:db8::/32", "192.0.2.1", "192.0.2.2",
    "i", "o", "p", "q", "1", "0", "5", "18446744073709551615", "",
    "/sad/sad-entry=i", "/spd/spd-entry=p", "/spd/spd-entry=q",
    "/ietf-i2nsf-ikeless:ipsec-ikeless/sad/sad-entry=i",
    "/ietf-i2nsf-ikeless:ipsec-ikeless/sad/sad-entry=o",
    "/ietf-i2nsf-ikeless:ipsec-ikeless/spd/spd-entry=p",
    "/ietf-i2nsf-ikeless:ipsec-ikeless/spd/spd-entry=q",
    "/sdsa-agent:sdsa-agent/lease", "/", "@name",
    "a1:b2:c3:d4:a1:b2:c3:d4:a1:b2:c3:d4:a1:b2:c3:d4:a1:b2:c3:d4",
};
static const char *const *words = agent_words;
static size_t n_words = ARRAY_SIZE(agent_words);

static const json_int_t numbers[] = {
    0, 1, 5, 12, 20, 28, 17, 255, 256, 300, 301, 302, 4094, 4095, 4096, 65535,
    65536, 4294967295, 4294967296, -1, 9223372036854775807,
};

#define MAX_NODES 512
#define MAX_DEPTH 64

/* A place of a value: the member 'name' of an object, or one of an array. */
struct place {
    json_t *parent;
    const char *name;
    size_t index;
    json_t *value;              /* Borrowed. */
};

struct mutation {
    unsigned int seed;
    struct place places[MAX_NODES];
    size_t n;
};

static unsigned int
pick(struct mutation *m, size_t n)
{
    m->seed = m->seed * 1103515245 + 12345;
    return (m->seed >> 8) % n;
}

static void
collect(struct mutation *m, json_t *json, int depth)
{
    const char *name;
    json_t *value;
    size_t i;

    if (depth > MAX_DEPTH) {
        return;
    }
    json_object_foreach (json, name, value) {
        if (m->n < MAX_NODES) {
            m->places[m->n++] = (struct place) { json, name, 0, value };
            collect(m, value, depth + 1);
        }
    }
    json_array_foreach (json, i, value) {
        if (m->n < MAX_NODES) {
            m->places[m->n++] = (struct place) { json, NULL, i, value };
            collect(m, value, depth + 1);
        }
    }
}

static const char *
random_word(struct mutation *m)
{
    return words[pick(m, n_words)];
}

static json_t *
random_value(struct mutation *m)
{
    char text[24];

    switch (pick(m, 8)) {
    case 0: return json_object();
    case 1: return json_array();
    case 2: return json_boolean(pick(m, 2));
    case 3: return json_null();
    case 4: return json_pack("{s:s}", random_word(m), random_word(m));
    case 5: return json_string(random_word(m));
    case 6:
        snprintf(text, sizeof text, "%"JSON_INTEGER_FORMAT,
                 numbers[pick(m, ARRAY_SIZE(numbers))]);
        return json_string(text);
    default: return json_integer(numbers[pick(m, ARRAY_SIZE(numbers))]);
    }
}

/* A value of the same type that differs. */
static json_t *
similar_value(struct mutation *m, const json_t *value)
{
    if (json_is_integer(value)) {
        return (pick(m, 2)
                ? json_integer(json_integer_value(value) ^ (1 << pick(m, 20)))
                : json_integer(numbers[pick(m, ARRAY_SIZE(numbers))]));
    } else if (json_is_string(value)) {
        return json_string(random_word(m));
    } else if (json_is_boolean(value)) {
        return json_boolean(!json_is_true(value));
    }
    return random_value(m);
}

static void
put(const struct place *place, json_t *value)
{
    if (place->name) {
        json_object_set_new(place->parent, place->name, value);
    } else {
        json_array_set_new(place->parent, place->index, value);
    }
}

static void
take_away(const struct place *place)
{
    if (place->name) {
        json_object_del(place->parent, place->name);
    } else {
        json_array_remove(place->parent, place->index);
    }
}

/* Adds 'value' to the container 'json'. */
static void
add(struct mutation *m, json_t *json, json_t *value)
{
    if (json_is_object(json)) {
        json_object_set_new(json, random_word(m), value);
    } else if (json_is_array(json)) {
        json_array_insert_new(json, pick(m, json_array_size(json) + 1),
                              value);
    } else {
        json_decref(value);
    }
}

/* Mutates one value below 'root'. */
static void
mutate_tree(struct mutation *m, json_t *root)
{
    m->n = 0;
    collect(m, root, 0);
    if (!m->n) {
        add(m, root, random_value(m));
        return;
    }
    const struct place *at = &m->places[pick(m, m->n)];
    const struct place *other = &m->places[pick(m, m->n)];
    json_t *copy;

    switch (pick(m, 8)) {
    case 0:
        put(at, random_value(m));
        break;
    case 1:
    case 2:
        put(at, similar_value(m, at->value));
        break;
    case 3:
        take_away(at);
        break;
    case 4:
        put(at, json_deep_copy(other->value));
        break;
    case 5:
        add(m, at->value, json_deep_copy(other->value));
        break;
    case 6:                     /* Doubled, or renamed. */
        copy = json_deep_copy(at->value);
        if (at->name && pick(m, 2)) {
            take_away(at);
        }
        add(m, at->parent, copy);
        break;
    default:
        add(m, at->value, random_value(m));
        break;
    }
}

void
fuzz_mutate_words(const char *const *new_words, size_t n)
{
    words = new_words;
    n_words = n;
}

/* Where the body begins. */
static size_t
head_size(const uint8_t *data, size_t size)
{
    const uint8_t *p = memmem(data, size, "\n\n", 2);
    return p ? p + 2 - data : size;
}

size_t
fuzz_mutate(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
    struct mutation m = { .seed = seed };
    size_t offset = head_size(data, size);
    json_t *json = (pick(&m, 4)
                    ? json_loadb((const char *) data + offset, size - offset,
                                 0, NULL)
                    : NULL);

    if (!json) {
        return LLVMFuzzerMutate(data, size, max_size);
    }
    for (unsigned int n = pick(&m, 3) + 1; n; n--) {
        mutate_tree(&m, json);
    }
    if (!pick(&m, 8)) {
        offset = LLVMFuzzerMutate(data, offset, MIN(max_size, offset + 64));
    }
    char *text = json_dumps(json, JSON_COMPACT);
    size_t text_size = text ? strlen(text) : 0;
    json_decref(json);
    if (text && offset + text_size <= max_size) {
        memcpy(data + offset, text, text_size);
        size = offset + text_size;
    } else {
        size = LLVMFuzzerMutate(data, MIN(size, max_size), max_size);
    }
    wiping_free(text);
    return size;
}
