/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "vnf-agent/rc-read.h"

#include "util.h"
#include "vnf-agent/rc-error.h"
#include "vnf-agent/rc-path.h"
#include "vnf-agent/state.h"
#include "vnf-agent/yang-schema.h"

/* The containers of the top. */

static json_t *
get_ikeless(const struct rc_source *source, const struct rc_path *path,
            enum datastore_content content)
{
    /* One SA of thousands is often asked for. */
    const struct rc_segment *s = path->segments;
    const char *sad_name = (path->n > 2 && !strcmp(s[1].name, "sad")
                            && s[2].n_keys == 1 ? s[2].keys[0] : NULL);
    return datastore_get_ikeless(source->datastore, content, sad_name);
}

static json_t *
get_agent(const struct rc_source *source,
          const struct rc_path *path OVS_UNUSED,
          enum datastore_content content)
{
    json_t *json = json_object();
    if (content != CONTENT_NONCONFIG) {
        json_t *lease = datastore_get_lease(source->datastore);
        if (lease) {
            json_object_set_new(json, "lease", lease);
        }
    }
    if (content != CONTENT_CONFIG) {
        json_object_set_new(json, "state",
                            agent_state_get(source->backend,
                                            source->backend_config));
    }
    return json;
}

static json_t *
get_library(const struct rc_source *source,
            const struct rc_path *path OVS_UNUSED,
            enum datastore_content content)
{
    json_t *library = NULL;
    if (content != CONTENT_CONFIG) {
        json_t *all = yang_schema_library(source->schema);
        library = json_incref(json_object_get(
            all, "ietf-yang-library:yang-library"));
        json_decref(all);
    }
    return library ? library : json_object();
}

static const struct top {
    const char *module, *name;
    json_t *(*get)(const struct rc_source *, const struct rc_path *,
                   enum datastore_content);
} tops[] = {
    { "ietf-i2nsf-ikeless", "ipsec-ikeless", get_ikeless },
    { "sdsa-agent", "sdsa-agent", get_agent },
    { "ietf-yang-library", "yang-library", get_library },
};

/* What RFC 8040 s.9.1 wants; its module is not among those that we load. */
static json_t *
get_restconf_state(void)
{
    return json_pack(
        "{s:{s:{s:[s, s]}}}", "ietf-restconf-monitoring:restconf-state",
        "capabilities", "capability",
        "urn:ietf:params:restconf:capability:defaults:1.0?basic-mode=explicit",
        "urn:ietf:params:restconf:capability:yang-patch:1.0");
}

/* Walking. */

static struct rc_error *
not_found(const struct rc_segment *segment)
{
    return rc_error_format(404, "invalid-value", "there is no %s%s%s here",
                           segment->name, segment->n_keys ? " " : "",
                           segment->n_keys ? segment->keys[0] : "");
}

static bool
key_is(const json_t *value, const char *key)
{
    if (json_is_integer(value)) {
        char text[24];
        snprintf(text, sizeof text, "%"JSON_INTEGER_FORMAT,
                 json_integer_value(value));
        return !strcmp(text, key);
    }
    return json_is_string(value) && !strcmp(json_string_value(value), key);
}

/* The entry of 'list' that the keys of 'segment' name, or NULL. */
static json_t *
find_entry(const struct lysc_node *node, const struct rc_segment *segment,
           const json_t *list)
{
    json_t *entry;
    size_t i;

    json_array_foreach (list, i, entry) {
        bool match = true;
        for (size_t j = 0; match && j < segment->n_keys; j++) {
            match = key_is(json_object_get(entry, yang_node_key(node, j)),
                           segment->keys[j]);
        }
        if (match) {
            return entry;
        }
    }
    return NULL;
}

/* One step from '*node' and '*json' (borrowed) to what 'segment' names.
 * '*whole' says whether that is a list as such. */
static struct rc_error *
step(const struct yang_schema *schema, const struct rc_segment *segment,
     const struct lysc_node **node, json_t **json, bool *whole)
{
    if (*whole) {
        return rc_error_format(400, "invalid-value",
                               "before %s there is a list without its keys",
                               segment->name);
    }
    const struct lysc_node *child = yang_schema_child(
        schema, *node, segment->module, segment->name);
    if (!child) {
        return not_found(segment);
    }

    char *name = yang_node_json_name(child, false);
    json_t *value = json_object_get(*json, name);
    free(name);
    if (segment->has_keys) {
        if (!segment->n_keys || !yang_node_key(child, segment->n_keys - 1)
            || yang_node_key(child, segment->n_keys)) {
            return rc_error_format(400, "invalid-value",
                                   "wrong number of keys for %s",
                                   segment->name);
        }
        value = find_entry(child, segment, value);
    }
    *whole = !segment->has_keys && yang_node_key(child, 0);
    *node = child;
    *json = value;
    return value ? NULL : not_found(segment);
}

static struct rc_error *
walk(const struct yang_schema *schema, const struct rc_path *path,
     json_t *all, json_t **valuep)
{
    const struct lysc_node *node = NULL;
    json_t *json = all;
    bool whole = false;

    for (size_t i = 0; i < path->n; i++) {
        struct rc_error *error = step(schema, &path->segments[i], &node,
                                      &json, &whole);
        if (error) {
            return error;
        }
    }
    char *name = yang_node_json_name(node, true);
    *valuep = (path->segments[path->n - 1].has_keys
               ? json_pack("{s:[O]}", name, json)
               : json_pack("{s:O}", name, json));
    free(name);
    return NULL;
}

static json_t *
read_all(const struct rc_source *source, const struct rc_path *path,
         enum datastore_content content)
{
    json_t *data = json_object();
    for (size_t i = 0; i < ARRAY_SIZE(tops); i++) {
        char *name = xasprintf("%s:%s", tops[i].module, tops[i].name);
        json_object_set_new(data, name, tops[i].get(source, path, content));
        free(name);
    }
    if (content != CONTENT_CONFIG) {
        json_t *state = get_restconf_state();
        json_object_update(data, state);
        json_decref(state);
    }
    return json_pack("{s:o}", "ietf-restconf:data", data);
}

struct rc_error *
rc_read(const struct rc_source *source, const struct rc_path *path,
        enum datastore_content content, json_t **valuep)
{
    const struct rc_segment *first = path->segments;

    *valuep = NULL;
    if (!path->n) {
        *valuep = read_all(source, path, content);
        return NULL;
    }
    if (path->n == 1 && content != CONTENT_CONFIG
        && rc_segment_is(first, true, "ietf-restconf-monitoring",
                         "restconf-state")) {
        *valuep = get_restconf_state();
        return NULL;
    }
    for (size_t i = 0; i < ARRAY_SIZE(tops); i++) {
        const struct top *top = &tops[i];
        if (rc_segment_is(first, true, top->module, top->name)) {
            char *name = xasprintf("%s:%s", top->module, top->name);
            json_t *all = json_pack("{s:o}", name,
                                    top->get(source, path, content));
            struct rc_error *error = walk(source->schema, path, all, valuep);
            json_decref(all);
            free(name);
            return error;
        }
    }
    return not_found(first);
}
