/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>
#include "vnf-agent/userspace/backend-userspace.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "lib/process-util.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"
#include "vnf-agent/userspace/control-client.h"

VLOG_DEFINE_THIS_MODULE(backend_userspace);

#define START_TIMEOUT_MS 10000  /* open() waits so long for a new process. */
#define REPLACE_TIMEOUT_MS 5000 /* The same, for one that takes over. */
#define STATUS_INTERVAL_MS 1000
#define MIN_BACKOFF_MS 100      /* Between starts of a data plane that dies. */
#define MAX_BACKOFF_MS 10000
#define RETRY_MS 20             /* Between tries to connect. */
#define MAX_DUMP_TRIES 10       /* While others change the tables. */

struct backend_userspace {
    struct backend up;
    char *name, *rundir, *netns, *plain_port, *cipher_port;
    struct own_ips own_ips;
    char *control_path;

    struct control_client client;
    bool is_ours;               /* This connection's data plane is checked. */
    struct control_hello hello; /* The last answer. */
    long long int status_ms;    /* When to ask for the status again. */
    long long int retry_ms;     /* When to try to connect again. */
    long long int start_deadline_ms;    /* Until then a start is under way. */
    long long int next_start_ms;        /* No start before then. */
    int backoff_ms;
    bool may_replace;           /* The program of the data plane that runs was
                                 * not yet compared with ours. */
};

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 5);

static struct backend_userspace *
backend_userspace_cast(const struct backend *backend)
{
    ovs_assert(backend->class == &backend_userspace_class);
    return CONTAINER_OF(backend, struct backend_userspace, up);
}

static void
set_reason(struct backend_userspace *b, const char *reason)
{
    if (!nullable_string_is_equal(b->up.reason, reason)) {
        VLOG_INFO("%s: data plane: %s", b->name, reason ? reason : "up");
        free(b->up.reason);
        b->up.reason = nullable_xstrdup(reason);
    }
}

/* Closes the connection. */
static void
disconnect(struct backend_userspace *b, const char *reason)
{
    control_client_disconnect(&b->client);
    b->is_ours = false;
    set_reason(b, reason);
}

/* Returns the reason after 'error' of a connection. */
static const char *
silence_reason(int error)
{
    return (error == ETIMEDOUT || error == EAGAIN
            ? "data plane does not answer" : "data plane died");
}

/* Requests. */

/* Does as control_client_transact(), and notes the end of the connection.  If
 * 'errorp' is nonnull, there is an error in '*errorp' (caller frees) whenever
 * the result is not 0. */
static int
transact(struct backend_userspace *b, enum control_type type,
         control_put_payload *put, const void *aux,
         struct control_buffer *reply, struct wire_reader *r, char **errorp)
{
    bool was_connected = b->client.fd >= 0;
    char *message = NULL;
    int error;

    if (b->is_ours || type == CONTROL_HELLO || type == CONTROL_OWN_IPS
        || type == CONTROL_SUBSCRIBE) {
        error = control_client_transact(&b->client, type, put, aux, reply, r,
                                        &message);
    } else {
        *reply = (struct control_buffer) { .data = NULL };
        error = ECONNRESET;
    }
    if (was_connected && b->client.fd < 0) {
        disconnect(b, silence_reason(error));
    }
    if (error && errorp) {
        *errorp = (message && message[0] ? message
                   : xstrdup(b->up.reason ? b->up.reason
                             : ovs_strerror(error)));
        message = message == *errorp ? NULL : message;
    }
    free(message);
    return error;
}

/* Does as transact() with a request to whose reply nothing else belongs. */
static int
command(struct backend_userspace *b, enum control_type type,
        control_put_payload *put, const void *aux, char **errorp)
{
    struct control_buffer reply;
    struct wire_reader r;
    int error = transact(b, type, put, aux, &reply, &r, errorp);

    control_free(&reply);
    return error;
}

