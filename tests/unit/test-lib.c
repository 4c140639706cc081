/* SPDX-License-Identifier: Apache-2.0 */
/* Drives the parts of lib/ that need no network. */
#include <config.h>
#undef NDEBUG

#include <assert.h>
#include <errno.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/address.h"
#include "lib/bounds.h"
#include "lib/crowd.h"
#include "lib/environment.h"
#include "lib/epoch.h"
#include "lib/json-number.h"
#include "lib/name.h"
#include "lib/process-util.h"
#include "lib/rates.h"
#include "lib/restconf/restconf-root.h"
#include "lib/sa.h"
#include "lib/secret.h"
#include "lib/suite.h"
#include "lib/tls.h"
#include "openvswitch/poll-loop.h"
#include "random.h"
#include "util.h"

/* Returns true if both are equal, as two NULLs are. */
static bool
secret_equal(const struct secret *a, const struct secret *b)
{
    if (!a || !b) {
        return a == b;
    }
    return (secret_size(a) == secret_size(b)
            && !memcmp(secret_bytes(a), secret_bytes(b), secret_size(a)));
}

static void
print_secret(const char *hex)
{
    struct secret *secret = secret_from_hex(hex, strlen(hex));
    char text[256];

    if (!secret) {
        printf("\"%s\": malformed\n", hex);
        return;
    }
    secret_to_hex(secret, text);
    printf("\"%s\": %"PRIuSIZE" octets, %s\n", hex, secret_size(secret), text);
    secret_destroy(secret);
}

static void
test_secret(int argc OVS_UNUSED, char *argv[] OVS_UNUSED)
{
    char check[SECRET_CHECK_STRLEN];

    print_secret("00");
    print_secret("de:AD:be:ef");
    print_secret("");
    print_secret("0");
    print_secret("00:");
    print_secret("00:1");
    print_secret("00-11");
    print_secret("0g");
    print_secret("00:11:");
    print_secret(":00:11");

    struct secret *a = secret_create("0123456789abcdef", 16);
    struct secret *b = secret_clone(a);
    struct secret *c = secret_create("0123456789abcdeF", 16);
    struct secret *d = secret_create("0123456789abcde", 15);
    struct secret *random1 = secret_create(NULL, 36);
    struct secret *random2 = secret_create(NULL, 36);
    assert(secret_equal(a, b) && !secret_equal(a, c) && !secret_equal(a, d));
    assert(!secret_equal(a, NULL) && secret_equal(NULL, NULL));
    assert(!secret_clone(NULL));
    assert(!secret_equal(random1, random2));

    /* Against `openssl dgst -sha256 -hmac`. */
    secret_check(a, 0x1001, check);
    printf("check of 0x1001: %s\n", check);
    secret_check(a, 0x1002, check);
    printf("check of 0x1002: %s\n", check);
    secret_destroy(a);
    secret_destroy(b);
    secret_destroy(c);
    secret_destroy(d);
    secret_destroy(random1);
    secret_destroy(random2);
    secret_destroy(NULL);
}

static void
test_wiping(int argc OVS_UNUSED, char *argv[] OVS_UNUSED)
{
    char *p = wiping_malloc(3);
    memcpy(p, "ab", 3);
    p = wiping_realloc(p, 10000);
    assert(!strcmp(p, "ab"));
    p = wiping_realloc(p, 2);
    assert(!memcmp(p, "ab", 2));
    assert((uintptr_t) p % 16 == 0);
    wiping_free(p);
    p = wiping_realloc(NULL, 5);
    wiping_free(p);
    wiping_free(NULL);
    p = wiping_strdup("abc");
    assert(!strcmp(p, "abc"));
    wiping_free(p);
    p = wiping_calloc(7, 3);
    for (int i = 0; i < 21; i++) {
        assert(!p[i]);
    }
    wiping_free(p);
    assert(!wiping_calloc(SIZE_MAX / 2, 3));
    assert(!wiping_malloc(SIZE_MAX - 1));
    printf("wiping allocator works\n");
}

static void
test_numbers(int argc OVS_UNUSED, char *argv[] OVS_UNUSED)
{
    static const uint64_t numbers[] = { 0, 1, INT64_MAX, UINT64_MAX };
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        json_t *json = json_number_u64(numbers[i]);
        printf("%s\n", json_string_value(json));
        json_decref(json);
    }
}

