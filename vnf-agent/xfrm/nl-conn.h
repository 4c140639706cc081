#ifndef SDSA_XFRM_NL_CONN_H
#define SDSA_XFRM_NL_CONN_H 1

/* A netlink socket: many requests in one sendmsg(), each with an answer of its
 * own.  Blocking, 2 s at most.  One thread.  Buffers that answers were in are
 * wiped: the kernel gives keys in dumps. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nl_conn;
struct nl_msg;
struct nlmsghdr;

/* Opens a socket of 'protocol' (NETLINK_XFRM, NETLINK_ROUTE) in the network
 * namespace 'netns_fd'.  Returns 0 or a positive errno. */
int nl_conn_open(int protocol, int netns_fd, struct nl_conn **);
void nl_conn_close(struct nl_conn *);

/* For nl_socket_add_membership() and poll_fd_wait(). */
int nl_conn_fd(const struct nl_conn *);
int nl_conn_join(struct nl_conn *, unsigned int group);
uint32_t nl_conn_port(const struct nl_conn *);

/* One request of a batch. */
struct nl_op {
    struct nl_msg *msg;         /* With NLM_F_ACK; not owned. */
    int error;                  /* Positive errno; ETIMEDOUT: no answer, it
                                 * may be done or not. */
    char *text;                 /* The kernel's own words, or NULL; caller
                                 * frees. */
};

/* Sends all, and waits for all answers.  Returns the first error. */
int nl_conn_transact(struct nl_conn *, struct nl_op *, size_t n);

/* Sends a dump request, or one whose answer is one object; calls 'cb' for
 * each.  Returns 0 or a positive errno; EINTR: it changed meanwhile. */
typedef void nl_conn_cb(const struct nlmsghdr *, void *aux);
int nl_conn_get(struct nl_conn *, struct nl_msg *, nl_conn_cb *, void *aux);

/* Calls 'cb' for what came by itself, without waiting.  Returns 0, or ENOBUFS
 * if something was lost. */
int nl_conn_drain(struct nl_conn *, nl_conn_cb *, void *aux);

/* For tests: says for each answer how often it is to be seen, 0 for lost. */
typedef int nl_conn_fault(const struct nlmsghdr *, void *aux);
void nl_conn_set_fault(struct nl_conn *, nl_conn_fault *, void *aux);
void nl_conn_set_timeout(struct nl_conn *, int timeout_ms);

/* Runs 'cb' with this thread in the namespace 'netns_fd'.  Returns what it
 * returns, or a positive errno. */
int netns_call(int netns_fd, int (*cb)(void *aux), void *aux);

#endif /* vnf-agent/xfrm/nl-conn.h */