/* Takes what the data plane says of itself, the reply to CONTROL_HELLO. */
static int
take_hello(struct backend_userspace *b, struct wire_reader *r, char **errorp)
{
    struct control_hello hello;

    control_get_hello(r, &hello);
    if (r->failed) {
        control_hello_destroy(&hello);
        *errorp = xstrdup("malformed answer of the data plane");
        return EPROTO;
    }
    control_hello_destroy(&b->hello);
    b->hello = hello;
    b->up.plain = hello.plain;
    b->up.cipher = hello.cipher;
    b->status_ms = time_msec() + STATUS_INTERVAL_MS;
    return 0;
}

static void
put_own_ips(struct wire_writer *w, const void *own_ips)
{
    wire_put_own_ips(w, own_ips);
}

/* Checks that the data plane that has said hello, or answered 'error' with
 * '*errorp', is ours, tells it our addresses, and subscribes.  Returns 0, or a
 * positive errno with a message in '*errorp' (caller frees). */
static int
check_data_plane(struct backend_userspace *b, int error, char **errorp)
{
    if (error == EPROTONOSUPPORT) {
        char *message = *errorp;

        *errorp = xasprintf("%s, and is asked to hand its SAs over to one of "
                            "this version (%s/%s.esp.log); if it does not, "
                            "end it with `ovs-appctl -t %s/%s.esp.unixctl "
                            "exit`: then its SAs are lost, and the controller "
                            "makes new ones", message, b->rundir, b->name,
                            b->rundir, b->name);
        free(message);
    } else if (!error && (strcmp(b->hello.plain_port, b->plain_port)
                   || strcmp(b->hello.cipher_port, b->cipher_port))) {
        *errorp = xasprintf("a data plane of that name runs already with %s, "
                            "%s: end it with `ovs-appctl -t "
                            "%s/%s.esp.unixctl exit`", b->hello.plain_port,
                            b->hello.cipher_port, b->rundir, b->name);
        error = EBUSY;
    }
    error = error ? error : command(b, CONTROL_OWN_IPS, put_own_ips,
                                    &b->own_ips, errorp);
    error = error ? error : command(b, CONTROL_SUBSCRIBE, NULL, NULL, errorp);
    b->is_ours = !error;
    return error;
}

/* Connects to the data plane that runs.  Returns 0, or a positive errno with a
 * message in '*errorp' (caller frees): ENOENT or ECONNREFUSED if there is
 * none. */
static int
connect_to(struct backend_userspace *b, char **errorp)
{
    int error = control_client_connect(&b->client, b->control_path);

    b->is_ours = false;
    if (error) {
        *errorp = (error == EAGAIN ? xstrdup(silence_reason(error))
                   : xasprintf("no data plane at %s (%s)", b->control_path,
                               ovs_strerror(error)));
    }
    return error;
}

/* Does as connect_to(), waits until the data plane answers, and checks that it
 * is ours. */
static int
attach(struct backend_userspace *b, char **errorp)
{
    struct control_buffer reply;
    struct wire_reader r;
    int error = connect_to(b, errorp);

    if (error) {
        return error;
    }
    error = transact(b, CONTROL_HELLO, NULL, NULL, &reply, &r, errorp);
    error = error ? error : take_hello(b, &r, errorp);
    control_free(&reply);
    error = check_data_plane(b, error, errorp);
    if (error) {
        disconnect(b, *errorp);
    } else {
        set_reason(b, b->hello.reason[0] ? b->hello.reason : NULL);
    }
    return error;
}

/* Starts the data plane; it answers a little later.  With 'take_over' it
 * succeeds the one that runs. */
static int
start(struct backend_userspace *b, bool take_over, char **errorp)
{
    char *own_ips = own_ips_format(&b->own_ips);
    char *argv[] = {
        process_find_program("sdsa-esp", "vnf-agent"),
        xasprintf("--name=%s", b->name),
        xasprintf("--rundir=%s", b->rundir),
        xasprintf("--plain=%s", b->plain_port),
        xasprintf("--cipher=%s", b->cipher_port),
        xasprintf("--cipher-ip=%s", own_ips),
        xasprintf("--log-file=%s/%s.esp.log", b->rundir, b->name),
        take_over ? xstrdup("--take-over") : NULL,
        NULL
    };
    int error = process_start_detached(argv, b->netns, errorp);
    free(own_ips);

    VLOG_INFO("%s: started %s%s%s%s", b->name, argv[0],
              take_over ? ", to take over" : "", error ? ": " : "",
              error ? *errorp : "");
    for (size_t i = 0; argv[i]; i++) {
        free(argv[i]);
    }
    return error;
}

