/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of a switch's database, as the controller reads and uses them: ports
 * with their numbers, MTUs and states of STP, and what is declared with
 * ovs-vsctl.  An input is an array of JSON.  Each member is a notification of
 * that database (the tables of "update2", RFC 7047 and ovsdb-server(7)), or a
 * number: so many milliseconds pass; or a string: the connection ends, for a
 * moment ("again") or until it is "again".
 *
 * Whatever the rows are, those that the controller makes of them keep the
 * rules that sdsa-ctl keeps, texts for people are UTF-8 and bounded, and
 * writing what was written is no change. */
#include <config.h>

#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "jsonrpc.h"
#include "lib/bounds.h"
#include "lib/name.h"
#include "lib/sdsa-idl.h"
#include "ofctl-app/model/inventory.h"
#include "ofctl-app/southbound/bridges.h"
#include "ofctl-app/southbound/vswitches.h"
#include "ofctl-app/view/inventory-idl.h"
#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "ovsdb-idl.h"
#include "packets.h"
#include "tests/fuzz/fuzz-mutate.h"
#include "tests/fuzz/fuzz-switch.h"
#include "unicode.h"
#include "util.h"

#define TARGET "unix:switch.db"

static struct ovsdb_idl *idl;
static struct bridges *bridges;

static const char *const words[] = {
    "Bridge", "Port", "Interface", "Open_vSwitch", "insert", "modify",
    "delete", "initial", "map", "set", "uuid",
    "00000000-0000-4000-8000-000000000001",
    "00000000-0000-4000-8000-000000000002",
    "00000000-0000-4000-8000-000000000003",
    "00000000-0000-4000-8000-000000000004",
    "00000000-0000-4000-8000-000000000005",
    "name", "datapath_id", "other_config", "fail_mode", "ports", "interfaces",
    "status", "rstp_status", "external_ids", "mtu", "ofport", "datapath-id",
    "disable-in-band", "secure", "standalone", "stp_state", "rstp_port_state",
    "blocking", "Discarding", "forwarding", "true", "0000000000000001",
    "0000000000000002", "br0", "eth0", "eth1", "a-name-that-is-cut-0",
    "sdsa-endpoint", "sdsa-ips", "attached-mac", "sdsa-sf", "sdsa-sf-side",
    "in", "out", "both", "sdsa-sf-correlation", "none", "vlan", "mac", "nsh",
    "sdsa-sf-mac", "sdsa-sf-group", "sdsa-gateway", "sdsa-gateway-side",
    "plain", "cipher", "sdsa-gateway-ip", "sdsa-gateway-url",
    "https://192.0.2.1:8443", "HTTPS://Gw1.Example", "192.0.2.1",
    "10.0.0.1 10.0.0.2,10.0.0.1", "2001:DB8::1", "02:00:00:00:00:0A", "host",
    "e1", "f1", "gw1", "e2", "sdsa-controller", "*", "..", "a/b", "a b", "",
    "\xc3\xbc", "10.0.0.1", "fe80::1", "again", "away",
};

/* The database: a session in the place of libopenvswitch's (`ld --wrap`). */

static struct {
    bool connected;
    unsigned int seqno;
    struct jsonrpc_msg *inbox[8];
    size_t n;
    struct json *monitor_id;    /* Or NULL. */
} session;

static const char schema[] =
    "{\"name\":\"Open_vSwitch\",\"version\":\"8.3.1\",\"tables\":{"
    "\"Bridge\":{\"columns\":{\"name\":0,\"datapath_id\":0,"
    "\"other_config\":0,\"fail_mode\":0,\"ports\":0}},"
    "\"Port\":{\"columns\":{\"interfaces\":0,\"status\":0,"
    "\"rstp_status\":0}},"
    "\"Interface\":{\"columns\":{\"name\":0,\"external_ids\":0,\"mtu\":0,"
    "\"ofport\":0}}}}";

static void
put(struct jsonrpc_msg *msg)
{
    FUZZ_CHECK(session.n < ARRAY_SIZE(session.inbox));
    session.inbox[session.n++] = msg;
}

static void
clear(void)
{
    while (session.n) {
        jsonrpc_msg_destroy(session.inbox[--session.n]);
    }
    json_destroy(session.monitor_id);
    session.monitor_id = NULL;
}

