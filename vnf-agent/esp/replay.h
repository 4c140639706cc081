/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_ESP_REPLAY_H
#define SDSA_ESP_REPLAY_H 1

/* The receiver's anti-replay window, RFC 4303 s.3.4.3, and the inference of
 * the high 32 bits of an extended sequence number, RFC 4303 appendix A2.
 *
 * Sequence numbers are 64-bit inside, also without ESN.  For each packet:
 * replay_infer(), replay_check(), the integrity check, replay_update(). */

#include <stdbool.h>
#include <stdint.h>

#define REPLAY_MAX_WINDOW 4096  /* Packets. */

struct replay {
    uint64_t top;               /* Highest authentic sequence number. */
    uint64_t *bits;             /* Ring of bits: word (seq / 64) % n_words. */
    uint32_t n_words;           /* Power of 2. */
    uint32_t window;            /* Packets; 0: no check. */
    bool esn;
};

/* Makes a window of 'window' packets, at most REPLAY_MAX_WINDOW. */
void replay_init(struct replay *, uint32_t window, bool esn);

/* Frees the window. */
void replay_destroy(struct replay *);

/* Returns the whole sequence number of a packet that carries 'low' (host
 * order); or 0, which no packet has, if it would be beyond 2**64 - 1. */
uint64_t replay_infer(const struct replay *, uint32_t low);

/* Returns true if a packet with 'seq' may still be accepted. */
bool replay_check(const struct replay *, uint64_t seq);

/* Records 'seq', which passed replay_check() and the integrity check. */
void replay_update(struct replay *, uint64_t seq);

#endif /* vnf-agent/esp/replay.h */
