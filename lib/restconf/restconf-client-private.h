/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_RESTCONF_CLIENT_PRIVATE_H
#define SDSA_RESTCONF_CLIENT_PRIVATE_H 1

/* What a session's requests and its event stream share. */

#include <curl/curl.h>

struct restconf_client;

/* Sets what a transfer from 'url' needs to prove both ends; it must end before
 * the session does. */
void restconf_client_set_up(struct restconf_client *, CURL *,
                            const char *url);

/* The URL of 'path' at the server, not below its root of resources.  Caller
 * frees. */
char *restconf_client_url(const struct restconf_client *, const char *path);

const char *restconf_client_name(const struct restconf_client *);

#endif /* lib/restconf/restconf-client-private.h */
