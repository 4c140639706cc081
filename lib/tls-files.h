/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_TLS_FILES_H
#define SDSA_TLS_FILES_H 1

/* A private key, its certificate and the CA certificates of the peers, in
 * three PEM files that may change while the process runs.
 *
 * The files are read at the start, so that a mistake in them shows at once.
 * Then a thread looks at them every second (so a disk that hangs stops nothing
 * else) and reads them again when they have changed and then stayed as they
 * are for one look.  They are used only if all three fit together; until then
 * the last ones that did stay in use, and a log line says so.  New connections
 * use the new files, connections that are open go on.
 *
 * The thread also logs when a tenth of the life of a certificate, the own one
 * or a CA's, is left, and when it is over.
 *
 * Wiping memory holds the octets.  One thread calls these functions. */

#include "lib/tls.h"

struct tls_files;

struct tls_files_names {
    const char *private_key, *certificate, *ca_cert;
    bool is_second;             /* Another object has the same key and
                                 * certificate: it logs what they do. */
    const char *apart_from;     /* NULL, or a file of CA certificates: the
                                 * first one of 'ca_cert' must be of another
                                 * authority than all of these. */
    bool may_be_same;           /* But it may be one of these itself, with a
                                 * warning: once there was one for all. */
};

/* Reads the files of 'names', which must live as long as the object, and
 * starts the thread: not before daemonize_start().  Returns NULL and the
 * object in '*filesp' (caller must free with tls_files_close()), or a message
 * for the user (caller frees). */
char *tls_files_open(const struct tls_files_names *names,
                     struct tls_files **filesp);

/* Returns an object without files and without a thread: it has what
 * tls_files_give() gives it, which must be the first call.  'name' names it in
 * messages, and must live as long.  Caller must free with
 * tls_files_close(). */
struct tls_files *tls_files_create(const char *name);

/* Gives the object of tls_files_create() the octets that are in use from now
 * on, which it takes ownership of, and wipes 'pem'.  Returns NULL, or a
 * message for the user (caller frees) if they do not fit together: then the
 * last ones stay in use. */
char *tls_files_give(struct tls_files *, struct tls_pem *pem);

/* Ends the thread and frees the object; a thread that waits for a disk is left
 * alone, with its memory.  Accepts NULL. */
void tls_files_close(struct tls_files *);

/* Takes what the thread has read. */
void tls_files_run(struct tls_files *);

/* Wakes the poll loop when the thread has read something. */
void tls_files_wait(const struct tls_files *);

/* Returns the octets in use.  They live until the next tls_files_run(). */
const struct tls_pem *tls_files_pem(const struct tls_files *);

/* True if one of the CAs has signed the own certificate, so that all who have
 * one of that CA are let in where the own one is shown. */
bool tls_files_is_of_own_ca(const struct tls_files *);

/* Returns a number that changes with the octets. */
unsigned int tls_files_serial(const struct tls_files *);

/* Returns a line for the user if a tenth of the life of a certificate in use,
 * the own one or a CA's, is left, or it is over; else NULL.  Caller frees. */
char *tls_files_warning(const struct tls_files *);

/* Returns lines for the user: name and end of the certificate in use, and what
 * is wrong with the files now if they are not those in use.  Caller frees. */
char *tls_files_format(struct tls_files *);

#endif /* lib/tls-files.h */
