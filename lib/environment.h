/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_ENVIRONMENT_H
#define SDSA_ENVIRONMENT_H 1

/* The environment of a process, without what libraries would read there. */

/* Removes all variables from the environment but those that we know: places
 * and settings of sdsa and Open vSwitch, language, time zone, what the
 * resolver may be told, and what the loader, malloc() and sanitizers have read
 * by now (for processes that we start).  So no variable writes TLS secrets
 * into a file (SSLKEYLOGFILE), loads code into OpenSSL or libyang, adds a CA,
 * or sends requests to a proxy.  To be called first in main(), before any
 * thread. */
void environment_clear(void);

#endif /* lib/environment.h */