/* Returns why a data plane that was started does not count.  Caller frees. */
static char *
late_reason(const struct backend_userspace *b)
{
    return xasprintf("sdsa-esp did not come up; see %s/%s.esp.log", b->rundir,
                     b->name);
}

/* Lifecycle. */

static void
backend_userspace_free(struct backend_userspace *b)
{
    control_client_destroy(&b->client);
    control_hello_destroy(&b->hello);
    free(b->name);
    free(b->rundir);
    free(b->netns);
    free(b->plain_port);
    free(b->cipher_port);
    free(b->control_path);
    free(b->up.reason);
    free(b);
}

/* Starts the data plane and waits until it answers. */
static int
start_and_attach(struct backend_userspace *b, char **errorp)
{
    long long int deadline_ms = time_msec() + START_TIMEOUT_MS;
    int error = start(b, false, errorp);

    if (error) {
        return error;
    }
    for (;;) {
        error = attach(b, errorp);
        if (error != ENOENT && error != ECONNREFUSED) {
            return error;
        }
        free(*errorp);
        if (time_msec() >= deadline_ms) {
            *errorp = late_reason(b);
            return ETIMEDOUT;
        }
        poll(NULL, 0, RETRY_MS);
    }
}

/* Returns true if the data plane that answered runs another file than that
 * which we would start: sdsa was installed anew. */
static bool
is_replaced(const struct backend_userspace *b)
{
    char *program = process_find_program("sdsa-esp", "vnf-agent");
    char *id = process_program_id(program);
    bool replaced = id[0] && strcmp(id, b->hello.program);

    free(id);
    free(program);
    return replaced;
}

/* Lets a data plane of the program that is installed succeed the one that
 * runs.  If it cannot, the one that runs goes on; there is a reason then if
 * we cannot speak to it. */
static void
replace(struct backend_userspace *b)
{
    long long int deadline_ms = time_msec() + REPLACE_TIMEOUT_MS;
    char *message = NULL;
    int error = start(b, true, &message);

    while (!error && time_msec() < deadline_ms) {
        poll(NULL, 0, RETRY_MS);
        if (!attach(b, &message) && !is_replaced(b)) {
            VLOG_INFO("%s: the new data plane took over", b->name);
            return;
        }
        free(message);
        message = NULL;
    }
    VLOG_WARN("%s: the data plane that runs did not hand over to %s", b->name,
              message ? message : "the one that is installed");
    free(message);
}

static int
backend_userspace_open(const struct backend_config *config,
                       struct backend **backendp, char **errorp)
{
    *backendp = NULL;
    *errorp = NULL;
    if (!config->name[0] || strchr(config->name, '/')) {
        *errorp = xasprintf("%s cannot be part of a file name", config->name);
        return EINVAL;
    }

    struct backend_userspace *b = xzalloc(sizeof *b);
    b->up = (struct backend) {
        .class = &backend_userspace_class,
        .boot_id = &b->hello.boot_id,
        .suites = UINT32_MAX,
        .events = &b->client.events,
    };
    b->name = xstrdup(config->name);
    b->rundir = abs_file_name(NULL, config->rundir);
    b->netns = nullable_xstrdup(config->netns);
    b->plain_port = xstrdup(config->plain_port);
    b->cipher_port = xstrdup(config->cipher_port);
    b->own_ips = config->own_ips;
    b->control_path = xasprintf("%s/%s.esp.ctl", b->rundir, b->name);
    control_client_init(&b->client);
    b->backoff_ms = MIN_BACKOFF_MS;

