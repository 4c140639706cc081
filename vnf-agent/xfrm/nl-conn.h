/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_XFRM_NL_CONN_H
#define SDSA_XFRM_NL_CONN_H 1

/* A netlink socket: many requests in one sendmsg(), each with an answer of its
 * own.  Blocking, 2 s at most.  One thread.  Buffers of answers are wiped: the
 * kernel gives keys in dumps.  (OVS's netlink-socket and libnl-xfrm do not
 * serve: doc/decisions.md, 85.) */

#include <stddef.h>
#include <stdint.h>

struct nl_batch;
struct nl_conn;
struct nl_msg;
struct nl_op;
struct nlmsghdr;

/* Opens a socket of 'protocol' (NETLINK_XFRM, NETLINK_ROUTE) in the network
 * namespace 'netns_fd'.  Returns 0 or a positive errno. */
int nl_conn_open(int protocol, int netns_fd, struct nl_conn **);

/* Closes and frees.  Accepts NULL. */
void nl_conn_close(struct nl_conn *);

/* Returns the file descriptor, for poll_fd_wait(). */
int nl_conn_fd(const struct nl_conn *);

/* Subscribes to a multicast group.  Returns 0 or a positive errno. */
int nl_conn_join(struct nl_conn *, unsigned int group);

/* Returns the port id, by which the kernel's events name who caused them. */
uint32_t nl_conn_port(const struct nl_conn *);

/* Sends all 'n' requests, and waits for all answers.  Returns the first error,
 * or 0. */
int nl_conn_transact(struct nl_conn *, struct nl_op *, size_t n);

/* Errors, up to four, that mean that a request of a batch has nothing to do:
 * none; what is to be added is there; what is to be deleted is not there. */
extern const int nl_fine_none[4], nl_fine_add[4], nl_fine_delete[4];

/* Sends all requests of a batch, which is empty then.  Returns the first error
 * that is none of 'fine', with an error about 'what' in '*errorp' (caller
 * frees) unless 'errorp' is NULL; or 0. */
int nl_batch_run(struct nl_batch *, struct nl_conn *, const int fine[4],
                 const char *what, char **errorp);

/* Returns the kernel's refusal of a request about 'what', for people.  Caller
 * frees. */
char *nl_op_message(const struct nl_op *, const char *what);

typedef void nl_conn_cb(const struct nlmsghdr *, void *aux);

/* Sends a dump request, or one whose answer is one object, of which ownership
 * is taken, and calls 'cb' for each object.  Returns 0 or a positive errno;
 * EINTR: the objects changed meanwhile. */
int nl_conn_get(struct nl_conn *, struct nl_msg *, nl_conn_cb *, void *aux);

/* Calls 'cb' for each message of the groups that has come, without waiting.
 * Returns 0, or ENOBUFS if messages were lost. */
int nl_conn_drain(struct nl_conn *, nl_conn_cb *, void *aux);

/* Returns how often an answer shall be seen; 0: it is lost. */
typedef int nl_conn_fault(const struct nlmsghdr *, void *aux);

/* For tests: calls 'fault' for each answer. */
void nl_conn_set_fault(struct nl_conn *, nl_conn_fault *fault, void *aux);

/* For tests: waits so long for answers. */
void nl_conn_set_timeout(struct nl_conn *, int timeout_ms);

/* Runs 'cb' with this thread in the namespace 'netns_fd'.  Returns the result
 * of 'cb', or a positive errno. */
int netns_call(int netns_fd, int (*cb)(void *aux), void *aux);

#endif /* vnf-agent/xfrm/nl-conn.h */
