/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_RESTCONF_CLIENT_PRIVATE_H
#define SDSA_RESTCONF_CLIENT_PRIVATE_H 1

/* What a session gives its event stream. */

#include <curl/curl.h>

struct restconf_client;

/* Sets all options of a transfer from 'url' that prove both ends.  The
 * transfer must end before the session does. */
void restconf_client_set_up(struct restconf_client *, CURL *,
                            const char *url);

/* Returns the URL of 'path' at the server, not below its root of resources.
 * Caller frees. */
char *restconf_client_url(const struct restconf_client *, const char *path);

/* Returns the server's name.  It lives as long as the session. */
const char *restconf_client_name(const struct restconf_client *);

#endif /* lib/restconf/restconf-client-private.h */
