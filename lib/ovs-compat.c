/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/ovs-compat.h"

#include <stddef.h>
#include <string.h>

/* The library's function, as lib/libopenvswitch-renamed.a names it. */
#define json_string ovs_json_string
#include "openvswitch/json.h"

#include "daemon.h"
#include "unixctl.h"
#include "util.h"

void
ovs_compat_daemonize_start(void)
{
#ifdef OVS_DAEMONIZES_WITH_PORTS
    daemonize_start(false, false);
#else
    daemonize_start(false);
#endif
}

#ifdef OVS_UNIXCTL_ANSWERS_JSON
/* Returns the string 'json', or NULL for NULL, and frees 'json'. */
static char *
take_string(struct json *json)
{
    char *s = nullable_xstrdup(json ? json_string(json) : NULL);
    json_destroy(json);
    return s;
}
#endif

int
ovs_compat_unixctl_ask(struct jsonrpc *client, const char *command,
                       char **resultp, char **errorp)
{
#ifdef OVS_UNIXCTL_ANSWERS_JSON
    struct json *result, *error;
    int retval = unixctl_client_transact(client, command, 0, NULL, &result,
                                         &error);
    *resultp = take_string(result);
    *errorp = take_string(error);
    return retval;
#else
    return unixctl_client_transact(client, command, 0, NULL, resultp, errorp);
#endif
}
