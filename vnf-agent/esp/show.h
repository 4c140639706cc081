/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_ESP_SHOW_H
#define SDSA_ESP_SHOW_H 1

/* Text of the command esp/show, for people.  Never a key. */

struct control_hello;
struct ds;
struct engine;

/* Appends boot id, ports and their state. */
void show_hello(const struct control_hello *, struct ds *);

/* Appends counters, policies and SAs. */
void show_engine(const struct engine *, long long int now_ms, struct ds *);

#endif /* vnf-agent/esp/show.h */
