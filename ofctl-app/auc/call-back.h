/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_AUC_CALL_BACK_H
#define SDSA_AUC_CALL_BACK_H 1

/* Calls VNFs at the URLs that they have claimed: does a server answer there
 * that has the certificate of the VNF and one of its keys?
 *
 * What was found out is kept for a few seconds, so that a client may ask
 * again.  No answer counts when there was none twice. */

#include <stddef.h>

struct call_backs;
struct tls_files;

enum call_back {
    CALL_BACK_PENDING,          /* It is being asked. */
    CALL_BACK_ALIVE,            /* It is there. */
    CALL_BACK_DEAD,             /* It is not there. */
};

/* Returns NULL and the object in '*call_backsp' (caller must free with
 * call_backs_destroy()), or a message (caller frees).  Of 'files', which must
 * outlive the object, the key and certificate are the centre's own, and the
 * CA is that of the VNFs. */
char *call_backs_create(const struct tls_files *files,
                        struct call_backs **call_backsp);

/* Frees the object.  Accepts NULL. */
void call_backs_destroy(struct call_backs *);

/* Sends and receives. */
void call_backs_run(struct call_backs *);

/* Wakes the poll loop when there is something to run. */
void call_backs_wait(struct call_backs *);

/* Returns what is known about the VNF 'name' at 'url' with one of the 'n' keys
 * 'digests'; asks it if nothing is.  With CALL_BACK_DEAD '*reasonp' is why,
 * which lives until call_backs_run(). */
enum call_back call_backs_ask(struct call_backs *, const char *name,
                              const char *url, char *const digests[],
                              size_t n, const char **reasonp);

#endif /* ofctl-app/auc/call-back.h */
