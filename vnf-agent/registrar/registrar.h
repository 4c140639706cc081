/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_REGISTRAR_H
#define SDSA_REGISTRAR_H 1

/* The agent's registration at the authentication centre (AuC): from a token,
 * which is all that a VNF knows at first, to a certificate (EST, RFC 7030) and
 * a registration, and both are kept up.  It never blocks but for the disk.
 * One thread. */

#include <netinet/in.h>
#include <stdbool.h>

#include "lib/x509.h"
#include "openvswitch/types.h"
#include "openvswitch/uuid.h"
#include "vnf-agent/registrar/token-file.h"

struct registrar;
struct tls_files;

struct registrar_config {
    const char *vnf_id;
    struct token_file token_file;       /* As it was read. */
    struct x509_token token;    /* What is in it, which is taken over; all zero
                                 * if there is none. */
    const char *state_dir;      /* For the key and certificate, or NULL: they
                                 * are lost when the process ends. */
    const char *listen;         /* Of the HTTPS server, "ADDRESS:PORT". */
    const char *backend;        /* Its name. */
};

/* What the registration says that may change while the agent runs.  Its octets
 * are compared: memset() it before. */
struct registrar_facts {
    struct uuid boot_id;        /* Zero: not known yet. */
    struct eth_addr plain_mac, cipher_mac;      /* Zero: not known yet. */
    struct in6_addr cipher_ip;
    bool serving;               /* The HTTPS server is up. */
};

/* Reads what an agent before this one has left in the state directory.
 * Returns NULL and the object in '*registrarp' (caller must free with
 * registrar_destroy()), or a message (caller frees).  'config' is copied, the
 * strings in it are not. */
char *registrar_create(const struct registrar_config *config,
                       struct registrar **registrarp);

/* Wipes and frees all.  Accepts NULL. */
void registrar_destroy(struct registrar *);

/* Does what is due. */
void registrar_run(struct registrar *, const struct registrar_facts *);

/* Wakes the poll loop when there is something to run. */
void registrar_wait(const struct registrar *);

/* Returns key, certificate and CAs for the HTTPS server, or NULL before there
 * are any.  They live as long as the object. */
struct tls_files *registrar_tls(const struct registrar *);

/* Has the VNF registered again, at once.  Returns NULL, or a message (caller
 * frees) if there is no certificate for that. */
char *registrar_again(struct registrar *);

/* Has the certificate renewed, at once. */
void registrar_renew(struct registrar *);

/* Ends the registration, for an agent that will not come back soon: to be run
 * until registrar_has_left(), which is 3 s at most. */
void registrar_leave(struct registrar *);

/* Returns true if nothing is left to do after registrar_leave(). */
bool registrar_has_left(const struct registrar *);

/* Returns lines for the user.  Caller frees. */
char *registrar_format(const struct registrar *);

#endif /* vnf-agent/registrar/registrar.h */
