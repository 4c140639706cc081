/* SPDX-License-Identifier: Apache-2.0 */

/* sdsa-agent: an IPsec gateway's RESTCONF server.  This part has the options,
 * sets all up, and runs the main loop. */

#include <config.h>

#include <errno.h>
#include <jansson.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command-line.h"
#include "daemon.h"
#include "fatal-signal.h"
#include "lib/address.h"
#include "lib/daemon-life.h"
#include "lib/daemon-options.h"
#include "lib/descriptors.h"
#include "lib/https/https-peers.h"
#include "lib/https/https-server.h"
#include "lib/name.h"
#include "lib/ovs-compat.h"
#include "lib/privileges.h"
#include "lib/secret.h"
#include "lib/tls-files.h"
#include "lib/x509.h"
#include "lockfile.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "unixctl.h"
#include "util.h"
#include "uuid.h"
#include "vnf-agent/backend-choose.h"
#include "vnf-agent/backend/backend.h"
#include "vnf-agent/cipher-ips.h"
#include "vnf-agent/datastore/datastore.h"
#include "vnf-agent/registrar/identity.h"
#include "vnf-agent/registrar/registrar.h"
#include "vnf-agent/restconf/rc-access.h"
#include "vnf-agent/restconf/rc-events.h"
#include "vnf-agent/restconf/restconf.h"
#include "vnf-agent/xfrm/backend-xfrm.h"
#include "vnf-agent/yang/yang-schema.h"

VLOG_DEFINE_THIS_MODULE(agent);

#define TOMBSTONE_S 600         /* Default of --tombstone-time. */
#define MAX_TOMBSTONE_S (30 * 24 * 3600)

struct options {
    struct backend_config backend;
    const char *kind;           /* Argument of --backend. */
    bool flush;                 /* --flush was given. */
    const char *listen;         /* For the HTTPS server. */
    struct tls_files_names tls;
    const char *controller_name;
    const char *readers;        /* As rc_access_create() takes it. */
    struct rc_access *access;   /* Of these two. */
    const char *yang_dir;
    int tombstone_s;            /* Time that a deleted SPI stays unused, and an
                                 * address of before stays ours. */
    const char *unixctl;        /* Control socket; NULL: the default one. */
    struct token_file token_file;       /* Its name is NULL: no token. */
    struct x509_token token;    /* What is in it; taken by the registrar. */
    char *vnf_id;               /* The same, of the token; or NULL. */
    const char *state_dir;      /* Of the registrar. */
};

/* All parts of the running agent. */
struct agent_daemon {
    const struct options *options;
    struct backend_config backend_config;
    struct cipher_ips *cipher_ips;      /* Keeps its own_ips. */
    char *choice;               /* Reason for this backend. */
    struct yang_schema *schema;
    struct backend *backend;
    struct datastore *datastore;
    struct rc_source source;
    struct rc_events *events;
    struct restconf *restconf;
    struct registrar *registrar;        /* NULL: no token. */
    struct tls_files *tls;      /* Of the files of the command line, or else of
                                 * the registrar: NULL before there is a
                                 * certificate. */
    struct https_server *https; /* NULL: as 'tls'. */
    long long int https_ms;     /* When to try again to open it. */
};

#define HTTPS_RETRY_MS 1000
#define TOKEN_WAIT_MS 5000      /* For the writer of a pipe. */

/* Tries for the lock of the folder after the first one, and the pause before
 * each. */
#define LOCK_TRIES 10
#define LOCK_PAUSE_NS 200000000

/* State of the command "exit". */
struct exiting {
    bool exiting;               /* The main loop ends. */
    bool cleanup;               /* The data plane ends, too. */
};

static void parse_options(int argc, char *argv[], struct options *);
static void lock_folder(const struct backend_config *);
static uint64_t needed_privileges(const struct options *);
static bool may_end(const struct agent_daemon *, const struct exiting *);

static void agent_open(struct agent_daemon *, struct options *);
static void run_registrar(struct agent_daemon *);
static void wait_registrar(const struct agent_daemon *);
static void agent_close(struct agent_daemon *, bool stop);
static void OVS_NO_RETURN flush(const struct options *);

