/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_NAME_H
#define SDSA_NAME_H 1

#include <stdbool.h>

/* OpenFlow shows the first 15 characters of the name of a port, so that one of
 * 15 may be the beginning of another one: names of at most 14 are shown
 * whole. */
#define NAME_SHOWN_MAX_LEN 14

/* True if OpenFlow tells the port of that name from every other one. */
bool name_is_shown_whole(const char *port);

#endif /* lib/name.h */
