/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_FUZZ_AGENT_H
#define SDSA_FUZZ_AGENT_H 1

/* A whole agent in a fuzz target: its RESTCONF server on a datastore, without
 * sockets, files and processes.  The backend is the tables of sdsa-esp.
 *
 * An input is a request as text:
 *
 *     METHOD TARGET [FAULT]
 *     Name: value                 (headers, any number of)
 *
 *     body
 *
 * FAULT is a number: the errno with which the backend refuses what it is asked
 * next, or -1: the datastore's file cannot be written.
 *
 * Before the request there are two SAs and two policies.  The hex digits of
 * all strings "key" in the body are replaced by others that no input knows:
 * wherever they turn up afterwards, the agent has put them there. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct yang_schema;

/* Requests of a target. */
struct fuzz_agent_config {
    unsigned int methods;       /* enum https_method: those that are tried. */
    const char *content_type;   /* Of a body. */
};

/* To be called by LLVMFuzzerInitialize(). */
void fuzz_agent_init(const struct fuzz_agent_config *);

/* The schema, for what a target does itself. */
const struct yang_schema *fuzz_agent_schema(void);

/* Has the agent answer the request and checks what must hold of every one:
 *
 *   - it is answered once, by JSON, and a refusal has a message;
 *   - a refused one, and one that only reads, changes nothing: not the
 *     datastore, not the backend;
 *   - after one that is taken, datastore and backend hold the same, which is
 *     valid YANG, and putting the same again is no change;
 *   - no octet of a key is in any reply. */
void fuzz_agent_handle(const uint8_t *data, size_t size);

#endif /* tests/fuzz/fuzz-agent.h */
