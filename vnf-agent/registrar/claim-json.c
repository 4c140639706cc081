/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "vnf-agent/registrar/claim-json.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "lib/address.h"
#include "lib/bounds.h"
#include "packets.h"
#include "util.h"
#include "uuid.h"

#define RESOURCE "sdsa-auc:registration"

char *
claim_json_url(const char *listen_at, const char *own_ip)
{
    const char *colon = strrchr(listen_at, ':');
    char *host = xmemdup0(listen_at, colon - listen_at);
    bool any = !host[0] || !strcmp(host, "0.0.0.0") || !strcmp(host, "[::]");
    char *url = (!any ? xasprintf("https://%s", listen_at)
                 : xasprintf(strchr(own_ip, ':') ? "https://[%s]%s"
                             : "https://%s%s", own_ip, colon));
    free(host);
    return url;
}

static void
set_mac(json_t *claim, const char *name, struct eth_addr mac)
{
    if (!eth_addr_is_zero(mac)) {
        char text[ETH_ADDR_STRLEN + 1];
        snprintf(text, sizeof text, ETH_ADDR_FMT, ETH_ADDR_ARGS(mac));
        json_object_set_new(claim, name, json_string(text));
    }
}

static void
set_uuid(json_t *claim, const char *name, const struct uuid *uuid)
{
    if (!uuid_is_zero(uuid)) {
        char text[UUID_LEN + 1];
        snprintf(text, sizeof text, UUID_FMT, UUID_ARGS(uuid));
        json_object_set_new(claim, name, json_string(text));
    }
}

char *
claim_json_format(const struct claim_json *c)
{
    char *cipher_ip = address_format(&c->cipher_ip);
    json_t *claim = json_pack("{s:s, s:s, s:s, s:[s], s:s}", "url", c->url,
                              "cipher-address", cipher_ip,
                              "backend", c->backend, "keying", "sa",
                              "version", SDSA_VERSION);
    set_uuid(claim, "instance", &c->instance);
    set_uuid(claim, "boot-id", &c->boot_id);
    set_mac(claim, "plain-mac", c->plain_mac);
    set_mac(claim, "cipher-mac", c->cipher_mac);
    json_t *json = json_pack("{s:o}", RESOURCE, claim);
    char *text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    free(cipher_ip);
    return text;
}

char *
claim_json_member(const char *answer, const char *name)
{
    struct answer_bounds bounds = BOUNDS_ANSWER_AUC;
    char *excess = bounds_check_answer(&bounds, answer);
    json_t *json = excess ? NULL : json_loads(answer, 0, NULL);
    const char *text = json_string_value(
        json_object_get(json_object_get(json, RESOURCE), name));
    char *cut = bounds_cut_text(text ? text : "");
    json_decref(json);
    free(excess);
    return cut;
}
