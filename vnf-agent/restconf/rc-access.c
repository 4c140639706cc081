/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "vnf-agent/restconf/rc-access.h"

#include <string.h>

#include "lib/name.h"
#include "simap.h"
#include "util.h"
#include "vnf-agent/restconf/rc-path.h"

#define IKELESS "ietf-i2nsf-ikeless:ipsec-ikeless"

struct rc_access {
    char *writer;
    struct simap readers;       /* Rights by name. */
};

/* Returns the rights that 'nodes' names ('+' between them), or 0 if one of
 * them is none. */
static unsigned int
parse_nodes(char *nodes)
{
    static const struct {
        const char *name;
        unsigned int rights;
    } names[] = {
        { "state", RC_RIGHT_STATE }, { "sad", RC_RIGHT_SAD },
        { "spd", RC_RIGHT_SPD },
        { "all", RC_RIGHT_STATE | RC_RIGHT_SAD | RC_RIGHT_SPD },
    };
    unsigned int rights = 0;
    char *save = NULL;

    for (char *node = strtok_r(nodes, "+", &save); node;
         node = strtok_r(NULL, "+", &save)) {
        unsigned int right = 0;
        for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
            right |= strcmp(node, names[i].name) ? 0 : names[i].rights;
        }
        if (!right) {
            return 0;
        }
        rights |= right;
    }
    return rights;
}

static char *
parse_reader(struct rc_access *access, char *text)
{
    char *equals = strchr(text, '=');
    if (!equals) {
        return xasprintf("\"%s\": write NAME=NODE, where NODE is state, sad, "
                         "spd or all, or several with \"+\"", text);
    }
    *equals = '\0';
    char *error = name_check("reader", text);
    if (error) {
        return error;
    } else if (simap_contains(&access->readers, text)) {
        return xasprintf("%s is there twice", text);
    }
    unsigned int rights = parse_nodes(equals + 1);
    if (!rights) {
        return xasprintf("%s may see state, sad, spd or all, or several of "
                         "them with \"+\" between", text);
    }
    simap_put(&access->readers, text, rights);
    return NULL;
}

char *
rc_access_create(const char *writer, const char *readers,
                 struct rc_access **accessp)
{
    struct rc_access *access = xzalloc(sizeof *access);
    char *list = xstrdup(readers ? readers : "");
    char *save = NULL, *error = NULL;

    access->writer = xstrdup(writer);
    simap_init(&access->readers);
    for (char *reader = strtok_r(list, ",", &save); reader && !error;
         reader = strtok_r(NULL, ",", &save)) {
        error = parse_reader(access, reader);
    }
    free(list);
    if (error) {
        rc_access_destroy(access);
        access = NULL;
    }
    *accessp = access;
    return error;
}

void
rc_access_destroy(struct rc_access *access)
{
    if (access) {
        simap_destroy(&access->readers);
        free(access->writer);
        free(access);
    }
}

const char *
rc_access_writer(const struct rc_access *access)
{
    return access->writer;
}

unsigned int
rc_access_rights(const struct rc_access *access, const char *name)
{
    return (!strcmp(name, access->writer) ? RC_RIGHT_ANY
            : simap_get(&access->readers, name));
}

/* Returns the rights of which one is needed for the top-level node 'name' of
 * 'module': what is not named here is the writer's. */
static unsigned int
needed_for_top(const char *module, const char *name)
{
    static const struct {
        const char *module, *name;
        unsigned int needed;
    } tops[] = {
        { "ietf-i2nsf-ikeless", "ipsec-ikeless",
          RC_RIGHT_SAD | RC_RIGHT_SPD },
        { "sdsa-agent", "sdsa-agent", RC_RIGHT_STATE },
        { "ietf-yang-library", "yang-library", RC_RIGHT_ANY },
        { "ietf-yang-library", "modules-state", RC_RIGHT_ANY },
        { "ietf-restconf-monitoring", "restconf-state", RC_RIGHT_ANY },
    };
    for (size_t i = 0; i < ARRAY_SIZE(tops); i++) {
        if (!strcmp(module, tops[i].module) && !strcmp(name, tops[i].name)) {
            return tops[i].needed;
        }
    }
    return RC_RIGHT_WRITER;
}

/* Returns the right that is needed for the child 'name' of ipsec-ikeless. */
static unsigned int
needed_for_ikeless(const char *name)
{
    return (!strcmp(name, "sad") ? RC_RIGHT_SAD
            : !strcmp(name, "spd") ? RC_RIGHT_SPD : RC_RIGHT_WRITER);
}

unsigned int
rc_access_needed(const struct rc_path *path)
{
    const struct rc_segment *s = path->segments;
    return (!path->n ? RC_RIGHT_ANY
            : path->n > 1 && !strcmp(s[0].name, "ipsec-ikeless")
            ? needed_for_ikeless(s[1].name)
            : needed_for_top(s[0].module ? s[0].module : "", s[0].name));
}

void
rc_access_filter(unsigned int rights, json_t *data)
{
    const char *key;
    json_t *value;
    void *next;

    json_object_foreach_safe (data, next, key, value) {
        size_t n = strcspn(key, ":");
        char *module = xmemdup0(key, n);
        if (!(rights & needed_for_top(module, key + n + (key[n] == ':')))) {
            json_object_del(data, key);
        }
        free(module);
    }
    json_t *ikeless = json_object_get(data, IKELESS);
    json_object_foreach_safe (ikeless, next, key, value) {
        if (!(rights & needed_for_ikeless(key))) {
            json_object_del(ikeless, key);
        }
    }
}
