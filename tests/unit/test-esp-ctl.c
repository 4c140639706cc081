/* SPDX-License-Identifier: Apache-2.0 */
/* A client of a backend ("userspace", or what $SDSA_BACKEND says) that
 * takes commands from stdin, so that keys stand in no command line; and a
 * fuzzer of the control protocol. */
#include <config.h>
#undef NDEBUG
#include "tests/unit/test-esp.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/address.h"
#include "lib/sa.h"
#include "lib/secret.h"
#include "lib/suite.h"
#include "openvswitch/list.h"
#include "openvswitch/poll-loop.h"
#include "smap.h"
#include "timeval.h"
#include "util.h"
#include "uuid.h"
#include "vnf-agent/esp/engine.h"
#include "vnf-agent/esp/esp-control.h"
#include "vnf-agent/userspace/backend-userspace.h"
#include "vnf-agent/xfrm/backend-xfrm.h"

#define SYNTAX                                                               \
    "commands, one a line:\n"                                                \
    "  sa-add in|out SPI vlan=N src=IP dst=IP key=HEX [suite=NAME] [esn=1]\n" \
    "         [window=N] [reqid=N] [udp=1] [soft-LIFETIME=N]\n"             \
    "         [hard-LIFETIME=N]\n"                                          \
    "                           LIFETIME: time, bytes, packets, idle\n"       \
    "  sa-del in|out SPI\n"                                                  \
    "  policy-set NAME in|out vlan=N [spi=SPI] [reqid=N] [action=discard]\n" \
    "  policy-del NAME\n"                                                    \
    "  apply             the edits above, all or nothing\n"                  \
    "  bulk FIRST N [soft-time=S]  N random SAs and policies in one batch\n" \
    "  bulk-sas FIRST N  N random SAs of one hop end\n"                      \
    "  bulk-del FIRST N  deletes such SAs\n"                                 \
    "  run MS            lets the backend work for so long\n"                \
    "  dump | count | stats | boot-id | up\n"                                \
    "  stat in|out SPI   one SA's packets and sequence number\n"             \
    "  events [N]        waits for N events, and tells all that there are\n"  \
    "  wait-boot         until the data plane is another one\n"              \
    "  usage             this process's CPU time so far, and its memory\n"    \
    "  stop              end the data plane\n"

static struct in6_addr
parse_ip(const struct smap *args, const char *key)
{
    struct in6_addr value = in6addr_any;
    const char *s = smap_get(args, key);

    if (s && !address_parse(s, &value)) {
        ovs_fatal(0, "%s is no address", s);
    }
    return value;
}

static enum sa_direction
parse_direction(const char *s)
{
    if (!s || (strcmp(s, "in") && strcmp(s, "out"))) {
        ovs_fatal(0, "in or out?\n"SYNTAX);
    }
    return strcmp(s, "in") ? SA_OUTBOUND : SA_INBOUND;
}

static void
add_edit(struct ovs_list *edits, enum backend_edit_type type,
         struct sa *sa, struct policy *policy)
{
    struct backend_edit *edit = xzalloc(sizeof *edit);

    edit->type = type;
    edit->sa = sa;
    edit->policy = policy;
    ovs_list_push_back(edits, &edit->node);
}

static void
clear_edits(struct ovs_list *edits)
{
    struct backend_edit *edit;

    LIST_FOR_EACH_POP (edit, node, edits) {
        wire_edit_destroy(edit);
    }
}

static struct sa_lifetime
parse_lifetime(const struct smap *args, const char *time, const char *bytes,
               const char *packets, const char *idle)
{
    return (struct sa_lifetime) {
        .time_s = smap_get_int(args, time, 0),
        .bytes = smap_get_int(args, bytes, 0),
        .packets = smap_get_int(args, packets, 0),
        .idle_s = smap_get_int(args, idle, 0),
    };
}

