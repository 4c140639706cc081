#ifndef SDSA_PROCESS_UTIL_H
#define SDSA_PROCESS_UTIL_H 1

/* Small things about processes and directories that several programs need. */

/* Starts argv[0] (a file name; NULL-terminated vector) detached from us in a
 * session of its own: it survives our death and our terminal, with standard
 * input, output and error on /dev/null and no other descriptor.  'netns' is a
 * name below /run/netns to enter first, or NULL.  The environment is kept.
 * Returns 0, or a positive errno with a message in '*errorp' (caller
 * frees). */
int process_start_detached(char *const argv[], const char *netns,
                           char **errorp);

/* Finds a program of ours: beside the running executable (also in an
 * uninstalled build tree, where 'build_subdir' is its folder), else in
 * SDSA_SBINDIR.  Returns its file name; caller frees. */
char *process_find_program(const char *name, const char *build_subdir);

/* Where command lines find the database if nobody says: $SDSA_DB, or sdsa.sock
 * in $SDSA_RUNDIR or in the run directory.  Caller must free. */
char *process_default_db(void);

/* Blocks until 'events' (POLLIN, POLLOUT) are there on 'fd', or until
 * 'deadline_ms' of the monotonic clock, time_msec().  Returns 0, ETIMEDOUT, or
 * another positive errno. */
int process_wait_fd(int fd, short int events, long long int deadline_ms);

#endif /* lib/process-util.h */
