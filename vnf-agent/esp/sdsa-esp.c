/* SPDX-License-Identifier: Apache-2.0 */
/* sdsa-esp: the data plane of a gateway's userspace backend.
 *
 * It outlives the agent that started it and needs none: what it knows is in
 * memory only, and is changed through its control socket.  When it ends, all
 * SAs are gone, unless it hands them over to a successor. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fatal-signal.h"
#include "if-notifier.h"
#include "latch.h"
#include "lib/address.h"
#include "lib/boot-clock.h"
#include "lib/daemon-life.h"
#include "lib/daemon-options.h"
#include "lib/descriptors.h"
#include "lib/privileges.h"
#include "lib/process-util.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovs-thread.h"
#include "timeval.h"
#include "unixctl.h"
#include "util.h"
#include "vnf-agent/esp/control-server.h"
#include "vnf-agent/esp/engine.h"
#include "vnf-agent/esp/esp-control.h"
#include "vnf-agent/esp/port.h"
#include "vnf-agent/esp/sandbox.h"
#include "vnf-agent/esp/show.h"
#include "vnf-agent/esp/succession.h"

VLOG_DEFINE_THIS_MODULE(sdsa_esp);

#define HOUSEKEEPING_MS 1000    /* Pause between looks at lifetimes, ports. */
#define LOCK_MS 1000            /* Wait for an older process to end. */
#define MAX_ROUNDS 64           /* Batches of each port in one wake-up. */

/* Options of the command line. */
struct options {
    const char *name;           /* VNF-ID: names our files. */
    const char *rundir;         /* Folder of our files. */
    const char *plain, *cipher; /* Network interfaces. */
    struct own_ips own_ips;
    bool take_over;             /* From the process that runs. */
};

struct esp {
    struct engine *engine;
    struct port *ports[2];      /* ENGINE_* is the index. */
    struct control_hello hello;
    struct control_server *control;
    struct unixctl_server *unixctl;
    struct if_notifier *notifier;
    bool interfaces_changed;
    bool exiting;
    bool handed_over;           /* Nothing is ours any more. */
    long long int now_ms;       /* CLOCK_BOOTTIME at the last update. */
    long long int housekeeping_ms;
    char *pid_path, *control_path, *unixctl_path;
    int pid_fd;
    int sockets[2];             /* port_open() for each port, or negative. */
    int predecessor;            /* succession_connect(), or negative. */
};

/* Set by SIGTERM and SIGINT. */
static struct latch exit_latch;

static void
handle_exit_signal(int sig OVS_UNUSED)
{
    latch_set(&exit_latch);
}

static void OVS_NO_RETURN
usage(void)
{
    printf("sdsa-esp: data plane of an sdsa gateway: ESP between two ports\n"
           "usage: sdsa-esp [OPTIONS]\n"
           "The agent starts it; it has no configuration of its own.\n"
           "\nRequired options:\n"
           "  --name=NAME          names the files in the run directory\n"
           "  --plain=PORT         network interface of traffic in clear\n"
           "  --cipher=PORT        network interface of ESP\n"
           "  --cipher-ip=ADDRESS[,ADDRESS...]\n"
           "                       own outer IP address, and those of before\n"
           "\nOther options:\n"
           "  --rundir=DIR         for NAME.esp.ctl, NAME.esp.pid and\n"
           "                       NAME.esp.unixctl (default: %s)\n"
           "  --take-over          succeed the process of NAME that runs\n"
           "  -h, --help           print this help and exit\n"
           "  -V, --version        print the version and exit\n",
           SDSA_RUNDIR);
    vlog_usage();
    exit(EXIT_SUCCESS);
}

static void OVS_NO_RETURN
print_version(void)
{
    printf("sdsa-esp (sdsa) %s\n", SDSA_VERSION);
    exit(EXIT_SUCCESS);
}

