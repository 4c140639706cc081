/* SPDX-License-Identifier: Apache-2.0 */

/* Drives matches of chains.
 *
 *   test-match check [--one-way] MATCH...   canonical form and mirror image
 *   test-match overlap A B [A B]...         can one packet satisfy both?
 *   test-match random SEED N                N random pairs against a model */

#include <config.h>

#include "ofctl-app/model/match.h"

#include <stdio.h>
#include <stdlib.h>

#include "openvswitch/dynamic-string.h"
#include "packets.h"
#include "random.h"
#include "util.h"

static void
check(const char *text, bool one_way)
{
    char *canonical;
    char *error = match_check(text, one_way, &canonical);
    if (error) {
        ovs_assert(!canonical);
        printf("%s\n", error);
        free(error);
        return;
    }
    char *mirror = match_mirror(canonical);
    printf("%s\n  mirror %s\n", canonical, mirror);
    free(mirror);
    free(canonical);
}

/* A match as the model sees it: each field a value and how many of its leading
 * bits are compared. */
struct field {
    uint32_t value;
    int bits;
};

struct model {
    const char *protocol;       /* "ip", "tcp" or "udp". */
    struct field src, dst, src_port, dst_port;
};

static struct field
random_field(int width, bool any_prefix)
{
    /* Few values and many short masks, so that fields often agree. */
    struct field f = { .value = random_range(2) << (width - 2) };
    f.value |= random_range(2);
    f.bits = (random_range(2) ? 0 : any_prefix ? random_range(width + 1)
              : width);
    if (!f.bits) {
        f.value = 0;
    } else {
        f.value &= UINT32_MAX << (width - f.bits);
    }
    return f;
}

static struct model
random_model(void)
{
    static const char *const protocols[] = { "ip", "tcp", "udp" };
    struct model m = {
        .protocol = protocols[random_range(ARRAY_SIZE(protocols))],
        .src = random_field(32, true),
        .dst = random_field(32, true),
    };
    if (strcmp(m.protocol, "ip")) {
        m.src_port = random_field(16, true);
        m.dst_port = random_field(16, false);
    }
    return m;
}

static void
put_ip(struct ds *ds, const char *name, const struct field *f)
{
    if (f->bits) {
        ds_put_format(ds, ",%s="IP_FMT"/%d", name, IP_ARGS(htonl(f->value)),
                      f->bits);
    }
}

static void
put_port(struct ds *ds, const char *name, const struct field *f)
{
    if (f->bits) {
        ds_put_format(ds, ",%s=0x%x/0x%x", name, f->value,
                      (UINT16_MAX << (16 - f->bits)) & UINT16_MAX);
    }
}

/* Caller frees. */
static char *
model_text(const struct model *m)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    char *canonical;
    ds_put_cstr(&ds, m->protocol);
    put_port(&ds, "tp_dst", &m->dst_port);
    put_ip(&ds, "nw_dst", &m->dst);
    put_ip(&ds, "ip_src", &m->src);
    put_port(&ds, "tp_src", &m->src_port);
    char *error = match_canonicalize(ds_cstr(&ds), false, &canonical);
    if (error) {
        ovs_fatal(0, "%s", error);
    }
    ds_destroy(&ds);
    return canonical;
}

static struct model
model_mirror(const struct model *m)
{
    return (struct model) {
        .protocol = m->protocol,
        .src = m->dst,
        .dst = m->src,
        .src_port = m->dst_port,
        .dst_port = m->src_port,
    };
}

static bool
fields_overlap(const struct field *a, const struct field *b, int width)
{
    int bits = MIN(a->bits, b->bits);
    return !bits || a->value >> (width - bits) == b->value >> (width - bits);
}

static bool
models_overlap(const struct model *a, const struct model *b)
{
    return ((a->protocol == b->protocol || !strcmp(a->protocol, "ip")
             || !strcmp(b->protocol, "ip"))
            && fields_overlap(&a->src, &b->src, 32)
            && fields_overlap(&a->dst, &b->dst, 32)
            && fields_overlap(&a->src_port, &b->src_port, 16)
            && fields_overlap(&a->dst_port, &b->dst_port, 16));
}

static void
expect_text(char *got, const char *want)
{
    if (strcmp(got, want)) {
        ovs_fatal(0, "\"%s\" instead of \"%s\"", got, want);
    }
    free(got);
}

static void
expect_overlap(const char *a, const char *b, bool want)
{
    if (match_overlap(a, b) != want) {
        ovs_fatal(0, "\"%s\" and \"%s\" %s", a, b,
                  want ? "overlap" : "do not overlap");
    }
}

static void
random_matches(unsigned int seed, int n)
{
    int n_overlaps = 0;
    random_set_seed(seed);
    for (int i = 0; i < n; i++) {
        struct model a = random_model();
        struct model b = random_model();
        struct model ra = model_mirror(&a);
        struct model rb = model_mirror(&b);
        bool overlap = models_overlap(&a, &b);
        char *a_text = model_text(&a);
        char *b_text = model_text(&b);
        char *ra_text = model_text(&ra);
        char *rb_text = model_text(&rb);
        char *again;

        ovs_assert(!match_canonicalize(a_text, false, &again));
        expect_text(again, a_text);
        expect_text(match_mirror(a_text), ra_text);
        expect_text(match_mirror(ra_text), a_text);
        expect_overlap(a_text, a_text, true);
        expect_overlap(a_text, b_text, overlap);
        expect_overlap(b_text, a_text, overlap);
        expect_overlap(ra_text, rb_text, overlap);
        n_overlaps += overlap;
        free(a_text);
        free(b_text);
        free(ra_text);
        free(rb_text);
    }
    printf("%s\n", (n_overlaps > n / 10 && n_overlaps < n - n / 10
                    ? "as the model" : "no fair sample"));
}

int
main(int argc, char *argv[])
{
    set_program_name(argv[0]);
    if (argc >= 3 && !strcmp(argv[1], "check")) {
        bool one_way = !strcmp(argv[2], "--one-way");
        for (int i = 2 + one_way; i < argc; i++) {
            check(argv[i], one_way);
        }
    } else if (argc >= 4 && !strcmp(argv[1], "overlap")) {
        for (int i = 2; i + 1 < argc; i += 2) {
            puts(match_overlap(argv[i], argv[i + 1]) ? "yes" : "no");
        }
    } else if (argc == 4 && !strcmp(argv[1], "random")) {
        random_matches(atoi(argv[2]), atoi(argv[3]));
    } else {
        ovs_fatal(0, "see the comment at the top of tests/unit/test-match.c");
    }
    return 0;
}