static unixctl_cb_func cmd_cipher_ip_set;
static unixctl_cb_func cmd_exit;
static unixctl_cb_func cmd_show;
static unixctl_cb_func cmd_tls_show;
static unixctl_cb_func cmd_registration_show;
static unixctl_cb_func cmd_registration_renew;

OVS_NO_RETURN static void
usage(void)
{
    printf("\
%s: sdsa's agent of an IPsec gateway\n\
usage: %s --vnf-id=ID --listen=ADDRESS:PORT --plain=IF --cipher=IF \\\n\
       --cipher-ip=IP -p KEY -c CERT -C CACERT [OPTIONS]\n\
       %s --token-file=FILE --state-dir=DIR --listen=ADDRESS:PORT \\\n\
       --plain=IF --cipher=IF --cipher-ip=IP [OPTIONS]\n\
Takes SAs and policies by RESTCONF (RFC 9061); a data plane of its own\n\
protects packets with them.\n\
\n\
Gateway:\n\
  --vnf-id=ID             its name\n\
  --listen=ADDRESS:PORT   where to serve RESTCONF\n\
  --plain=IF              interface of the traffic in clear\n\
  --cipher=IF             interface of the ESP\n\
  --cipher-ip=IP          own outer IP address\n\
  --netns=NAME            network namespace of both interfaces\n\
  --flush                 remove what the backend xfrm has made, and exit\n\
  --backend=KIND          auto, xfrm or userspace (default: auto)\n\
  --controller-name=NAME  name in the certificate of who may write\n\
                          (default: sdsa-controller)\n\
  --readers=NAME=NODE[+NODE]...[,NAME=...]...\n\
                          who else may read what: state, sad, spd or all\n\
  --rundir=DIR            where to keep state and sockets (default: %s)\n\
  --yang-dir=DIR          where the YANG modules are\n\
  --tombstone-time=SECS   how long a deleted SPI stays unused (default: %d)\n\
\n\
TLS:\n\
  -p, --private-key=FILE  own private key\n\
  -c, --certificate=FILE  own certificate\n\
  -C, --ca-cert=FILE      certificate of the CA of all clients\n\
\n\
Registration, in the place of these files:\n\
  --token-file=FILE       has the token of \"sdsa-ctl vnf-add\"\n\
  --state-dir=DIR         where to keep the key and certificate (default:\n\
                          in memory only)\n",
           program_name, program_name, program_name, SDSA_RUNDIR,
           TOMBSTONE_S);
    daemon_usage();
    vlog_usage();
    daemon_options_end_usage();
}

int
main(int argc, char *argv[])
{
    struct options options = {
        .kind = "auto",
        .controller_name = "sdsa-controller",
        .tombstone_s = TOMBSTONE_S,
        .backend.rundir = SDSA_RUNDIR,
    };
    struct exiting exiting = { .exiting = false };
    struct unixctl_server *unixctl;
    struct agent_daemon agent;

    daemon_life_begin();
    /* Keys pass through jansson's buffers. */
    json_set_alloc_funcs(wiping_malloc, wiping_free);

    ovs_set_program_name(argv[0], SDSA_VERSION);
    ovs_cmdl_proctitle_init(argc, argv);
    parse_options(argc, argv, &options);
    if (options.flush) {
        flush(&options);
    }
    fatal_ignore_sigpipe();
    ovs_compat_daemonize_start();
    daemon_life_detached();
    privileges_keep(needed_privileges(&options));
    lock_folder(&options.backend);      /* Before it has files there. */
    if (unixctl_server_create(options.unixctl, &unixctl)) {
        exit(EXIT_FAILURE);
    }
    agent_open(&agent, &options);
    unixctl_command_register("exit", "[--cleanup]", 0, 1, cmd_exit, &exiting);
    unixctl_command_register("cipher-ip/set", "ADDRESS", 1, 1,
                             cmd_cipher_ip_set, &agent);
    unixctl_command_register("agent/show", "", 0, 0, cmd_show, &agent);
    unixctl_command_register("tls/show", "", 0, 0, cmd_tls_show, &agent);
    unixctl_command_register("registration/show", "", 0, 0,
                             cmd_registration_show, &agent);
    unixctl_command_register("registration/renew", "", 0, 0,
                             cmd_registration_renew, &agent);
    daemonize_complete();
    if (agent.backend->reason) {
        VLOG_WARN("%s: data plane down: %s", options.backend.name,
                  agent.backend->reason);
    }
    daemon_life_running();

    while (!may_end(&agent, &exiting)) {
        const struct backend_class *class = agent.backend->class;
        class->run(agent.backend);
        datastore_run(agent.datastore);
        cipher_ips_run(agent.cipher_ips, agent.backend, agent.datastore);
        rc_events_run(agent.events, agent.backend, agent.datastore);
        run_registrar(&agent);
        if (agent.https) {
            tls_files_run(agent.tls);
            https_server_run(agent.https);
        }
        unixctl_server_run(unixctl);

        class->wait(agent.backend);
        datastore_wait(agent.datastore);
        cipher_ips_wait(agent.cipher_ips);
        rc_events_wait(agent.events);
        wait_registrar(&agent);
        if (agent.https) {
            tls_files_wait(agent.tls);
            https_server_wait(agent.https);
        }
        descriptors_unixctl_wait(unixctl);
        if (exiting.exiting) {
            poll_immediate_wake();
        }
        poll_block();
    }

    agent_close(&agent, exiting.cleanup);
    unixctl_server_destroy(unixctl);
    free(options.vnf_id);
    return 0;
}