static void
parse_sa(struct ovs_list *edits, enum backend_edit_type type,
         char *words[], const struct smap *args)
{
    struct sa *sa = xzalloc(sizeof *sa);
    const char *key = smap_get_def(args, "key", "");

    sa->direction = parse_direction(words[1]);
    sa->spi = strtoul(words[2] ? words[2] : "", NULL, 0);
    sa->name = xasprintf("sa-%s-%"PRIx32, words[1], sa->spi);
    sa->vlan = smap_get_int(args, "vlan", 0);
    sa->reqid = smap_get_int(args, "reqid", 1);
    sa->tunnel_src = parse_ip(args, "src");
    sa->tunnel_dst = parse_ip(args, "dst");
    sa->selector = (struct sa_selector) SA_SELECTOR_ANY;
    sa->suite = suite_by_name(smap_get_def(args, "suite", SUITE_DEFAULT));
    sa->key = secret_from_hex(key, strlen(key));
    sa->esn = smap_get_int(args, "esn", 0);
    sa->replay_window = smap_get_int(args, "window", 1024);
    sa->udp = smap_get_int(args, "udp", 0);
    sa->udp_src = sa->udp_dst = sa->udp ? 4500 : 0;
    sa->soft = parse_lifetime(args, "soft-time", "soft-bytes",
                              "soft-packets", "soft-idle");
    sa->hard = parse_lifetime(args, "hard-time", "hard-bytes",
                              "hard-packets", "hard-idle");
    add_edit(edits, type, sa, NULL);
}

static void
parse_policy(struct ovs_list *edits, enum backend_edit_type type,
             char *words[], const struct smap *args)
{
    struct policy *policy = xzalloc(sizeof *policy);

    policy->name = xstrdup(words[1]);
    if (type == BACKEND_POLICY_SET) {
        policy->direction = parse_direction(words[2]);
        policy->vlan = smap_get_int(args, "vlan", 0);
        policy->reqid = smap_get_int(args, "reqid", 1);
        policy->outbound_spi = strtoul(smap_get_def(args, "spi", "0"), NULL,
                                       0);
        policy->selector = (struct sa_selector) SA_SELECTOR_ANY;
        policy->action = (smap_get(args, "action") ? POLICY_DISCARD
                          : POLICY_PROTECT);
    }
    add_edit(edits, type, NULL, policy);
}

/* 'n' SAs outbound, each with a policy of its own hop end, or all of hop end
 * 5 without. */
static void
add_bulk(struct ovs_list *edits, const struct in6_addr *cipher_ip,
         unsigned int first, int n, uint32_t soft_time_s, bool policies)
{
    for (int i = 0; i < n; i++) {
        struct policy *policy = xzalloc(sizeof *policy);
        struct sa *sa = xzalloc(sizeof *sa);

        sa->name = xasprintf("bulk-%u", first + i);
        sa->spi = 0x10000 + first + i;
        sa->vlan = policies ? 1 + (first + i) % 4094 : 5;
        sa->reqid = sa->spi;    /* Else the kernel's hash table is a list. */
        sa->tunnel_src = *cipher_ip;
        sa->tunnel_dst = *cipher_ip;
        sa->selector = (struct sa_selector) SA_SELECTOR_ANY;
        sa->suite = suite_by_name(SUITE_DEFAULT);
        sa->key = secret_create(NULL, suite_keymat_size(sa->suite));
        sa->esn = true;
        sa->soft.time_s = soft_time_s;
        add_edit(edits, BACKEND_SA_ADD, sa, NULL);

        if (!policies) {
            free(policy);
            continue;
        }
        policy->name = xstrdup(sa->name);
        policy->vlan = sa->vlan;
        policy->reqid = sa->reqid;
        policy->outbound_spi = sa->spi;
        policy->selector = sa->selector;
        policy->action = POLICY_PROTECT;
        add_edit(edits, BACKEND_POLICY_SET, NULL, policy);
    }
}

static void
apply_edits(struct backend *backend, struct ovs_list *edits)
{
    char *message;
    int error = backend->class->apply(backend, edits, &message);

    printf("apply: %s\n", error ? message : "done");
    free(message);
    clear_edits(edits);
}

static void
print_sa(const struct sa *sa, const struct sa_stats *stats,
         void *aux OVS_UNUSED)
{
    assert(!sa->key);
    printf("%s spi %#"PRIx32" vlan %"PRIu16" %s%s check %s packets %"PRIu64
           " seq %"PRIu64"\n", sa->name, sa->spi, sa->vlan, sa->suite->name,
           sa->esn ? " esn" : "", sa->key_check, stats->packets, stats->seq);
}

