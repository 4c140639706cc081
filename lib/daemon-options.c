/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/daemon-options.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command-line.h"
#include "daemon.h"
#include "openvswitch/vlog.h"
#include "svec.h"
#include "util.h"

enum {
    OPT_FIRST = UCHAR_MAX,      /* Above all letters. */
    VLOG_OPTION_ENUMS,
    DAEMON_OPTION_ENUMS,
    OPT_OWN,                    /* This one and above: index in the table. */
};

static const struct option vlog_options[] = { VLOG_LONG_OPTIONS };
static const struct option detach_options[] = { DAEMON_LONG_OPTIONS };

/* Returns all options as getopt_long() takes them.  Caller frees. */
static struct option *
make_long_options(const struct daemon_option *own, size_t n, bool detaches)
{
    size_t n_vlog = ARRAY_SIZE(vlog_options);
    size_t n_detach = detaches ? ARRAY_SIZE(detach_options) : 0;
    struct option *options = xcalloc(n + n_vlog + n_detach + 1,
                                     sizeof *options);
    for (size_t i = 0; i < n; i++) {
        options[i] = (struct option) {
            .name = own[i].name,
            .has_arg = own[i].value ? required_argument : no_argument,
            .val = own[i].letter ? own[i].letter : OPT_OWN + i,
        };
    }
    memcpy(options + n, vlog_options, sizeof vlog_options);
    memcpy(options + n + n_vlog, detach_options, n_detach * sizeof *options);
    return options;
}

/* Returns the absolute form of a file's name.  It lives as long as the
 * process. */
static const char *
absolute(const char *file_name)
{
    static struct svec names = SVEC_EMPTY_INITIALIZER;

    svec_add_nocopy(&names, abs_file_name(NULL, file_name));
    return names.names[names.n - 1];
}

/* Does what option 'c' of getopt_long() says, if it is one of 'own'. */
static void
handle_own(const struct daemon_option *own, size_t n, int c)
{
    for (size_t i = 0; i < n; i++) {
        if (c != OPT_OWN + i && (!own[i].letter || c != own[i].letter)) {
            continue;
        } else if (own[i].value) {
            *own[i].value = own[i].is_path ? absolute(optarg) : optarg;
        } else if (own[i].flag) {
            *own[i].flag = true;
        } else {
            own[i].print();
        }
    }
}

void
daemon_options_parse(int argc, char *argv[], const struct daemon_option *own,
                     size_t n, bool detaches)
{
    struct option *options = make_long_options(own, n, detaches);
    char *letters = ovs_cmdl_long_options_to_short_options(options);
    int c;

    while ((c = getopt_long(argc, argv, letters, options, NULL)) != -1) {
        if (c == OPT_LOG_FILE && optarg) {
            static char *log_file;

            free(log_file);
            optarg = log_file = abs_file_name(NULL, optarg);
        }
        switch (c) {
        VLOG_OPTION_HANDLERS
        DAEMON_OPTION_HANDLERS
        case '?':
            exit(EXIT_FAILURE);
        default:
            handle_own(own, n, c);
        }
    }
    free(letters);
    free(options);
}

void
daemon_options_refuse_arguments(int argc, char *argv[])
{
    if (optind < argc) {
        ovs_fatal(0, "unexpected argument \"%s\" (use --help for help)",
                  argv[optind]);
    }
}

void
daemon_options_end_usage(void)
{
    printf("\nOther options:\n\
  --unixctl=SOCKET        override the control socket's name\n\
  -h, --help              display this help message\n\
  -V, --version           display version information\n");
    exit(EXIT_SUCCESS);
}

void
daemon_options_print_version(void)
{
    ovs_print_version(0, 0);
    exit(EXIT_SUCCESS);
}
