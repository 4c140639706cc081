/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_DRIVER_H
#define TESTS_DRIVER_H 1

/* A daemon that does nothing of its own accord: commands over unixctl call the
 * functions of a module.  Base of test-agents and test-bridges. */

#include <stddef.h>

#include "lib/tls-files.h"

struct ds;

/* The options --private-key, --certificate, --ca-cert, --listen,
 * --poll-interval, --request-timeout and --unixctl; NULL or 0 where there is
 * none. */
struct driver_options {
    struct tls_files_names tls;
    const char *listen;
    int poll_interval_ms, request_timeout_ms;
    const char *unixctl;
};

/* Carries out a command and appends its reply to 'reply'.  'object' is what
 * argv[1] names, or NULL if the command has no object. */
typedef void driver_command_func(void *object, int argc, const char *argv[],
                                 struct ds *reply);

struct driver_command {
    const char *name;
    const char *usage;          /* Of the arguments, with the object. */
    int min_args, max_args;     /* Their number; the object is not counted. */
    driver_command_func *func;
};

struct driver {
    const char *kind;           /* Of the objects, for people. */
    void *(*find)(const char *name);    /* Returns an object or NULL. */
    const struct driver_command *commands, *object_commands;
    size_t n_commands, n_object_commands;
    void (*run)(void);
    void (*wait)(void);
};

/* Parses the options and goes to the background if they say so. */
struct driver_options driver_start(int argc, char *argv[]);

/* Returns what is in the files of the options, which driver_loop() follows, or
 * NULL if the options name none.  Ends the process if they cannot be used. */
struct tls_files *driver_tls_files(const struct driver_options *);

/* Obeys commands until "exit". */
void driver_loop(const struct driver *, const struct driver_options *);

#endif /* tests/daemon/driver.h */