    int error = attach(b, errorp);
    b->may_replace = error && error != EPROTONOSUPPORT;
    if (error == ENOENT || error == ECONNREFUSED) {
        free(*errorp);
        error = start_and_attach(b, errorp);
        b->next_start_ms = time_msec() + b->backoff_ms;
    } else if (error == EPROTONOSUPPORT || (!error && is_replaced(b))) {
        free(*errorp);
        *errorp = NULL;
        error = 0;
        replace(b);
    } else if (!error) {
        VLOG_INFO("%s: adopted the data plane that runs", b->name);
    }
    if (error == EBUSY) {       /* It never comes right by itself. */
        backend_userspace_free(b);
        return error;
    } else if (error) {
        VLOG_WARN("%s: going on without a data plane: %s", b->name, *errorp);
        set_reason(b, *errorp);
        free(*errorp);
        *errorp = NULL;
        b->retry_ms = time_msec() + STATUS_INTERVAL_MS;
    }
    *backendp = &b->up;
    return 0;
}

static void
backend_userspace_close(struct backend *backend, bool stop)
{
    struct backend_userspace *b = backend_userspace_cast(backend);

    if (stop && b->is_ours
        && !command(b, CONTROL_SHUTDOWN, NULL, NULL, NULL)) {
        control_client_wait_end(&b->client);
    }
    backend_userspace_free(b);
}

/* Handles 'error', with a message or NULL, of a try to get the data plane
 * back.  If none is there, or it is of another version, starts one. */
static void
not_attached(struct backend_userspace *b, int error, const char *message)
{
    bool gone = error == ENOENT || error == ECONNREFUSED;
    long long int now_ms = time_msec();

    b->retry_ms = now_ms + (gone ? RETRY_MS : STATUS_INTERVAL_MS);
    if (!gone) {
        disconnect(b, message && message[0] ? message : silence_reason(error));
    }
    if ((gone || error == EPROTONOSUPPORT)
        && now_ms >= b->start_deadline_ms && now_ms >= b->next_start_ms) {
        char *start_error = NULL;

        if (gone && b->start_deadline_ms) {
            char *reason = late_reason(b);
            set_reason(b, reason);
            free(reason);
        }
        if (start(b, !gone, &start_error)) {
            set_reason(b, start_error);
            free(start_error);
        } else {
            b->start_deadline_ms = now_ms + START_TIMEOUT_MS;
        }
        b->next_start_ms = now_ms + b->backoff_ms;
        b->backoff_ms = MIN(2 * b->backoff_ms, MAX_BACKOFF_MS);
    }
}

/* Handles that the data plane is back. */
static void
attached(struct backend_userspace *b)
{
    b->next_start_ms = time_msec() + b->backoff_ms;
    b->start_deadline_ms = 0;
    if (b->may_replace && is_replaced(b)) {
        char *message = NULL;
        start(b, true, &message);
        free(message);
    }
    b->may_replace = false;
}

/* Tries to get the data plane back: the one that runs, else a new one. */
static void
reconnect(struct backend_userspace *b)
{
    char *message = NULL;

    int error = connect_to(b, &message);
    error = error ? error : control_client_ask(&b->client, CONTROL_HELLO);
    if (error) {
        not_attached(b, error, message);
    }
    free(message);
}

/* Handles the answer of the data plane to CONTROL_HELLO, if it is there or too
 * late. */
static void
run_answer(struct backend_userspace *b)
{
    bool was_ours = b->is_ours;
    struct control_buffer reply;
    struct wire_reader r;
    char *message;

    int error = control_client_take_answer(&b->client, &reply, &r, &message);
    if (!error) {
        free(message);
        message = NULL;
        error = take_hello(b, &r, &message);
    } else if (error == EAGAIN) {
        return;
    }
    control_free(&reply);
    if (!was_ours) {
        error = check_data_plane(b, error, &message);
    }
    if (error) {
        VLOG_WARN_RL(&rl, "%s: %s", b->name,
                     message ? message : silence_reason(error));
        not_attached(b, error, message);
    } else {
        set_reason(b, b->hello.reason[0] ? b->hello.reason : NULL);
        if (!was_ours) {
            attached(b);
        } else if (time_msec() >= b->next_start_ms + MAX_BACKOFF_MS) {
            b->backoff_ms = MIN_BACKOFF_MS;
        }
    }
    free(message);
}