static void
parse_options(int argc, char *argv[], struct options *options)
{
    const char *cipher_ip = NULL;
    const struct daemon_option own[] = {
        { "name", .value = &options->name },
        { "rundir", .value = &options->rundir, .is_path = true },
        { "plain", .value = &options->plain },
        { "cipher", .value = &options->cipher },
        { "cipher-ip", .value = &cipher_ip },
        { "take-over", .flag = &options->take_over },
        { "help", 'h', .print = usage },
        { "version", 'V', .print = print_version },
    };
    *options = (struct options) { .rundir = SDSA_RUNDIR };
    daemon_options_parse(argc, argv, own, ARRAY_SIZE(own), false);
    if (cipher_ip && !own_ips_parse(cipher_ip, &options->own_ips)) {
        ovs_fatal(0, "--cipher-ip: %s is no list of up to %d unicast IP "
                  "addresses",
                  cipher_ip, OWN_IPS_MAX);
    }
    if (optind < argc) {
        ovs_fatal(0, "no arguments but options are taken (see --help)");
    }
    if (!options->name || !options->plain || !options->cipher
        || !options->own_ips.n) {
        ovs_fatal(0, "--name, --plain, --cipher and --cipher-ip are required "
                  "(see --help)");
    }
    if (!strcmp(options->plain, options->cipher)) {
        ovs_fatal(0, "--plain and --cipher are both %s: they must be two "
                  "interfaces", options->plain);
    }
    if (!options->name[0] || strchr(options->name, '/')) {
        ovs_fatal(0, "--name: %s cannot be part of a file name",
                  options->name);
    }
}

/* Locks 'fd'.  A data plane that was killed may hold its lock for a moment
 * after its control socket is gone, which is when its agent starts us. */
static bool
lock_soon(int fd)
{
    for (long long int end = time_msec() + LOCK_MS;;) {
        if (!flock(fd, LOCK_EX | LOCK_NB)) {
            return true;
        } else if (time_msec() > end) {
            return false;
        }
        xnanosleep(10 * 1000 * 1000);
    }
}

static void
write_pid(int fd)
{
    char *text = xasprintf("%ld\n", (long int) getpid());

    ignore(ftruncate(fd, 0));
    ignore(pwrite(fd, text, strlen(text), 0));
    free(text);
}

/* Takes the lock that makes us the only data plane of our name, or ends the
 * process.  The lock ends with us, however that comes about. */
static void
lock_pid_file(struct esp *esp)
{
    for (;;) {
        struct stat by_fd, by_path;
        int fd = open(esp->pid_path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);

        if (fd < 0) {
            VLOG_FATAL("cannot open %s (%s)", esp->pid_path,
                       ovs_strerror(errno));
        }
        if (!lock_soon(fd)) {
            VLOG_FATAL("%s is locked: sdsa-esp runs already (%s)",
                       esp->pid_path, ovs_strerror(errno));
        }
        /* The last process may have removed its file before we locked it. */
        if (fstat(fd, &by_fd) || stat(esp->pid_path, &by_path)
            || by_fd.st_ino != by_path.st_ino) {
            close(fd);
            continue;
        }

        write_pid(fd);
        esp->pid_fd = fd;
        return;
    }
}

/* Tells the engine and the clients of the control socket what the ports are
 * like now. */
static void
update_ports(struct esp *esp)
{
    struct control_hello *hello = &esp->hello;
    const char *names[2] = {
        [ENGINE_PLAIN] = hello->plain_port,
        [ENGINE_CIPHER] = hello->cipher_port,
    };
    char *reason = NULL;

    for (int i = 0; i < 2; i++) {
        const char *port_reason = port_down_reason(esp->ports[i]);

        esp->engine->ports[i] = *port_get(esp->ports[i]);
        if (port_reason && !reason) {
            reason = xasprintf("port %s %s", names[i], port_reason);
        }
    }
    hello->plain = esp->engine->ports[ENGINE_PLAIN];
    hello->cipher = esp->engine->ports[ENGINE_CIPHER];
    free(hello->reason);
    hello->reason = reason ? reason : xstrdup("");
}

static void
note_interface_change(void *esp_)
{
    struct esp *esp = esp_;

    esp->interfaces_changed = true;
}

static void
update_clock(struct esp *esp)
{
    esp->now_ms = boot_clock_ms();
}

/* Passes one batch on from 'from'.  Returns true if there was any. */
static bool
forward(struct esp *esp, enum engine_port from)
{
    struct port *in = esp->ports[from];
    struct port *out = esp->ports[!from];
    struct engine_frame frames[PORT_BATCH];
    bool sent[PORT_BATCH];
    size_t n_out = 0;

    size_t n = port_receive(in, frames);
    for (size_t i = 0; i < n; i++) {
        if (engine_process(esp->engine, from, &frames[i], esp->now_ms)) {
            frames[n_out++] = frames[i];
        }
    }
    if (n_out) {
        port_send(out, frames, n_out, sent);
        for (size_t i = 0; i < n_out; i++) {
            engine_sent(esp->engine, from, sent[i]);
        }
    }
    return n > 0;
}

