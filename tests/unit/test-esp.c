/* SPDX-License-Identifier: Apache-2.0 */
/* Drives the userspace ESP engine and its control socket. */
#include <config.h>
#undef NDEBUG
#include "tests/unit/test-esp.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "lib/secret.h"
#include "lib/suite.h"
#include "openvswitch/vlog.h"
#include "util.h"
#include "vnf-agent/esp/esp.h"
#include "vnf-agent/esp/ip.h"
#include "vnf-agent/esp/replay.h"

/* Published ESP packets. */

/* Reads hex digits into 'bytes' and returns the number of octets. */
static size_t
parse_hex(const char *hex, uint8_t *bytes, size_t max)
{
    size_t n = strlen(hex) / 2;

    ovs_assert(n <= max);
    for (size_t i = 0; i < n; i++) {
        bool ok;

        bytes[i] = hexits_value(hex + 2 * i, 2, &ok);
        ovs_assert(ok);
    }
    return n;
}

/* Seals and opens one packet.  'plaintext' is with padding and trailer, as the
 * vectors have it, and 'packet' is the whole ESP packet.  With a '-' before it
 * the plaintext is one that no ESP would send, without a good trailer: it is
 * opened only. */
static void
check_vector(int number, const struct suite *suite, const char *keymat_hex,
             const char *spi_hex, const char *seq_hex, const char *iv_hex,
             const char *plain_hex, const char *packet_hex)
{
    bool raw = plain_hex[0] == '-';
    uint8_t keymat[64], iv[ESP_MAX_IV], plain[256], packet[256], buffer[256];
    size_t keymat_size = parse_hex(keymat_hex, keymat, sizeof keymat);
    size_t plain_size = parse_hex(plain_hex + raw, plain, sizeof plain);
    size_t packet_size = parse_hex(packet_hex, packet, sizeof packet);
    uint32_t spi = strtoul(spi_hex, NULL, 16);
    uint64_t seq = strtoull(seq_hex, NULL, 16);
    bool esn = strlen(seq_hex) == 16;
    size_t inner_size = raw ? plain_size
                        : plain_size - 2 - plain[plain_size - 2];
    uint8_t next_header = plain[plain_size - 1];

    ovs_assert(parse_hex(iv_hex, iv, sizeof iv) == suite->iv_size);
    struct secret *secret = secret_create(keymat, keymat_size);
    struct esp_key *seal = esp_key_create(suite, secret, true);
    struct esp_key *open = esp_key_create(suite, secret, false);
    secret_destroy(secret);

    uint8_t *inner = buffer + ESP_HEADER_LEN + suite->iv_size;
    memcpy(inner, plain, inner_size);
    bool sealed = (raw
                   || (esp_sealed_size(suite, inner_size) == packet_size
                       && esp_seal(seal, spi, seq, esn, iv, buffer, inner_size,
                                   next_header)
                       && !memcmp(buffer, packet, packet_size)));

    size_t opened_size = inner_size;
    uint8_t opened_next_header = next_header;
    memcpy(buffer, packet, packet_size);
    bool opened = (esp_open(open, seq, esn, buffer, packet_size, &opened_size,
                            &opened_next_header) == (raw ? ESP_BAD_PADDING
                                                     : ESP_OK)
                   && opened_size == inner_size
                   && opened_next_header == next_header
                   && !memcmp(inner, plain, inner_size));
    printf("%d: %s%s: %s, %s\n", number, suite->name, esn ? " esn" : "",
           !sealed ? "seals WRONG" : raw ? "not sealed" : "sealed",
           opened ? "opened" : "opens WRONG");
    esp_key_destroy(seal);
    esp_key_destroy(open);
}

/* Reads vectors from stdin: suite, key material, SPI, sequence number (16
 * digits with ESN), IV, plaintext, packet; all but the first are words of hex
 * digits. */
static void
test_vectors(int argc OVS_UNUSED, char *argv[] OVS_UNUSED)
{
    char suite[33], key[129], spi[9], seq[17], iv[33], plain[513], packet[513];
    int n = 0;

    while (scanf("%32s %128s %8s %16s %32s %512s %512s",
                 suite, key, spi, seq, iv, plain, packet) == 7) {
        check_vector(++n, suite_by_name(suite), key, spi, seq, iv, plain,
                     packet);
    }
}