static void
print_policy(const struct policy *policy, void *aux OVS_UNUSED)
{
    printf("%s %s vlan %"PRIu16" spi %#"PRIx32" %s\n", policy->name,
           sa_direction_to_string(policy->direction), policy->vlan,
           policy->outbound_spi,
           policy->action == POLICY_PROTECT ? "protect" : "discard");
}

static void
count_sa(const struct sa *sa OVS_UNUSED,
         const struct sa_stats *stats OVS_UNUSED, void *counts_)
{
    int *counts = counts_;

    counts[0]++;
}

static void
count_policy(const struct policy *policy OVS_UNUSED, void *counts_)
{
    int *counts = counts_;

    counts[1]++;
}

static void
print_stats(struct backend *backend)
{
    struct backend_stats stats;
    int error = backend->class->get_stats(backend, &stats);

    if (error) {
        printf("stats: %s\n", ovs_strerror(error));
        return;
    }
    printf("plain rx %"PRIu64" tx %"PRIu64"\ncipher rx %"PRIu64" tx %"PRIu64
           "\n", stats.plain_rx, stats.plain_tx, stats.cipher_rx,
           stats.cipher_tx);
    for (int i = 0; i < BACKEND_N_DROPS; i++) {
        if (stats.drops[i]) {
            printf("%s %"PRIu64"\n", backend_drop_to_string(i),
                   stats.drops[i]);
        }
    }
}

/* Runs the backend until its boot id changes and it is up, 20 s at most. */
static void
wait_boot(struct backend *backend)
{
    struct uuid old = *backend->boot_id;
    long long int deadline_ms = time_msec() + 20000;

    for (;;) {
        backend->class->run(backend);
        if (!uuid_equals(&old, backend->boot_id) && !backend->reason) {
            printf("new boot id\n");
            return;
        }
        if (time_msec() >= deadline_ms) {
            ovs_fatal(0, "the data plane did not come back: %s",
                      backend->reason);
        }
        backend->class->wait(backend);
        poll_timer_wait_until(deadline_ms);
        poll_block();
    }
}

/* Runs the backend until there were 'n' events, 20 s at most. */
static void
print_events(struct backend *backend, int n)
{
    long long int deadline_ms = time_msec() + 20000;

    for (;;) {
        struct backend_event event;

        backend->class->run(backend);
        while (event_queue_pop(backend->events, &event)) {
            char *text = backend_event_to_string(&event);

            printf("event: %s\n", text);
            free(text);
            free(event.policy);
            n--;
        }
        if (n <= 0) {
            return;
        } else if (time_msec() >= deadline_ms) {
            ovs_fatal(0, "%d events did not come", n);
        }
        backend->class->wait(backend);
        poll_timer_wait_until(deadline_ms);
        poll_block();
    }
}

static long
timeval_ms(const struct timeval *tv)
{
    return tv->tv_sec * 1000L + tv->tv_usec / 1000;
}

static void
print_usage(void)
{
    struct rusage usage;
    FILE *stream = fopen("/proc/self/statm", "r");
    long pages = 0;

    assert(stream && fscanf(stream, "%*d %ld", &pages) == 1);
    fclose(stream);
    getrusage(RUSAGE_SELF, &usage);
    printf("usage: user %ld ms system %ld ms resident %ld kB\n",
           timeval_ms(&usage.ru_utime), timeval_ms(&usage.ru_stime),
           pages * (sysconf(_SC_PAGESIZE) / 1024));
}

static void
run_for(struct backend *backend, int ms)
{
    long long int deadline_ms = time_msec() + ms;

    while (time_msec() < deadline_ms) {
        backend->class->run(backend);
        backend->class->wait(backend);
        poll_timer_wait_until(deadline_ms);
        poll_block();
    }
}