/* Returns the capabilities that this process and its data plane need, for as
 * long as they live: network namespaces and addresses come and go. */
static uint64_t
needed_privileges(const struct options *o)
{
    /* Packet sockets, and large buffers for them; netlink. */
    uint64_t needed = PRIVILEGE(CAP_NET_RAW) | PRIVILEGE(CAP_NET_ADMIN);
    const char *port = strrchr(o->listen, ':');

    if (o->backend.netns) {
        needed |= PRIVILEGE(CAP_SYS_ADMIN);     /* setns(). */
    }
    if (port && atoi(port + 1) < IPPORT_RESERVED) {
        needed |= PRIVILEGE(CAP_NET_BIND_SERVICE);
    }
    return needed;
}

/* Lifecycle. */

/* Makes the folder, and locks what is of this VNF-ID there until the process
 * ends; or ends the process with a message. */
static void
lock_folder(const struct backend_config *config)
{
    struct lockfile *lock;      /* The end of the process unlocks. */

    if (mkdir(config->rundir, 0755) && errno != EEXIST) {
        ovs_fatal(errno, "%s: cannot make directory", config->rundir);
    }
    char *name = xasprintf("%s/%s.agent", config->rundir, config->name);
    int error = lockfile_lock(name, &lock);
    /* An agent that has just ended may hold it until its last thread is
     * gone. */
    for (int i = 0; error == EAGAIN && i < LOCK_TRIES; i++) {
        xnanosleep(LOCK_PAUSE_NS);
        error = lockfile_lock(name, &lock);
    }
    if (error == EAGAIN) {
        ovs_fatal(0, "an agent of %s runs already with %s: end it first, or "
                  "choose another --rundir", config->name, config->rundir);
    } else if (error) {
        ovs_fatal(error, "%s: cannot lock", name);
    }
    free(name);
}

/* Opens the HTTPS server.  Returns NULL or a message; caller frees. */
static char *
open_https(struct agent_daemon *agent, struct tls_files *tls)
{
    struct https_server_config config = {
        .listen = agent->options->listen,
        .files = tls,
    };
    char *error = NULL;

    agent->tls = tls;
    if (!https_server_create(&config, restconf_admit, restconf_handle,
                             agent->restconf, &agent->https, &error)) {
        VLOG_INFO("%s: serving at %s", agent->options->backend.name,
                  agent->options->listen);
    }
    return error;
}

static char *
register_again(void *registrar)
{
    return registrar_again(registrar);
}

/* Returns NULL or a message; caller frees. */
static char *
open_registrar(struct agent_daemon *agent, struct options *o,
               const char *backend)
{
    struct registrar_config config = {
        .vnf_id = o->backend.name,
        .token_file = o->token_file,
        .token = o->token,
        .state_dir = o->state_dir,
        .listen = o->listen,
        .backend = backend,
    };
    o->token = (struct x509_token) { .vnf_id = NULL };
    return registrar_create(&config, &agent->registrar);
}