struct db_address;
struct db_probe *__wrap_db_probe_create(const struct db_address *);
struct jsonrpc_session *__wrap_jsonrpc_session_open_multiple(
    const struct svec *, bool);
void __wrap_jsonrpc_session_close(struct jsonrpc_session *);
struct jsonrpc *__wrap_jsonrpc_session_steal(struct jsonrpc_session *);
void __wrap_jsonrpc_session_replace(struct jsonrpc_session *,
                                    struct jsonrpc *);
void __wrap_jsonrpc_session_run(struct jsonrpc_session *);
void __wrap_jsonrpc_session_wait(struct jsonrpc_session *);
void __wrap_jsonrpc_session_recv_wait(struct jsonrpc_session *);
int __wrap_jsonrpc_session_send(struct jsonrpc_session *,
                                struct jsonrpc_msg *);
struct jsonrpc_msg *__wrap_jsonrpc_session_recv(struct jsonrpc_session *);
bool __wrap_jsonrpc_session_is_alive(const struct jsonrpc_session *);
bool __wrap_jsonrpc_session_is_connected(const struct jsonrpc_session *);
unsigned int __wrap_jsonrpc_session_get_seqno(const struct jsonrpc_session *);
const char *__wrap_jsonrpc_session_get_name(const struct jsonrpc_session *);
void __wrap_jsonrpc_session_force_reconnect(struct jsonrpc_session *);
void __wrap_jsonrpc_session_reset_backoff(struct jsonrpc_session *);
void __wrap_jsonrpc_session_set_probe_interval(struct jsonrpc_session *, int);

struct db_probe *
__wrap_db_probe_create(const struct db_address *address OVS_UNUSED)
{
    return NULL;                /* Nobody else is asked. */
}

struct jsonrpc_session *
__wrap_jsonrpc_session_open_multiple(const struct svec *remotes OVS_UNUSED,
                                     bool retry OVS_UNUSED)
{
    session.seqno++;
    return (struct jsonrpc_session *) &session;
}

void
__wrap_jsonrpc_session_close(struct jsonrpc_session *js OVS_UNUSED)
{
    clear();
}

struct jsonrpc *
__wrap_jsonrpc_session_steal(struct jsonrpc_session *js OVS_UNUSED)
{
    clear();
    return NULL;
}

void
__wrap_jsonrpc_session_replace(struct jsonrpc_session *js OVS_UNUSED,
                               struct jsonrpc *rpc OVS_UNUSED)
{
}

void
__wrap_jsonrpc_session_run(struct jsonrpc_session *js OVS_UNUSED)
{
}

void
__wrap_jsonrpc_session_wait(struct jsonrpc_session *js OVS_UNUSED)
{
}

void
__wrap_jsonrpc_session_recv_wait(struct jsonrpc_session *js OVS_UNUSED)
{
}

int
__wrap_jsonrpc_session_send(struct jsonrpc_session *js OVS_UNUSED,
                            struct jsonrpc_msg *msg)
{
    if (!strcmp(msg->method, "get_schema")) {
        const char *db = msg->params->array.elems[0]->string;
        if (!strcmp(db, "Open_vSwitch")) {
            put(jsonrpc_create_reply(json_from_string(schema), msg->id));
        } else {                /* There is no database "_Server". */
            struct jsonrpc_msg *error = jsonrpc_create_error(
                json_null_create(), msg->id);
            error->type = JSONRPC_ERROR;
            put(error);
        }
    } else if (!strcmp(msg->method, "monitor_cond")) {
        json_destroy(session.monitor_id);
        session.monitor_id = json_clone(msg->params->array.elems[1]);
        put(jsonrpc_create_reply(json_object_create(), msg->id));
    }
    jsonrpc_msg_destroy(msg);
    return 0;
}

struct jsonrpc_msg *
__wrap_jsonrpc_session_recv(struct jsonrpc_session *js OVS_UNUSED)
{
    if (!session.n || !session.connected) {
        return NULL;
    }
    struct jsonrpc_msg *msg = session.inbox[0];
    session.n--;
    memmove(session.inbox, session.inbox + 1,
            session.n * sizeof *session.inbox);
    return msg;
}

bool
__wrap_jsonrpc_session_is_alive(const struct jsonrpc_session *js OVS_UNUSED)
{
    return true;
}

bool
__wrap_jsonrpc_session_is_connected(const struct jsonrpc_session *js
                                    OVS_UNUSED)
{
    return session.connected;
}