static void
backend_userspace_run(struct backend *backend)
{
    struct backend_userspace *b = backend_userspace_cast(backend);

    if (control_client_run(&b->client)) {
        disconnect(b, silence_reason(ECONNRESET));
        b->retry_ms = 0;
    }
    if (b->client.fd < 0 && time_msec() >= b->retry_ms) {
        reconnect(b);
    }
    run_answer(b);
    if (b->is_ours && !b->client.asking
        && (time_msec() >= b->status_ms
            || control_client_needs_request(&b->client))) {
        int error = control_client_ask(&b->client, CONTROL_HELLO);

        if (error) {
            disconnect(b, silence_reason(error));
        }
    }
}

static void
backend_userspace_wait(struct backend *backend)
{
    const struct backend_userspace *b = backend_userspace_cast(backend);

    control_client_wait(&b->client);
    if (control_client_needs_request(&b->client)) {
        poll_immediate_wake();
    }
    if (b->client.fd < 0) {
        poll_timer_wait_until(MAX(b->retry_ms, time_msec() + RETRY_MS));
    } else if (!b->client.asking) {
        poll_timer_wait_until(b->status_ms);
    }
}

static void
backend_userspace_set_own_ips(struct backend *backend,
                              const struct own_ips *own_ips)
{
    struct backend_userspace *b = backend_userspace_cast(backend);

    b->own_ips = *own_ips;
    if (b->is_ours) {
        char *error = NULL;
        if (command(b, CONTROL_OWN_IPS, put_own_ips, own_ips, &error)) {
            VLOG_WARN("%s: own addresses: %s", b->name, error);
            disconnect(b, error);       /* The next connection begins so. */
        }
        free(error);
    }
}

/* SAs and policies. */

static int
backend_userspace_apply(struct backend *backend, const struct ovs_list *edits,
                        char **errorp)
{
    struct backend_userspace *b = backend_userspace_cast(backend);
    const struct backend_edit *edit;

    *errorp = NULL;
    LIST_FOR_EACH (edit, node, edits) {
        int error = backend_check_name(edit->sa ? edit->sa->name
                                       : edit->policy->name, errorp);

        if (error) {
            return error;
        }
    }
    return command(b, CONTROL_APPLY, control_put_edits, edits, errorp);
}

struct dump_chunk {
    struct control_buffer reply;
    struct wire_reader objects; /* At the first object of 'reply'. */
};

/* A dump that is being read: replies of one generation of the tables. */
struct dump {
    struct dump_chunk *chunks;
    size_t n, allocated;
    uint64_t generation;
};

static void
dump_clear(struct dump *dump)
{
    for (size_t i = 0; i < dump->n; i++) {
        control_free(&dump->chunks[i].reply);
    }
    dump->n = 0;
}

/* Reads the objects of a chunk, with the callbacks that are not NULL.  Returns
 * the serial from which to go on, or 0. */
static uint64_t
read_chunk(enum control_type type, struct wire_reader *r,
           backend_dump_sa_cb *sa_cb, backend_dump_policy_cb *policy_cb,
           void *aux)
{
    while (wire_get_u8(r) && !r->failed) {
        if (type == CONTROL_DUMP_SAS) {
            struct sa *sa = wire_get_sa(r);
            struct sa_stats stats;

            wire_get_sa_stats(r, &stats);
            if (sa && sa_cb && !r->failed) {
                sa_cb(sa, &stats, aux);
            }
            sa_destroy(sa);
        } else {
            struct policy *policy = wire_get_policy(r);

            if (policy && policy_cb) {
                policy_cb(policy, aux);
            }
            policy_destroy(policy);
        }
    }
    return wire_get_u64(r);
}

static void
put_serial(struct wire_writer *w, const void *serial)
{
    wire_put_u64(w, *(const uint64_t *) serial);
}

/* Fetches all chunks of 'type'.  Returns 0, a positive errno, or EAGAIN if the
 * tables changed meanwhile. */