static void
agent_open(struct agent_daemon *agent, struct options *o)
{
    *agent = (struct agent_daemon) { .options = o };
    char *error = yang_schema_create(o->yang_dir, &agent->schema);
    if (error) {
        ovs_fatal(0, "%s", error);
    }

    const struct backend_class *class = backend_choose(o->kind, &o->backend,
                                                       &agent->choice);
    if (!class) {
        ovs_fatal(0, "%s", agent->choice);
    }
    VLOG_INFO("%s: backend %s (%s)", o->backend.name, class->name,
              agent->choice);
    agent->backend_config = o->backend;
    agent->backend_config.choice = agent->choice;
    agent->cipher_ips = cipher_ips_create(&agent->backend_config,
                                          o->tombstone_s);

    /* Before the data plane is started: mistakes show without one. */
    agent->events = rc_events_create();
    agent->restconf = restconf_create(&agent->source, agent->events,
                                      o->access);
    if (o->token_file.name) {
        error = open_registrar(agent, o, class->name);
    } else {
        struct tls_files *tls;
        error = tls_files_open(&o->tls, &tls);
        error = error ? error : open_https(agent, tls);
        if (!error && tls_files_is_of_own_ca(tls)) {
            VLOG_WARN("%s is of an authority in %s: so every gateway that has "
                      "one of it is let in as a client, by its name; give "
                      "gateways certificates of another (sdsa-pki issue "
                      "--vnf)", o->tls.certificate, o->tls.ca_cert);
        }
    }
    if (error
        || class->open(&agent->backend_config, &agent->backend, &error)) {
        ovs_fatal(0, "%s", error);
    }

    char *dir = abs_file_name(NULL, o->backend.rundir);
    char *file_name = xasprintf("%s/%s.agent.json", dir, o->backend.name);
    struct datastore_config ds_config = {
        .backend = agent->backend,
        .schema = agent->schema,
        .own_ips = &agent->backend_config.own_ips,
        .file_name = file_name,
        .tombstone_s = o->tombstone_s,
    };
    agent->datastore = datastore_create(&ds_config);
    free(file_name);
    free(dir);
    agent->source = (struct rc_source) {
        .datastore = agent->datastore,
        .backend = agent->backend,
        .backend_config = &agent->backend_config,
        .schema = agent->schema,
        .register_again = agent->registrar ? register_again : NULL,
        .register_aux = agent->registrar,
    };
}

/* Runs the registrar, if there is one, and opens the HTTPS server as soon as
 * there is a certificate. */
static void
run_registrar(struct agent_daemon *agent)
{
    const struct backend *backend = agent->backend;
    struct registrar_facts facts;

    if (!agent->registrar) {
        return;
    }
    memset(&facts, 0, sizeof facts);
    facts.serving = agent->https != NULL;
    facts.cipher_ip = agent->backend_config.own_ips.ips[0];
    if (backend->boot_id) {
        facts.boot_id = *backend->boot_id;
    }
    if (!backend->reason) {
        facts.plain_mac = backend->plain.mac;
        facts.cipher_mac = backend->cipher.mac;
    }
    registrar_run(agent->registrar, &facts);
    if (!agent->https && registrar_tls(agent->registrar)
        && time_msec() >= agent->https_ms) {
        char *error = open_https(agent, registrar_tls(agent->registrar));
        if (error) {
            static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 1);
            VLOG_ERR_RL(&rl, "%s", error);
            free(error);
            agent->https_ms = time_msec() + HTTPS_RETRY_MS;
        } else {
            poll_immediate_wake();      /* The registrar waits for it. */
        }
    }
}

static void
wait_registrar(const struct agent_daemon *agent)
{
    if (agent->registrar) {
        registrar_wait(agent->registrar);
        if (!agent->https && registrar_tls(agent->registrar)) {
            poll_timer_wait_until(agent->https_ms);
        }
    }
}

/* Returns true if the process may end: an agent whose data plane ends too has
 * taken its leave of the authentication centre. */
