/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_DAEMON_OPTIONS_H
#define SDSA_DAEMON_OPTIONS_H 1

/* Command line options of a daemon: a table of its own, those of the log, and
 * those of OVS's daemon.h.  Only a main() uses this, before any thread. */

#include <stdbool.h>
#include <stddef.h>

/* An option; exactly one of the last three members is set. */
struct daemon_option {
    const char *name;           /* Without "--". */
    char letter;                /* Short form, or 0. */
    bool is_path;               /* The value is a file name: made absolute,
                                 * since --detach changes the directory. */
    const char **value;         /* Gets the argument; the last one counts. */
    bool *flag;                 /* Becomes true; there is no argument. */
    void (*print)(void);        /* Prints something and exits. */
};

/* Parses the options in 'argv' by the 'n' of 'own', those of the log and, if
 * 'detaches', those of daemon.h, such as --detach and --pidfile; these two
 * groups take effect at once.  The values are in 'argv' or never freed.  The
 * log file's name is made absolute, too.  Ends the process
 * with a message on standard error if an option is wrong.  Afterwards 'optind'
 * is the index of the first argument that is no option. */
void daemon_options_parse(int argc, char *argv[],
                          const struct daemon_option *own, size_t n,
                          bool detaches);

/* Ends the process with a message on standard error if there is an argument
 * that is no option.  Call it after daemon_options_parse(). */
void daemon_options_refuse_arguments(int argc, char *argv[]);

/* Prints the heading "Other options" and those that each daemon has; ends the
 * process with status 0.  For the end of a daemon's help. */
void daemon_options_end_usage(void) __attribute__((noreturn));

/* Prints the versions of the program and of the Open vSwitch library, and ends
 * the process with status 0. */
void daemon_options_print_version(void) __attribute__((noreturn));

#endif /* lib/daemon-options.h */
