#ifndef SDSA_ESP_SHOW_H
#define SDSA_ESP_SHOW_H 1

/* What the data plane holds, for people (esp/show).  Never a key. */

struct control_hello;
struct ds;
struct engine;

void show_hello(const struct control_hello *, struct ds *);
void show_engine(const struct engine *, long long int now_ms, struct ds *);

#endif /* vnf-agent/esp/show.h */