static bool
may_end(const struct agent_daemon *agent, const struct exiting *exiting)
{
    if (exiting->exiting && exiting->cleanup && agent->registrar) {
        registrar_leave(agent->registrar);
        return registrar_has_left(agent->registrar);
    }
    return exiting->exiting;
}

static void
agent_close(struct agent_daemon *agent, bool stop)
{
    rc_events_destroy(agent->events);
    https_server_destroy(agent->https);
    if (agent->registrar) {
        registrar_destroy(agent->registrar);    /* And its 'tls'. */
    } else {
        tls_files_close(agent->tls);
    }
    restconf_destroy(agent->restconf);
    rc_access_destroy(agent->options->access);
    datastore_destroy(agent->datastore);
    cipher_ips_destroy(agent->cipher_ips);
    agent->backend->class->close(agent->backend, stop);
    yang_schema_destroy(agent->schema);
    free(agent->choice);
}

/* Does --flush, and ends the process. */
static void OVS_NO_RETURN
flush(const struct options *o)
{
    struct backend_config config = o->backend;

    lock_folder(&config);
    cipher_ips_destroy(cipher_ips_create(&config, o->tombstone_s));
    char *error = backend_xfrm_flush(&config);
    if (error) {
        ovs_fatal(0, "%s", error);
    }
    exit(EXIT_SUCCESS);
}

/* Options. */

/* Ends the process with a message if an option that has no default is missing,
 * or one of the names is bad. */
static void
check_options(const struct options *o)
{
    const bool has_token = o->token_file.name != NULL;
    const struct {
        const void *value;
        const char *name;
    } needed[] = {              /* The first four also with --flush. */
        { o->backend.name, "--vnf-id" },
        { o->backend.plain_port, "--plain" },
        { o->backend.cipher_port, "--cipher" },
        { o->backend.own_ips.n ? o : NULL, "--cipher-ip" },
        { o->listen, "--listen" },
        { has_token ? o : (void *) o->tls.private_key, "--private-key" },
        { has_token ? o : (void *) o->tls.certificate, "--certificate" },
        { has_token ? o : (void *) o->tls.ca_cert, "--ca-cert" },
    };

    for (size_t i = 0; i < (o->flush ? 4 : ARRAY_SIZE(needed)); i++) {
        if (!needed[i].value) {
            ovs_fatal(0, "%s is needed (use --help for help)",
                      needed[i].name);
        }
    }
    char *error = name_check_vnf_id(o->backend.name);
    if (error) {
        ovs_fatal(0, "--vnf-id: %s", error);
    }
    if (!strcmp(o->backend.plain_port, o->backend.cipher_port)) {
        ovs_fatal(0, "--plain and --cipher are both %s: they must be two "
                  "interfaces", o->backend.plain_port);
    }
    if (!o->controller_name[0]) {
        ovs_fatal(0, "--controller-name must not be empty");
    }
    if (has_token
        && (o->tls.private_key || o->tls.certificate || o->tls.ca_cert)) {
        ovs_fatal(0, "--token-file excludes --private-key, --certificate and "
                  "--ca-cert: with a token the agent makes its own key");
    }
    if (o->state_dir && !has_token) {
        ovs_fatal(0, "--state-dir is of use with --token-file only");
    }
}

/* Reads the token.  It may be missing or bad if there is a certificate of an
 * earlier run; and a file that is not there is waited for if the VNF-ID is
 * known. */
static void
read_token(struct options *o)
{
    char *error = token_file_read(&o->token_file, TOKEN_WAIT_MS,
                                  &o->token);
    if (error) {
        o->vnf_id = (o->state_dir
                     ? identity_find(o->state_dir, o->backend.name) : NULL);
        if (o->vnf_id) {
            o->backend.name = o->vnf_id;
        } else if (!o->backend.name || !access(o->token_file.name, F_OK)) {
            ovs_fatal(0, "--token-file: %s", error);
        }
        VLOG_WARN("--token-file: %s: %s", error,
                  o->vnf_id ? "the certificate of an earlier run will do"
                  : "the agent waits for it");
        free(error);
    } else if (!o->backend.name) {
        o->backend.name = o->vnf_id = xstrdup(o->token.vnf_id);
    } else if (strcmp(o->backend.name, o->token.vnf_id)) {
        ovs_fatal(0, "--vnf-id is %s, and the token of %s is for %s",
                  o->backend.name, o->token_file.name, o->token.vnf_id);
    }
}

