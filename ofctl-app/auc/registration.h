/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_AUC_REGISTRATION_H
#define SDSA_AUC_REGISTRATION_H 1

/* The resource /sdsa/registration, one for each VNF: where the VNF lives and
 * what it can.
 *
 *     PUT --> checking --> registered
 *                 |
 *                 +-----> refused, with the reason
 *
 * A claim is checked by rules at once, and then by calls: the instance that is
 * registered must not answer any more if another one asks, and the one that
 * asks must answer at the URL that it claims, with its key.  Then the row is
 * written.  A centre forgets a claim when it ends (the VNF asks again), and
 * some time after it was decided. */

#include <stddef.h>

struct auc_db;
struct auc_refusals;
struct call_backs;
struct https_request;
struct registrations;

#define REGISTRATION_PATH "/sdsa/registration"

/* Returns a new object; its arguments must outlive it.  Caller frees with
 * registrations_destroy(). */
struct registrations *registrations_create(struct auc_db *,
                                           struct auc_refusals *,
                                           struct call_backs *);

/* Frees the object.  Accepts NULL. */
void registrations_destroy(struct registrations *);

/* Goes on with the claims. */
void registrations_run(struct registrations *);

/* Wakes the poll loop when there is something to run. */
void registrations_wait(const struct registrations *);

/* Answers a request whose path is REGISTRATION_PATH. */
void registrations_handle(struct registrations *, struct https_request *);

/* Returns how many claims are being checked. */
size_t registrations_n_checking(const struct registrations *);

#endif /* ofctl-app/auc/registration.h */