/* Passes packets on, a bounded number of them.  Returns true if there may be
 * more. */
static bool
run_packets(struct esp *esp)
{
    for (int i = 0; i < MAX_ROUNDS; i++) {
        update_clock(esp);
        bool plain = forward(esp, ENGINE_PLAIN);
        bool cipher = forward(esp, ENGINE_CIPHER);
        if (!plain && !cipher) {
            return false;
        }
    }
    return true;
}

static void
count_lost(struct esp *esp, enum engine_port from)
{
    engine_lost(esp->engine, from, port_take_lost(esp->ports[from]));
}

static void
run_housekeeping(struct esp *esp)
{
    if_notifier_run();
    if (esp->now_ms >= esp->housekeeping_ms) {
        esp->housekeeping_ms = esp->now_ms + HOUSEKEEPING_MS;
        engine_expire(esp->engine, esp->now_ms);
        esp->interfaces_changed = true;
    }
    if (esp->interfaces_changed) {
        esp->interfaces_changed = false;
        port_refresh(esp->ports[ENGINE_PLAIN]);
        port_refresh(esp->ports[ENGINE_CIPHER]);
        update_ports(esp);
    }
}

/* Opens the socket for ovs-appctl, which packets do not need.  Returns false
 * on failure. */
static bool
open_unixctl(struct esp *esp)
{
    int error = unixctl_server_create(esp->unixctl_path, &esp->unixctl);

    if (error) {
        VLOG_ERR("cannot listen on %s (%s)", esp->unixctl_path,
                 ovs_strerror(error));
    }
    return !error;
}

/* Hands all over to the successor on the other side of 'socket'.  If that does
 * not go well, we go on. */
static void
hand_over(struct esp *esp, int socket)
{
    const int fds[] = {
        [SUCCESSION_CONTROL] = control_server_get_fd(esp->control),
        [SUCCESSION_PID_FILE] = esp->pid_fd,
        [SUCCESSION_PLAIN] = port_get_fd(esp->ports[ENGINE_PLAIN]),
        [SUCCESSION_CIPHER] = port_get_fd(esp->ports[ENGINE_CIPHER]),
    };
    long long int deadline_ms = time_msec() + SUCCESSION_TIMEOUT_MS;
    char *error = succession_give(socket, esp->engine, &esp->hello.boot_id,
                                  fds);

    if (!error && latch_is_set(&exit_latch)) {
        error = xstrdup("told to end");
    }
    if (!error) {
        /* The successor makes a socket of that name. */
        unixctl_server_destroy(esp->unixctl);
        esp->unixctl = NULL;
        if (succession_let_go(socket, deadline_ms)) {
            esp->exiting = esp->handed_over = true;
        } else {
            open_unixctl(esp);
            error = xstrdup("the successor is gone, or ready too late");
        }
    }
    if (error) {
        VLOG_WARN("nothing handed over: %s", error);
        free(error);
    }
    close(socket);
}

static void
run_control(struct esp *esp)
{
    struct control_context ctx = {
        .engine = esp->engine,
        .hello = &esp->hello,
        .now_ms = esp->now_ms,
    };

    control_server_run(esp->control, &ctx);
    unixctl_server_run(esp->unixctl);
    if (ctx.shutdown || latch_poll(&exit_latch)) {
        esp->exiting = true;
        return;
    }
    int successor = control_server_take_successor(esp->control);
    if (successor >= 0) {
        hand_over(esp, successor);
    }
}

static void
main_loop(struct esp *esp)
{
    while (!esp->exiting) {
        bool more = run_packets(esp);
        count_lost(esp, ENGINE_PLAIN);
        count_lost(esp, ENGINE_CIPHER);
        run_housekeeping(esp);
        run_control(esp);
        if (esp->exiting) {
            break;
        }

        port_wait(esp->ports[ENGINE_PLAIN]);
        port_wait(esp->ports[ENGINE_CIPHER]);
        control_server_wait(esp->control);
        descriptors_unixctl_wait(esp->unixctl);
        if_notifier_wait();
        latch_wait(&exit_latch);
        poll_timer_wait(MAX(0, esp->housekeeping_ms - esp->now_ms));
        if (more) {
            poll_immediate_wake();
        }
        poll_block();
    }
}