static void
parse_options(int argc, char *argv[], struct options *o)
{
    const char *cipher_ip = NULL, *tombstone = NULL;
    const struct daemon_option own[] = {
        { "vnf-id", .value = &o->backend.name },
        { "listen", .value = &o->listen },
        { "plain", .value = &o->backend.plain_port },
        { "cipher", .value = &o->backend.cipher_port },
        { "cipher-ip", .value = &cipher_ip },
        { "netns", .value = &o->backend.netns },
        { "backend", .value = &o->kind },
        { "flush", .flag = &o->flush },
        { "controller-name", .value = &o->controller_name },
        { "readers", .value = &o->readers },
        { "rundir", .value = &o->backend.rundir, .is_path = true },
        { "yang-dir", .value = &o->yang_dir, .is_path = true },
        { "tombstone-time", .value = &tombstone },
        { "private-key", 'p', true, .value = &o->tls.private_key },
        { "certificate", 'c', true, .value = &o->tls.certificate },
        { "ca-cert", 'C', true, .value = &o->tls.ca_cert },
        { "token-file", .value = &o->token_file.name, .is_path = true },
        { "state-dir", .value = &o->state_dir, .is_path = true },
        { "unixctl", .value = &o->unixctl },
        { "help", 'h', .print = usage },
        { "version", 'V', .print = daemon_options_print_version },
    };
    daemon_options_parse(argc, argv, own, ARRAY_SIZE(own), true);
    if (cipher_ip && (!own_ips_parse(cipher_ip, &o->backend.own_ips)
                      || o->backend.own_ips.n != 1)) {
        ovs_fatal(0, "%s: not a unicast IP address", cipher_ip);
    }
    if (tombstone && (!str_to_int(tombstone, 10, &o->tombstone_s)
                      || o->tombstone_s < 0
                      || o->tombstone_s > MAX_TOMBSTONE_S)) {
        ovs_fatal(0, "%s: not a number of seconds up to %d", tombstone,
                  MAX_TOMBSTONE_S);
    }
    daemon_options_refuse_arguments(argc, argv);
    if (!o->yang_dir) {
        const char *dir = getenv("SDSA_YANGDIR");
        o->yang_dir = dir && dir[0] ? dir : SDSA_YANGDIR;
    }
    if (o->token_file.name) {
        read_token(o);
    }
    check_options(o);
    char *error = rc_access_create(o->controller_name, o->readers,
                                   &o->access);
    if (error) {
        ovs_fatal(0, "--readers: %s", error);
    }
}

/* Commands. */

static void
cmd_exit(struct unixctl_conn *conn, int argc, const char *argv[],
         void *exiting_)
{
    struct exiting *exiting = exiting_;

    if (argc > 1 && strcmp(argv[1], "--cleanup")) {
        unixctl_command_reply_error(conn, "the only option is --cleanup");
        return;
    }
    exiting->exiting = true;
    exiting->cleanup = argc > 1;
    unixctl_command_reply(conn, NULL);
}

static void
cmd_cipher_ip_set(struct unixctl_conn *conn, int argc OVS_UNUSED,
                  const char *argv[], void *agent_)
{
    struct agent_daemon *agent = agent_;
    char *error = cipher_ips_set(agent->cipher_ips, agent->backend, argv[1]);

    if (error) {
        unixctl_command_reply_error(conn, error);
        free(error);
    } else {
        unixctl_command_reply(conn, NULL);
    }
}

static void
cmd_tls_show(struct unixctl_conn *conn, int argc OVS_UNUSED,
                 const char *argv[] OVS_UNUSED, void *agent_)
{
    const struct agent_daemon *agent = agent_;
    char *text = (agent->tls ? tls_files_format(agent->tls)
                  : xstrdup("there is no certificate yet\n"));

    unixctl_command_reply(conn, text);
    free(text);
}