/* The replay window. */

/* Script on stdin: "window N [esn]" starts anew, "rx LOW" receives a packet
 * with these low 32 bits that is authentic, "top SEQ" tells the window's
 * edge. */
static void
test_replay(int argc OVS_UNUSED, char *argv[] OVS_UNUSED)
{
    struct replay replay = { .bits = NULL };
    char line[128];

    while (fgets(line, sizeof line, stdin)) {
        unsigned long long int value;
        char esn[4] = "";

        if (sscanf(line, "window %llu %3s", &value, esn) >= 1) {
            replay_destroy(&replay);
            replay_init(&replay, value, esn[0] != '\0');
        } else if (sscanf(line, "rx %lli", (long long int *) &value) == 1) {
            uint64_t seq = replay_infer(&replay, value);
            bool ok = replay_check(&replay, seq);

            if (ok) {
                replay_update(&replay, seq);
            }
            printf("%#llx: %s %#"PRIx64"\n", value, ok ? "ok" : "replayed",
                   seq);
        } else {
            printf("top %#"PRIx64"\n", replay.top);
        }
    }
    replay_destroy(&replay);
}

/* Compares the window with a list of all that was received. */
static void
test_replay_model(int argc OVS_UNUSED, char *argv[] OVS_UNUSED)
{
    static const uint32_t windows[] = { 1, 32, 63, 64, 65, 128, 1000, 4096 };
    enum { N = 20000 };
    static bool seen[2 * N];

    for (size_t w = 0; w < ARRAY_SIZE(windows); w++) {
        struct replay replay;
        uint64_t top = 0;

        memset(seen, 0, sizeof seen);
        replay_init(&replay, windows[w], false);
        srand(w);
        for (int i = 0; i < N; i++) {
            uint64_t low = top > windows[w] + 10 ? top - windows[w] - 10 : 1;
            uint64_t seq = low + rand() % (windows[w] + 20);
            if (rand() % 500 == 0) {
                seq += windows[w] * 2;
            }
            if (seq >= 2 * N) {
                break;
            }

            bool expected = ((seq > top || top - seq < windows[w])
                             && !seen[seq]);
            assert(replay_check(&replay, seq) == expected);
            if (expected) {
                replay_update(&replay, seq);
                seen[seq] = true;
                top = MAX(top, seq);
                assert(replay.top == top);
            }
        }
        replay_destroy(&replay);
    }
    printf("replay window agrees with its model\n");
}

/* ECN. */

static void
test_ecn(int argc OVS_UNUSED, char *argv[] OVS_UNUSED)
{
    static const char *names[] = { "Not-ECT", "ECT(1)", "ECT(0)", "CE" };
    static const uint8_t order[] = { 0, 2, 1, 3 };      /* RFC 6040 fig. 4. */

    for (int i = 0; i < 4; i++) {
        uint8_t inner = order[i] | 0xb8;

        printf("%s:", names[order[i]]);
        for (int j = 0; j < 4; j++) {
            uint8_t tos;
            bool ok = ecn_decapsulate(order[j], inner, &tos);

            printf(" %s", ok ? names[tos & 3] : "drop");
            assert(!ok || (tos & ~3) == 0xb8);
        }
        printf("\n");
    }
}

int
main(int argc, char *argv[])
{
    static const struct {
        const char *name;
        void (*run)(int argc, char *argv[]);
    } commands[] = {
        { "vectors", test_vectors },
        { "replay", test_replay },
        { "replay-model", test_replay_model },
        { "ecn", test_ecn },
        { "engine", test_esp_engine },
        { "bench", test_esp_bench },
        { "fuzz-engine", test_esp_fuzz_engine },
        { "fuzz-control", test_esp_fuzz_control },
        { "ctl", test_esp_ctl },
        { "send", test_esp_send },
        { "tag", test_esp_tag },
        { "wire", test_esp_wire },
        { "fields", test_esp_fields },
        { "members", test_esp_members },
    };

    set_program_name(argv[0]);
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(commands); i++) {
        if (!strcmp(argv[1], commands[i].name)) {
            commands[i].run(argc - 1, argv + 1);
            return 0;
        }
    }
    ovs_fatal(0, "usage: test-esp COMMAND [ARGUMENT...]");
}