unsigned int
__wrap_jsonrpc_session_get_seqno(const struct jsonrpc_session *js OVS_UNUSED)
{
    return session.seqno;
}

const char *
__wrap_jsonrpc_session_get_name(const struct jsonrpc_session *js OVS_UNUSED)
{
    return TARGET;
}

void
__wrap_jsonrpc_session_force_reconnect(struct jsonrpc_session *js OVS_UNUSED)
{
    clear();
    session.seqno++;
}

void
__wrap_jsonrpc_session_reset_backoff(struct jsonrpc_session *js OVS_UNUSED)
{
}

void
__wrap_jsonrpc_session_set_probe_interval(struct jsonrpc_session *js
                                          OVS_UNUSED, int ms OVS_UNUSED)
{
}

/* What the controller makes of it. */

static void
check_text(const char *text, size_t max)
{
    size_t length;
    char *error = utf8_validate(text, &length);
    FUZZ_CHECK(!error && strlen(text) <= max);
}

static void
check_good(char *error)
{
    FUZZ_CHECK(!error);
}

static void
check_endpoint(const struct sdsa_endpoint *row)
{
    struct eth_addr mac;
    struct in6_addr ip;
    check_good(name_check("endpoint", row->name));
    check_good(name_check_port(row->port, row->bridge->name, true));
    check_good(name_parse_mac(row->mac, &mac));
    FUZZ_CHECK(row->n_ips && row->n_ips <= BOUNDS_ENDPOINT_IPS);
    for (size_t i = 0; i < row->n_ips; i++) {
        check_good(name_parse_ip(row->ips[i], &ip));
    }
}

static void
check_sf(const struct sdsa_service_function *row)
{
    enum sf_correlation correlation;
    struct eth_addr mac;
    check_good(name_check("function", row->name));
    check_good(name_check_port(row->in_port, row->bridge->name, true));
    check_good(name_check_port(row->out_port, row->bridge->name, true));
    FUZZ_CHECK(sf_correlation_from_string(row->correlation, &correlation));
    if (row->mac) {
        check_good(name_parse_mac(row->mac, &mac));
    }
    if (row->group[0]) {
        check_good(name_check("group", row->group));
    }
}

static void
check_gateway(const struct sdsa_gateway *row)
{
    struct in6_addr ip;
    char *url;
    check_good(name_check_vnf_id(row->vnf_id));
    check_good(name_check_port(row->plain_port, row->bridge->name, true));
    check_good(name_check_port(row->cipher_port, row->bridge->name, true));
    check_good(name_parse_ip(row->cipher_ip, &ip));
    check_good(name_parse_url(row->url, &url));
    FUZZ_CHECK(!strcmp(url, row->url));
    free(url);
}

/* Checks all rows and returns a hash of what is in them, apart from what they
 * are known to be in conflict with. */
static uint32_t
check_rows(void)
{
    const struct sdsa_endpoint *endpoint;
    const struct sdsa_service_function *sf;
    const struct sdsa_gateway *gateway;
    const struct sdsa_bridge *row;
    uint32_t sum = 0;

    SDSA_ENDPOINT_FOR_EACH (endpoint, idl) {
        check_endpoint(endpoint);
        check_text(endpoint->conflict, 4096);
        sum += hash_string(endpoint->name, hash_string(endpoint->port, 1));
    }
    SDSA_SERVICE_FUNCTION_FOR_EACH (sf, idl) {
        check_sf(sf);
        check_text(sf->conflict, 4096);
        sum += hash_string(sf->name, hash_string(sf->out_port, 2));
    }
    SDSA_GATEWAY_FOR_EACH (gateway, idl) {
        check_gateway(gateway);
        check_text(gateway->conflict, 4096);
        sum += hash_string(gateway->vnf_id, hash_string(gateway->url, 3));
    }
    SDSA_BRIDGE_FOR_EACH (row, idl) {
        check_text(row->declarations, BOUNDS_DECLARED_TEXT + 64);
        sum += hash_string(row->declarations, row->n_mtus);
    }
    return sum;
}

/* The transaction that the controller would make. */
static void
write_rows(struct vswitches *vs)
{
    struct shash bad = SHASH_INITIALIZER(&bad);
    struct inventory inv;
    inventory_init(&inv);
    inventory_from_idl(&inv, idl, &bad);
    vswitches_tell_ports(vs, idl, &inv);
    vswitches_write(vs, idl, &inv);
    inventory_destroy(&inv);
    shash_destroy_free_data(&bad);
}