/* Answers with an error if the agent has no token. */
static struct registrar *
get_registrar(struct unixctl_conn *conn, void *agent_)
{
    const struct agent_daemon *agent = agent_;
    if (!agent->registrar) {
        unixctl_command_reply_error(conn, "this agent has no --token-file: it "
                                    "is not registered");
    }
    return agent->registrar;
}

static void
cmd_registration_show(struct unixctl_conn *conn, int argc OVS_UNUSED,
                      const char *argv[] OVS_UNUSED, void *agent)
{
    const struct registrar *registrar = get_registrar(conn, agent);
    if (registrar) {
        char *text = registrar_format(registrar);
        unixctl_command_reply(conn, text);
        free(text);
    }
}

static void
cmd_registration_renew(struct unixctl_conn *conn, int argc OVS_UNUSED,
                       const char *argv[] OVS_UNUSED, void *agent)
{
    struct registrar *registrar = get_registrar(conn, agent);
    if (registrar) {
        registrar_renew(registrar);
        unixctl_command_reply(conn, NULL);
    }
}

static void
cmd_show(struct unixctl_conn *conn, int argc OVS_UNUSED,
         const char *argv[] OVS_UNUSED, void *agent_)
{
    const struct agent_daemon *agent = agent_;
    const struct backend_class *class = agent->backend->class;
    const struct backend_config *config = &agent->backend_config;
    struct ds s = DS_EMPTY_INITIALIZER;
    const char *reason = agent->backend->reason;
    uint64_t n_requests, n_errors, n_denied;

    restconf_get_counters(agent->restconf, &n_requests, &n_errors, &n_denied);
    ds_put_format(&s, "vnf-id: %s\n", config->name);
    ds_put_format(&s, "listen: %s%s\n", agent->options->listen,
                  !agent->https ? ", not before there is a certificate"
                  : https_server_has_address(agent->https) ? ""
                  : ", an address that this host does not have yet");
    ds_put_format(&s, "backend: %s, %s%s\n", class->name,
                  reason ? "down: " : "up", reason ? reason : "");
    ds_put_format(&s, "boot-id: "UUID_FMT"\n",
                  UUID_ARGS(agent->backend->boot_id));
    ds_put_format(&s, "ports: plain %s, cipher %s (", config->plain_port,
                  config->cipher_port);
    for (size_t i = 0; i < config->own_ips.n; i++) {
        ds_put_cstr(&s, i ? ", before " : "");
        ipv6_format_mapped(&config->own_ips.ips[i], &s);
    }
    ds_put_cstr(&s, ")\n");

    json_t *lease = datastore_get_lease(agent->datastore);
    const char *epoch = json_string_value(json_object_get(lease, "epoch"));
    const char *holder = json_string_value(json_object_get(lease, "holder"));
    ds_put_format(&s, "lease: %s%s%s%s\n", epoch ? "epoch " : "none",
                  epoch ? epoch : "", holder ? ", " : "",
                  holder ? holder : "");
    json_decref(lease);

    ds_put_format(&s, "sas: %"PRIuSIZE"\n",
                  datastore_count(agent->datastore, DATASTORE_SAD));
    ds_put_format(&s, "policies: %"PRIuSIZE"\n",
                  datastore_count(agent->datastore, DATASTORE_SPD));
    ds_put_format(&s, "tombstones: %"PRIuSIZE"\n",
                  datastore_count_tombstones(agent->datastore));
    ds_put_format(&s, "requests: %"PRIu64", %"PRIu64" refused, of them "
                  "%"PRIu64" of clients without the right\n", n_requests,
                  n_errors, n_denied);
    struct https_stats stats = { .n_connections = 0 };
    if (agent->https) {
        stats = https_server_stats(agent->https);
    }
    ds_put_format(&s, "connections: %"PRIuSIZE", of them %"PRIuSIZE" event "
                  "streams; %"PRIuSIZE" in the handshake\n",
                  stats.n_connections, stats.n_streams, stats.n_pending);
    ds_put_format(&s, "connections ever: %"PRIu64", %"PRIu64" closed for "
                  "others, %"PRIu64" too slow\n", stats.n_accepted,
                  stats.n_evicted, stats.n_overdue);
    unixctl_command_reply(conn, ds_cstr(&s));
    ds_destroy(&s);
}