static void
test_epochs(int argc OVS_UNUSED, char *argv[] OVS_UNUSED)
{
    static const uint64_t edges[] = {
        0, 1, EPOCH_NEAR - 1, EPOCH_NEAR, INT64_MAX, UINT64_C(1) << 63,
        UINT64_MAX - EPOCH_NEAR, UINT64_MAX,
    };
    unsigned int n_round = 0;
    for (int i = 0; i < 100000; i++) {
        uint64_t ours = edges[random_range(ARRAY_SIZE(edges))];
        uint64_t last = random_uint64();
        if (i % 2) {
            ours += random_range(5) - 2;
            last = ours + edges[random_range(ARRAY_SIZE(edges))]
                   + random_range(5) - 2;
        }
        assert(!epoch_is_over(last + 1, last) && epoch_is_over(last - 1, last)
               && !epoch_is_over(last, last));
        assert(epoch_is_near(last, last) && !epoch_is_near(last, last - 1));
        if (epoch_is_over(ours, last) && !epoch_is_near(ours, last)) {
            uint64_t detour = epoch_detour(last);
            assert(detour != UINT64_MAX);
            assert(!epoch_is_over(detour, last));
            assert(!epoch_is_over(ours, detour));
            n_round++;
        }
    }
    printf("%s\n", n_round > 10000 ? "good" : "too few went round");
}

static void
test_suites(int argc OVS_UNUSED, char *argv[] OVS_UNUSED)
{
    for (size_t i = 0; i < n_suites; i++) {
        const struct suite *s = &suites[i];

        assert(suite_by_name(s->name) == s);
        assert(suite_by_number(s->encryption, s->integrity,
                               suite_encryption_key_size(s),
                               s->integrity_key_size) == s);
        printf("%s: encryption %d, integrity %d, key material %"PRIuSIZE
               ", overhead %"PRIuSIZE"\n", s->name, s->encryption,
               s->integrity, suite_keymat_size(s), suite_overhead(s));
    }
    assert(suite_by_name(SUITE_DEFAULT));
    assert(!suite_by_name("null"));
    assert(!suite_by_number(20, 0, 28, 0));     /* 192 bits. */
    assert(!suite_by_number(20, 12, 36, 32));
    assert(!suite_by_number(12, 0, 16, 0));     /* No integrity. */
    assert(!suite_by_number(12, 12, 16, 20));
    assert(!suite_by_number(12, 12, 48, 0));
    assert(!suite_by_number(12, 1, 16, 16));    /* MD5. */
    assert(!suite_by_number(2, 2, 8, 20));      /* DES. */
    assert(!suite_by_number(3, 2, 24, 20));     /* 3DES. */
    assert(!suite_by_number(11, 12, 0, 32));    /* NULL. */
    assert(suite_is_aead(20) && suite_is_aead(28) && !suite_is_aead(12));
}