static int
fetch_chunks(struct backend_userspace *b, enum control_type type,
             struct dump *dump)
{
    uint64_t serial = 0;

    do {
        struct control_buffer reply;
        struct wire_reader r;
        int error = transact(b, type, put_serial, &serial, &reply, &r, NULL);

        if (error) {
            control_free(&reply);
            return error;
        }
        if (dump->n >= dump->allocated) {
            dump->chunks = x2nrealloc(dump->chunks, &dump->allocated,
                                      sizeof *dump->chunks);
        }

        uint64_t generation = wire_get_u64(&r);
        bool changed = dump->n && generation != dump->generation;
        dump->generation = generation;
        dump->chunks[dump->n++] = (struct dump_chunk) {
            .reply = reply,
            .objects = r,
        };
        serial = read_chunk(type, &r, NULL, NULL, NULL);
        if (r.failed) {
            return EPROTO;
        } else if (changed) {
            return EAGAIN;
        }
    } while (serial);
    return 0;
}

static int
backend_userspace_dump(struct backend *backend, backend_dump_sa_cb *sa_cb,
                       backend_dump_policy_cb *policy_cb, void *aux)
{
    struct backend_userspace *b = backend_userspace_cast(backend);
    struct dump dump = { .chunks = NULL };
    size_t n_policy_chunks = 0;
    int error = EAGAIN;

    /* Policies first, then SAs, both of one generation. */
    for (int i = 0; error == EAGAIN && i < MAX_DUMP_TRIES; i++) {
        dump_clear(&dump);
        error = fetch_chunks(b, CONTROL_DUMP_POLICIES, &dump);
        if (!error) {
            n_policy_chunks = dump.n;
            error = fetch_chunks(b, CONTROL_DUMP_SAS, &dump);
        }
    }
    for (size_t i = 0; !error && i < dump.n; i++) {
        read_chunk(i < n_policy_chunks ? CONTROL_DUMP_POLICIES
                   : CONTROL_DUMP_SAS,
                   &dump.chunks[i].objects, sa_cb, policy_cb, aux);
    }
    dump_clear(&dump);
    free(dump.chunks);
    return error;
}

struct sa_id {
    enum sa_direction direction;
    uint32_t spi;
};

static void
put_sa_id(struct wire_writer *w, const void *id_)
{
    const struct sa_id *id = id_;

    wire_put_u8(w, id->direction);
    wire_put_u32(w, id->spi);
}

static int
backend_userspace_get_sa_stats(struct backend *backend,
                               enum sa_direction direction, uint32_t spi,
                               struct sa_stats *stats)
{
    struct backend_userspace *b = backend_userspace_cast(backend);
    struct control_buffer reply;
    const struct sa_id id = { direction, spi };
    struct wire_reader r;
    int error = transact(b, CONTROL_SA_STATS, put_sa_id, &id, &reply, &r,
                         NULL);

    if (!error) {
        wire_get_sa_stats(&r, stats);
        error = r.failed ? EPROTO : 0;
    }
    control_free(&reply);
    return error;
}

static int
backend_userspace_get_stats(struct backend *backend,
                            struct backend_stats *stats)
{
    struct backend_userspace *b = backend_userspace_cast(backend);
    struct control_buffer reply;
    struct wire_reader r;

    int error = transact(b, CONTROL_STATS, NULL, NULL, &reply, &r, NULL);
    if (!error) {
        wire_get_stats(&r, stats);
        error = r.failed ? EPROTO : 0;
    }
    control_free(&reply);
    return error;
}

const struct backend_class backend_userspace_class = {
    .name = "userspace",
    .open = backend_userspace_open,
    .close = backend_userspace_close,
    .run = backend_userspace_run,
    .wait = backend_userspace_wait,
    .set_own_ips = backend_userspace_set_own_ips,
    .apply = backend_userspace_apply,
    .dump = backend_userspace_dump,
    .get_sa_stats = backend_userspace_get_sa_stats,
    .get_stats = backend_userspace_get_stats,
};