static void
unixctl_show(struct unixctl_conn *conn, int argc OVS_UNUSED,
             const char *argv[] OVS_UNUSED, void *esp_)
{
    const struct esp *esp = esp_;
    struct ds s = DS_EMPTY_INITIALIZER;

    show_hello(&esp->hello, &s);
    show_engine(esp->engine, esp->now_ms, &s);
    unixctl_command_reply(conn, ds_cstr(&s));
    ds_destroy(&s);
}

/* Raises the sequence number of an outbound SA: for tests of its end. */
static void
unixctl_set_seq(struct unixctl_conn *conn, int argc OVS_UNUSED,
                const char *argv[], void *esp_)
{
    struct esp *esp = esp_;
    unsigned int spi;
    unsigned long long int seq;

    if (!str_to_uint(argv[1], 0, &spi) || !str_to_ullong(argv[2], 0, &seq)) {
        unixctl_command_reply_error(conn, "not a number");
        return;
    }

    struct esp_sa *esp_sa = tables_find_sa(esp->engine->tables, SA_OUTBOUND,
                                           spi);
    if (!esp_sa) {
        unixctl_command_reply_error(conn, "no such outbound SA");
    } else if (seq < esp_sa->seq) {
        unixctl_command_reply_error(conn, "a sequence number never goes down");
    } else if (!esp_sa->sa->esn && seq > UINT32_MAX) {
        unixctl_command_reply_error(conn, "this SA's numbers have 32 bits");
    } else {
        esp_sa->seq = seq;
        unixctl_command_reply(conn, NULL);
    }
}

static void
unixctl_exit(struct unixctl_conn *conn, int argc OVS_UNUSED,
             const char *argv[] OVS_UNUSED, void *esp_)
{
    struct esp *esp = esp_;

    esp->exiting = true;
    unixctl_command_reply(conn, NULL);
}

static void
register_commands(struct esp *esp)
{
    unixctl_command_register("esp/show", "", 0, 0, unixctl_show, esp);
    unixctl_command_register("esp/set-seq", "SPI NUMBER", 2, 2,
                             unixctl_set_seq, esp);
    unixctl_command_register("exit", "", 0, 0, unixctl_exit, esp);
}

static char *
rundir_file(const struct options *options, const char *suffix)
{
    return xasprintf("%s/%s.esp.%s", options->rundir, options->name, suffix);
}

/* Makes both ports, from sockets that a predecessor handed over.  A port for
 * which there is none (-1) gets ours. */
static void
make_ports(struct esp *esp, int plain_fd, int cipher_fd)
{
    const char *names[2] = {
        [ENGINE_PLAIN] = esp->hello.plain_port,
        [ENGINE_CIPHER] = esp->hello.cipher_port,
    };
    const int fds[2] = {
        [ENGINE_PLAIN] = plain_fd,
        [ENGINE_CIPHER] = cipher_fd,
    };

    for (int i = 0; i < 2; i++) {
        bool handed_over = fds[i] >= 0;

        esp->ports[i] = port_create(names[i], (handed_over ? fds[i]
                                               : esp->sockets[i]));
        if (handed_over && esp->sockets[i] >= 0) {
            close(esp->sockets[i]);
        }
    }
}

/* Begins with nothing, or ends the process with a message. */
static void
begin(struct esp *esp)
{
    lock_pid_file(esp);
    if (!open_unixctl(esp)) {
        exit(EXIT_FAILURE);
    }
    uuid_generate(&esp->hello.boot_id);
    esp->engine = engine_create(&esp->hello.own_ips);
    make_ports(esp, -1, -1);

    /* Last: a client that finds this socket finds us ready. */
    int error = control_server_create(esp->control_path, &esp->control);
    if (error) {
        VLOG_FATAL("cannot listen on %s (%s)", esp->control_path,
                   ovs_strerror(error));
    }
}

/* Takes over from the process that runs; begins with nothing if there is none.
 * Ends the process with a message if the other one goes on. */
