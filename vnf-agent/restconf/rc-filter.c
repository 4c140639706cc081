/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "vnf-agent/restconf/rc-filter.h"

#include <libyang/libyang.h>

#include "util.h"
#include "vnf-agent/restconf/rc-query.h"
#include "vnf-agent/yang/yang-error.h"
#include "vnf-agent/yang/yang-schema.h"

struct yang_error *
rc_filter_check(const struct yang_schema *schema, const struct lysc_node *node,
                const struct rc_fields *fields)
{
    for (; fields; fields = fields->next) {
        const struct lysc_node *child = yang_schema_child(
            schema, node, fields->module, fields->name);
        if (!child) {
            return yang_error_format(YANG_INVALID_VALUE,
                                     "query parameter fields: there is no "
                                     "node %s there", fields->name);
        }
        struct yang_error *error = rc_filter_check(schema, child,
                                                   fields->children);
        if (error) {
            return error;
        }
    }
    return NULL;
}

static const struct rc_fields *
find_field(const struct rc_fields *fields, const struct lysc_node *node)
{
    for (; fields; fields = fields->next) {
        if (!strcmp(fields->name, node->name)
            && (!fields->module
                || !strcmp(fields->module, node->module->name))) {
            return fields;
        }
    }
    return NULL;
}

static json_t *
filter_object(const struct yang_schema *schema, const struct lysc_node *node,
              json_t *object, const struct rc_fields *fields, int depth)
{
    json_t *out = json_object();
    const char *name;
    json_t *value;

    json_object_foreach (object, name, value) {
        const struct lysc_node *child = yang_schema_member(
            schema, node, name[0] == '@' ? name + 1 : name);
        bool is_key = child && lysc_is_key(child);
        const struct rc_fields *field = (fields && child
                                         ? find_field(fields, child) : NULL);
        if (!child || (!is_key && ((fields && !field) || depth <= 1))) {
            continue;
        }
        json_object_set_new(out, name,
                            (name[0] == '@' ? json_incref(value)
                             : rc_filter(schema, child, value,
                                         field ? field->children : NULL,
                                         depth - 1)));
    }
    return out;
}

json_t *
rc_filter(const struct yang_schema *schema, const struct lysc_node *node,
          json_t *value, const struct rc_fields *fields, int depth)
{
    if (json_is_object(value)) {
        return filter_object(schema, node, value, fields, depth);
    }
    if (json_is_array(value) && node && node->nodetype == LYS_LIST) {
        json_t *out = json_array();
        json_t *entry;
        size_t i;
        json_array_foreach (value, i, entry) {
            json_array_append_new(out, filter_object(schema, node, entry,
                                                     fields, depth));
        }
        return out;
    }
    return json_incref(value);
}