static const struct sdsa_bridge *
insert_bridge(struct ovsdb_idl_txn *txn, const char *name, const char *id)
{
    struct sdsa_bridge *row = sdsa_bridge_insert(txn);
    sdsa_bridge_set_name(row, name);
    sdsa_bridge_set_datapath_id(row, id);
    sdsa_bridge_set_ovsdb(row, TARGET);
    return row;
}

/* Runs the controller, with a database of its own in which "e1" and "gw1" are
 * declared with sdsa-ctl, and "e2" was declared with ovs-vsctl. */
static void
run(struct vswitches *vs)
{
    struct ovsdb_idl_txn *txn = ovsdb_idl_txn_create(idl);
    const char *ips[] = { "10.0.0.1" };
    sdsa_sdsa_global_insert(txn);
    const struct sdsa_bridge *br = insert_bridge(txn, "br1",
                                                 "0000000000000001");
    insert_bridge(txn, "br2", "0000000000000002");
    for (int i = 1; i <= 2; i++) {
        struct sdsa_endpoint *endpoint = sdsa_endpoint_insert(txn);
        sdsa_endpoint_set_name(endpoint, i == 1 ? "e1" : "e2");
        sdsa_endpoint_set_declared_by(endpoint, i == 1 ? "" : "ovs-vsctl");
        sdsa_endpoint_set_bridge(endpoint, br);
        sdsa_endpoint_set_port(endpoint, i == 1 ? "eth0" : "eth1");
        sdsa_endpoint_set_mac(endpoint, "02:00:00:00:00:01");
        sdsa_endpoint_set_ips(endpoint, ips, 1);
    }

    for (int i = 0; i < 4; i++) {       /* As far as the session gets. */
        vswitches_run(vs, idl);
        vswitches_wait(vs);
    }
    write_rows(vs);
    check_rows();
    write_rows(vs);             /* The ports of the rows count now. */
    uint32_t hash = check_rows();
    write_rows(vs);
    FUZZ_CHECK(check_rows() == hash);
    vswitches_tell_names(vs, idl, bridges);
    const struct sdsa_bridge *row;
    SDSA_BRIDGE_FOR_EACH (row, idl) {
        char *doubt = vswitches_doubt(vs, row);
        check_text(doubt ? doubt : "", 4096);
        free(doubt);
    }
    ovsdb_idl_txn_abort(txn);
    ovsdb_idl_txn_destroy(txn);
    bridges_run(bridges);
}

static void
play(struct vswitches *vs, const struct json *step)
{
    if (step->type == JSON_INTEGER) {
        fuzz_switch_ms += llabs(step->integer % 60000);
    } else if (step->type == JSON_STRING) {
        session.connected = !strcmp(step->string, "again");
        __wrap_jsonrpc_session_force_reconnect(NULL);
    } else if (session.monitor_id) {
        struct json *params[] = { json_clone(session.monitor_id),
                                  json_deep_clone(step) };
        put(jsonrpc_create_notify("update2", json_array_create(
                                      xmemdup(params, sizeof params), 2)));
    }
    run(vs);
    fuzz_switch_ms += BOUNDS_SWITCH_LOOK_MS;
}

int
LLVMFuzzerInitialize(int *argc OVS_UNUSED, char ***argv OVS_UNUSED)
{
    fuzz_init();
    fuzz_mutate_words(words, ARRAY_SIZE(words));
    idl = ovsdb_idl_create_unconnected(&sdsa_idl_class, true);
    FUZZ_CHECK(!bridges_create("ptcp:", &bridges));
    bridges_add(bridges, "br1", 1);
    return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = xmemdup0((const char *) data, size);
    struct json *json = json_from_string(text);
    if (json->type == JSON_ARRAY) {
        struct vswitches *vs = vswitches_create();
        session.connected = true;
        run(vs);
        for (size_t i = 0; i < json->array.n && i < 16; i++) {
            play(vs, json->array.elems[i]);
        }
        vswitches_destroy(vs);
        clear();
    }
    json_destroy(json);
    free(text);
    return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
                        unsigned int seed)
{
    return fuzz_mutate(data, size, max_size, seed);
}