static void
test_sa(int argc OVS_UNUSED, char *argv[] OVS_UNUSED)
{
    struct secret *key = secret_create("0123456789abcdef0123", 20);
    struct sa sa = {
        .name = "n",
        .spi = 256,
        .selector = SA_SELECTOR_ANY,
        .suite = suite_by_name("aes-gcm-16-128"),
        .key = key,
        .key_check = "0011223344556677",
    };
    struct sa *copy = sa_clone(&sa);

    assert(sa_equal(&sa, copy) && secret_equal(sa.key, copy->key));
    assert(copy->key != sa.key && copy->name != sa.name);
    sa.hard.time_s = 1;
    assert(!sa_equal(&sa, copy));
    sa.hard.time_s = 0;
    sa.key_check = "1111223344556677";
    assert(!sa_equal(&sa, copy));
    sa_destroy(copy);
    sa_destroy(NULL);
    secret_destroy(key);

    struct policy policy = { .name = "p", .vlan = 5 };
    struct policy *policy_copy = policy_clone(&policy);
    assert(policy_equal(&policy, policy_copy));
    policy.outbound_spi = 300;
    assert(!policy_equal(&policy, policy_copy));
    policy_destroy(policy_copy);
    policy_destroy(NULL);

    struct sa_selector any = SA_SELECTOR_ANY;
    struct sa_selector net = SA_SELECTOR_ANY;
    struct sa_traffic t = { .protocol = 6, .src_port = 1, .dst_port = 80 };
    assert(address_parse("10.0.0.1", &t.src));
    assert(address_parse("10.1.0.2", &t.dst));
    assert(sa_selector_matches(&any, &t));
    net.family = SA_FAMILY_IPV4;
    net.src = t.src;
    assert(address_parse("255.255.0.0", &net.src_mask));
    net.protocol = 6;
    net.dst_ports = (struct sa_ports) { 1, { { 80, 90 } } };
    static const struct {
        int protocol, dst_port;
        bool matches;
    } cases[] = {
        { 6, 80, true }, { 6, 90, true }, { 6, 91, false }, { 6, 79, false },
        { 6, -1, false }, { 17, 80, false }, { -1, 80, false },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        t.protocol = cases[i].protocol;
        t.dst_port = cases[i].dst_port;
        assert(sa_selector_matches(&net, &t) == cases[i].matches);
    }
    t.protocol = 6;
    t.dst_port = 80;
    t.ipv6 = true;              /* Even if its addresses look mapped. */
    assert(!sa_selector_matches(&net, &t));
    net.family = SA_FAMILY_IPV6;
    assert(sa_selector_matches(&net, &t));
    t.ipv6 = false;
    assert(!sa_selector_matches(&net, &t));
    net.family = SA_FAMILY_ANY;
    assert(sa_selector_matches(&net, &t));
    t.src = t.dst;
    assert(!sa_selector_matches(&net, &t));
    printf("SAs, policies and selectors work\n");
}

/* Starts 'argv[1]...' detached and tells what came of it. */
static void
test_detach(int argc, char *argv[])
{
    const char *netns = argc > 2 && !strncmp(argv[1], "netns=", 6)
                        ? argv[1] + 6 : NULL;
    char *message;

    int error = process_start_detached(argv + (netns ? 2 : 1), netns,
                                       &message);
    printf("%s\n", error ? message : "started");
    free(message);
}

static void
test_find_program(int argc OVS_UNUSED, char *argv[])
{
    char *path = process_find_program(argv[1], argv[2]);

    printf("%s\n", path);
    free(path);
}

static void
test_protect(int argc OVS_UNUSED, char *argv[] OVS_UNUSED)
{
    struct rlimit limit;

    secret_protect_process();
    assert(!getrlimit(RLIMIT_CORE, &limit));
    printf("core limit %d, %d\n", (int) limit.rlim_cur, (int) limit.rlim_max);
}

static void
test_environment(int argc OVS_UNUSED, char *argv[] OVS_UNUSED)
{
    environment_clear();
    for (char **p = environ; *p; p++) {
        puts(*p);
    }
}

/* The roots of XRD documents. */
static void
test_root(int argc, char *argv[])
{
    for (int i = 1; i < argc; i++) {
        char *root = restconf_root_parse(argv[i]);
        puts(root ? root : "none");
        free(root);
    }
}

/* What of each text is within small bounds, and its cut copy. */
static void
test_bounds(int argc, char *argv[])
{
    const struct answer_bounds bounds = {
        .octets = 100, .values = 9, .depth = 3, .string = 5,
    };
    for (int i = 1; i < argc; i++) {
        char *excess = bounds_check_answer(&bounds, argv[i]);
        char *cut = bounds_cut_text(argv[i]);
        printf("%s; %"PRIuSIZE" %.10s\n", excess ? excess : "good",
               strlen(cut), cut);
        free(excess);
        free(cut);
    }
}

/* peer FILE NAME: the name in the certificate in FILE (DER), and whether a
 * client that wants NAME would take it, of an agent and of a database. */
static void
test_peer(int argc OVS_UNUSED, char *argv[])
{
    FILE *stream = fopen(argv[1], "rb");
    X509 *cert = d2i_X509_fp(stream, NULL);
    assert(cert);
    fclose(stream);
    char *name = tls_peer_name(cert);
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    X509_VERIFY_PARAM *param = SSL_CTX_get0_param(ctx);
    bool ok = tls_expect_name(param, argv[2]);
    ok = ok && X509_check_host(cert, argv[2], 0,
                               X509_VERIFY_PARAM_get_hostflags(param),
                               NULL) == 1;
    printf("%s %s %s\n", name ? name : "-", ok ? "taken" : "refused",
           tls_cert_has_name(cert, argv[2]) ? "taken" : "refused");
    free(name);
    SSL_CTX_free(ctx);
    X509_free(cert);
}