/* Does what only asks.  Returns false if 'words' is something else. */
static bool
run_query(struct backend *backend, char *words[])
{
    const char *command = words[0];

    if (!strcmp(command, "dump")) {
        int error = backend->class->dump(backend, print_sa, print_policy,
                                         NULL);
        if (error) {
            printf("dump: %s\n", ovs_strerror(error));
        }
    } else if (!strcmp(command, "count")) {
        int counts[2] = { 0, 0 };
        int error = backend->class->dump(backend, count_sa, count_policy,
                                         counts);
        if (error) {
            printf("count: %s\n", ovs_strerror(error));
        } else {
            printf("%d SAs, %d policies\n", counts[0], counts[1]);
        }
    } else if (!strcmp(command, "stats")) {
        print_stats(backend);
    } else if (!strcmp(command, "stat")) {
        struct sa_stats stats;
        int error = backend->class->get_sa_stats(
            backend, parse_direction(words[1]), strtoul(words[2], NULL, 0),
            &stats);

        if (error) {
            printf("stat: %s\n", ovs_strerror(error));
        } else {
            printf("packets %"PRIu64" seq %"PRIu64"\n", stats.packets,
                   stats.seq);
        }
    } else if (!strcmp(command, "boot-id")) {
        printf(UUID_FMT"\n", UUID_ARGS(backend->boot_id));
    } else if (!strcmp(command, "events")) {
        print_events(backend, words[1] ? atoi(words[1]) : 0);
    } else if (!strcmp(command, "up")) {
        printf("%s\n", backend->reason ? backend->reason : "up");
    } else {
        return false;
    }
    return true;
}

/* Returns false at "stop". */
static bool
run_command(struct backend *backend, const struct in6_addr *cipher_ip,
            struct ovs_list *edits, char *words[], const struct smap *args)
{
    const char *command = words[0];

    if (!strcmp(command, "stop")) {
        return false;
    } else if (!strcmp(command, "sa-add")) {
        parse_sa(edits, BACKEND_SA_ADD, words, args);
    } else if (!strcmp(command, "sa-del")) {
        parse_sa(edits, BACKEND_SA_DELETE, words, args);
    } else if (!strcmp(command, "policy-set")) {
        parse_policy(edits, BACKEND_POLICY_SET, words, args);
    } else if (!strcmp(command, "policy-del")) {
        parse_policy(edits, BACKEND_POLICY_DELETE, words, args);
    } else if (!strcmp(command, "apply")) {
        apply_edits(backend, edits);
    } else if (!strcmp(command, "bulk") || !strcmp(command, "bulk-sas")) {
        long long int start_ms = time_msec();
        int n = atoi(words[2]);

        add_bulk(edits, cipher_ip, atoi(words[1]), n,
                 smap_get_int(args, "soft-time", 0),
                 !strcmp(command, "bulk"));
        apply_edits(backend, edits);
        fprintf(stderr, "%d SAs and policies in %lld ms\n", n,
                time_msec() - start_ms);
    } else if (!strcmp(command, "bulk-del")) {
        for (int i = 0; i < atoi(words[2]); i++) {
            struct sa *sa = xzalloc(sizeof *sa);

            sa->spi = 0x10000 + atoi(words[1]) + i;
            add_edit(edits, BACKEND_SA_DELETE, sa, NULL);
        }
        apply_edits(backend, edits);
    } else if (!strcmp(command, "run")) {
        run_for(backend, atoi(words[1]));
    } else if (!strcmp(command, "usage")) {
        print_usage();
    } else if (!strcmp(command, "wait-boot")) {
        wait_boot(backend);
    } else if (!run_query(backend, words)) {
        ovs_fatal(0, "%s?\n"SYNTAX, command);
    }
    fflush(stdout);
    return true;
}

/* Takes the line apart: up to 7 words, and key=value in 'args'. */
static void
split_line(char *line, char *words[8], struct smap *args)
{
    char *save_ptr = NULL;
    int n = 0;

    memset(words, 0, 8 * sizeof *words);
    for (char *word = strtok_r(line, " \n", &save_ptr); word;
         word = strtok_r(NULL, " \n", &save_ptr)) {
        char *equals = strchr(word, '=');

        if (equals) {
            *equals = '\0';
            smap_replace(args, word, equals + 1);
        } else if (n < 7) {
            words[n++] = word;
        }
    }
}