static void
take_over(struct esp *esp)
{
    struct succession s;
    int error = MAX(0, -esp->predecessor);
    char *message = (error ? xasprintf("no data plane at %s (%s)",
                                       esp->control_path, ovs_strerror(error))
                     : succession_request(esp->predecessor, &esp->hello, &s));

    if (error == ENOENT || error == ECONNREFUSED) {
        VLOG_INFO("%s", message);
        free(message);
        begin(esp);
        return;
    }
    message = message ? message : succession_finish(&s);
    if (message) {
        VLOG_FATAL("cannot take over: %s", message);
    }

    esp->engine = s.engine;
    esp->hello.boot_id = s.boot_id;
    make_ports(esp, s.fds[SUCCESSION_PLAIN], s.fds[SUCCESSION_CIPHER]);
    esp->control = control_server_adopt(esp->control_path,
                                        s.fds[SUCCESSION_CONTROL]);
    esp->pid_fd = s.fds[SUCCESSION_PID_FILE];
    write_pid(esp->pid_fd);
    open_unixctl(esp);
    VLOG_INFO("took over from the data plane that ran: %"PRIuSIZE" SAs",
              hmap_count(&esp->engine->tables->sas));
}

/* Opens the sockets of the ports, for which it takes privileges, and gives
 * these up; but CAP_NET_RAW stays, to try again if there is no socket yet.  To
 * be called before there are threads. */
static void
open_ports(int sockets[2])
{
    for (int i = 0; i < 2; i++) {
        sockets[i] = port_open();
    }
    privileges_keep(PRIVILEGE(CAP_NET_RAW));
}

/* Makes '*esp', with all that must be connected.  Takes ownership of
 * 'sockets'. */
static void
esp_init(struct esp *esp, const struct options *options, const int sockets[2])
{
    vlog_init();                /* Connects to syslog. */
    *esp = (struct esp) {
        .sockets = { sockets[0], sockets[1] },
        .pid_path = rundir_file(options, "pid"),
        .control_path = rundir_file(options, "ctl"),
        .unixctl_path = rundir_file(options, "unixctl"),
        .hello = {
            .plain_port = xstrdup(options->plain),
            .cipher_port = xstrdup(options->cipher),
            .own_ips = options->own_ips,
            .program = process_program_id("/proc/self/exe"),
        },
    };
    esp->notifier = if_notifier_create(note_interface_change, esp);
    esp->predecessor = (options->take_over
                        ? succession_connect(esp->control_path) : -1);
}

/* Sets all up, or ends the process with a message. */
static void
esp_begin(struct esp *esp, const struct options *options)
{
    register_commands(esp);
    if (options->take_over) {
        take_over(esp);
    } else {
        begin(esp);
    }
    update_clock(esp);
    update_ports(esp);
}

static void
esp_destroy(struct esp *esp)
{
    engine_destroy(esp->engine);
    /* A client that sees its connection end knows that all is wiped, and that
     * our files are gone. */
    if (esp->handed_over) {
        control_server_leave(esp->control);
    } else {
        unlink(esp->pid_path);
        unixctl_server_destroy(esp->unixctl);
        control_server_destroy(esp->control);
    }
    port_destroy(esp->ports[ENGINE_PLAIN]);
    port_destroy(esp->ports[ENGINE_CIPHER]);
    if_notifier_destroy(esp->notifier);
    control_hello_destroy(&esp->hello);
    close(esp->pid_fd);
    free(esp->pid_path);
    free(esp->control_path);
    free(esp->unixctl_path);
}

int
main(int argc, char *argv[])
{
    struct options options;
    struct esp esp;
    int sockets[2];

    daemon_life_begin();
    ovs_set_program_name(argv[0], SDSA_VERSION);
    /* A data plane under load is busy by nature: not worth a line each
     * time. */
    vlog_set_levels_from_string_assert("poll_loop:warn");
    parse_options(argc, argv, &options);

    /* Before libopenvswitch takes the signals: ours end with status 0. */
    latch_init(&exit_latch);
    signal(SIGTERM, handle_exit_signal);
    signal(SIGINT, handle_exit_signal);
    fatal_ignore_sigpipe();

    /* Before it takes over: then packets wait for it. */
    open_ports(sockets);
    sandbox_bound_files(options.rundir);
    daemon_life_running();
    esp_init(&esp, &options, sockets);
    sandbox_enter();
    esp_begin(&esp, &options);
    char *ips = own_ips_format(&options.own_ips);
    VLOG_INFO("%s: %s <-> %s, %s, boot id "UUID_FMT, options.name,
              options.plain, options.cipher, ips,
              UUID_ARGS(&esp.hello.boot_id));
    free(ips);
    main_loop(&esp);
    VLOG_INFO("%s: exiting, all SAs %s", options.name,
              esp.handed_over ? "handed over and wiped" : "wiped");
    esp_destroy(&esp);
    latch_destroy(&exit_latch);
    return EXIT_SUCCESS;
}