/* name KIND TEXT: what lib/name.h makes of it. */
static void
test_name(int argc OVS_UNUSED, char *argv[])
{
    const char *kind = argv[1], *text = argv[2];
    char *error = NULL, *good = NULL;
    struct eth_addr mac;
    struct in6_addr ip;
    uint64_t id;
    if (!strcmp(kind, "vnf-id")) {
        error = name_check_vnf_id(text);
    } else if (!strcmp(kind, "port")) {
        error = name_check_port(text, "br1", false);
    } else if (!strcmp(kind, "port-with-ovsdb")) {
        error = name_check_port(text, "br1", true);
    } else if (!strcmp(kind, "mac")) {
        error = name_parse_mac(text, &mac);
    } else if (!strcmp(kind, "ip")) {
        error = name_parse_ip(text, &ip);
        good = error ? NULL : address_format(&ip);
    } else if (!strcmp(kind, "url")) {
        error = name_parse_url(text, &good);
    } else if (!strcmp(kind, "ovsdb")) {
        error = name_check_ovsdb(text);
    } else if (!strcmp(kind, "datapath-id")) {
        error = name_parse_datapath_id(text, "br1", &id);
    } else {
        error = name_check(kind, text);
    }
    puts(error ? error : good ? good : "good");
    free(error);
    free(good);
}

/* crowd ADDRESS...: whose most of them are, and how many. */
static void
test_crowd(int argc, char *argv[])
{
    struct crowd_member *members = xcalloc(argc, sizeof *members);
    struct crowd crowd;
    crowd_init(&crowd);
    for (int i = 1; i < argc; i++) {
        crowd_add_address(&crowd, &members[i], argv[i]);
    }
    const struct crowd_owner *most = crowd_most(&crowd);
    printf("%s %"PRIuSIZE"\n", most->name, most->n);
    for (int i = 1; i < argc; i++) {
        crowd_remove(&members[i]);
    }
    crowd_uninit(&crowd);
    free(members);
}

/* Each name has its own rate, and takes no memory when it has it back. */
static void
test_rates(int argc OVS_UNUSED, char *argv[] OVS_UNUSED)
{
    struct rates rates;
    rates_init(&rates, 2, 100);
    for (int i = 0; i < 100; i++) {
        char *name = xasprintf("%d", i);
        assert(rates_take(&rates, name));
        free(name);
    }
    assert(rates_take(&rates, "0"));
    assert(!rates_take(&rates, "0"));
    while (!rates_take(&rates, "0")) {
        poll_timer_wait(10);
        poll_block();
    }
    while (shash_count(&rates.buckets) > 1) {
        rates_take(&rates, "0");
        poll_timer_wait(10);
        poll_block();
    }
    rates_uninit(&rates);
    puts("good");
}

int
main(int argc, char *argv[])
{
    static const struct {
        const char *name;
        void (*run)(int argc, char *argv[]);
        int n_args;             /* At least. */
    } commands[] = {
        { "secret", test_secret, 0 },
        { "wiping", test_wiping, 0 },
        { "numbers", test_numbers, 0 },
        { "epochs", test_epochs, 0 },
        { "suites", test_suites, 0 },
        { "sa", test_sa, 0 },
        { "detach", test_detach, 1 },
        { "find-program", test_find_program, 2 },
        { "protect", test_protect, 0 },
        { "environment", test_environment, 0 },
        { "root", test_root, 1 },
        { "name", test_name, 2 },
        { "bounds", test_bounds, 1 },
        { "peer", test_peer, 2 },
        { "crowd", test_crowd, 1 },
        { "rates", test_rates, 0 },
    };

    set_program_name(argv[0]);
    for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(commands); i++) {
        if (!strcmp(argv[1], commands[i].name)
            && argc - 2 >= commands[i].n_args) {
            commands[i].run(argc - 1, argv + 1);
            return 0;
        }
    }
    ovs_fatal(0, "usage: test-lib COMMAND [ARGUMENT...]");
}