/* The backend that SDSA_BACKEND in the environment names, or ours. */
static const struct backend_class *
choose_backend(void)
{
    static const struct backend_class *const classes[] = {
        &backend_userspace_class, &backend_xfrm_class,
    };
    const char *name = getenv("SDSA_BACKEND");

    for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
        if (!name || !name[0] || !strcmp(name, classes[i]->name)) {
            return classes[i];
        }
    }
    ovs_fatal(0, "%s: no such backend", name);
}

void
test_esp_ctl(int argc, char *argv[])
{
    struct ovs_list edits = OVS_LIST_INITIALIZER(&edits);
    struct backend *backend;
    char *message;
    char line[1024];
    bool stop = false;

    if (argc != 6 && argc != 7) {
        ovs_fatal(0, "usage: ctl RUNDIR NAME PLAIN CIPHER CIPHER-IP [NETNS]\n"
                  SYNTAX);
    }

    struct backend_config config = {
        .rundir = argv[1],
        .name = argv[2],
        .plain_port = argv[3],
        .cipher_port = argv[4],
        .netns = argv[6],
    };
    if (!own_ips_parse(argv[5], &config.own_ips)) {
        ovs_fatal(0, "%s is no address", argv[5]);
    }
    int error = choose_backend()->open(&config, &backend, &message);
    if (error) {
        ovs_fatal(0, "%s", message);
    }

    while (!stop && fgets(line, sizeof line, stdin)) {
        struct smap args = SMAP_INITIALIZER(&args);
        char *words[8];

        split_line(line, words, &args);
        if (words[0]) {
            stop = !run_command(backend, &config.own_ips.ips[0], &edits, words,
                                &args);
        }
        smap_destroy(&args);
    }
    clear_edits(&edits);
    backend->class->close(backend, stop);
}

/* Requests with some octets changed, and garbage, to the control protocol's
 * code: it must answer each, and stay whole. */
void
test_esp_fuzz_control(int argc, char *argv[])
{
    int n = argc > 1 ? atoi(argv[1]) : 20000;
    struct ovs_list edits = OVS_LIST_INITIALIZER(&edits);
    struct control_hello hello = {
        .plain_port = "p", .cipher_port = "c", .reason = "",
    };
    const struct in6_addr ip = in6_addr_mapped_ipv4(htonl(0xc0000201));
    struct engine *engine = engine_create(&OWN_IPS(ip));
    struct control_context ctx = { .engine = engine, .hello = &hello };
    int n_done = 0;

    srand(2);
    for (int i = 0; i < n; i++) {
        add_bulk(&edits, &ip, rand() % 1000, rand() % 3, 0, true);
        if (rand() % 2) {
            struct sa *sa = xzalloc(sizeof *sa);

            sa->spi = 0x10000 + rand() % 1000;
            add_edit(&edits, BACKEND_SA_DELETE, sa, NULL);
        }
        struct control_buffer request = control_encode(
            CONTROL_APPLY, i, control_put_edits, &edits);
        clear_edits(&edits);

        struct control_header header;
        assert(control_get_header(request.data, &header));
        size_t size = header.payload_size;
        uint8_t *payload = xmalloc(MAX(size, 1));
        memcpy(payload, request.data + CONTROL_HEADER_LEN, size);
        control_free(&request);

        if (rand() % 4 == 0) {
            header.type = rand() % 10;
        }
        if (rand() % 50 == 0) {
            header.version = rand();
        }
        if (rand() % 4 == 0) {
            header.payload_size = rand() % (size + 1);
            payload = xrealloc(payload, MAX(header.payload_size, 1));
        }
        for (int j = rand() % 3; j > 0 && header.payload_size; j--) {
            payload[rand() % header.payload_size] = rand();
        }

        struct control_buffer reply 
            = esp_control_handle(&ctx, &header, payload);
        struct wire_reader r = {
            .p = reply.data + CONTROL_HEADER_LEN,
            .left = reply.size - CONTROL_HEADER_LEN,
        };
        n_done += !wire_get_u32(&r);
        free(wire_get_string(&r));
        assert(!r.failed);
        control_free(&reply);
        free(payload);
    }
    printf("%d requests, some done: %s\n", n, n_done ? "yes" : "no");
    engine_destroy(engine);
}
