/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>
#include "vnf-agent/esp/replay.h"

#include "util.h"

#define WORD_BITS 64

void
replay_init(struct replay *r, uint32_t window, bool esn)
{
    ovs_assert(window <= REPLAY_MAX_WINDOW);

    /* One word more than the window covers when it is aligned, and one that is
     * being entered. */
    r->n_words = window ? ROUND_UP_POW2(window / WORD_BITS + 2) : 0;
    r->bits = window ? xcalloc(r->n_words, sizeof *r->bits) : NULL;
    r->top = 0;
    r->window = window;
    r->esn = esn;
}

void
replay_destroy(struct replay *r)
{
    free(r->bits);
    r->bits = NULL;
}

uint64_t
replay_infer(const struct replay *r, uint32_t low)
{
    if (!r->esn) {
        return low;
    }

    /* The names are those of appendix A2.  Without a window the highest number
     * is taken to be in the middle of what may come. */
    uint32_t th = r->top >> 32;
    uint32_t tl = r->top;
    uint32_t w = r->window ? r->window : UINT32_C(1) << 31;
    uint32_t bottom = tl - w + 1;

    if (tl >= w - 1) {
        /* The window lies in one subspace of 2**32. */
        if (low >= bottom) {
            return (uint64_t) th << 32 | low;
        }
        return th < UINT32_MAX ? (uint64_t) (th + 1) << 32 | low : 0;
    } else {
        /* The window spans two, unless the lower one does not exist. */
        if (low >= bottom && th > 0) {
            th--;
        }
        return (uint64_t) th << 32 | low;
    }
}

static uint64_t *
replay_word(const struct replay *r, uint64_t seq)
{
    return &r->bits[(seq / WORD_BITS) & (r->n_words - 1)];
}

bool
replay_check(const struct replay *r, uint64_t seq)
{
    if (!seq) {
        return false;
    } else if (seq > r->top || !r->window) {
        return true;
    } else if (r->top - seq >= r->window) {
        return false;
    }
    return !(*replay_word(r, seq) >> (seq % WORD_BITS) & 1);
}

void
replay_update(struct replay *r, uint64_t seq)
{
    if (!r->window) {
        r->top = MAX(r->top, seq);
        return;
    }
    if (seq > r->top) {
        uint64_t n = MIN(seq / WORD_BITS - r->top / WORD_BITS, r->n_words);

        for (uint64_t i = 0; i < n; i++) {
            *replay_word(r, seq - i * WORD_BITS) = 0;
        }
        r->top = seq;
    }
    *replay_word(r, seq) |= UINT64_C(1) << (seq % WORD_BITS);
}
