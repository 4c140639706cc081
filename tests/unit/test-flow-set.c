/* SPDX-License-Identifier: Apache-2.0 */

/* Plays random changes, undos, dumps and diffs on ofctl-app/flows/flow-set.h
 * and on a naive model of it, and compares the two.
 *
 * Usage: test-flow-set SEED N-STEPS */

#include <config.h>

#include "ofctl-app/flows/flow-set.h"

#include <stdio.h>
#include <stdlib.h>

#include "ofctl-app/flows/steering.h"

#include "flow.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofpbuf.h"
#include "random.h"
#include "util.h"

#define N_FLOWS 5               /* They differ in in_port, from 1 on. */
#define N_COOKIES 4
#define N_ACTIONS 3             /* Output to port 1, 2 or 3. */
#define MAX_CHANGES 8           /* That can be undone. */

/* What a flow does: 0 for nothing, else 1 + cookie * N_ACTIONS + action. */
typedef int what_t;

struct model {
    /* Owners of each flow, the first one first. */
    what_t owners[N_FLOWS][N_COOKIES];
    int n_owners[N_FLOWS];
};

static struct flow_set *set;
static struct model model;
static what_t fake_switch[N_FLOWS];
/* A dump showed what no owner wanted then: whatever it was, it is to be
 * replaced. */
static bool is_other[N_FLOWS];

static struct flow_change *changes[MAX_CHANGES];
static struct model before[MAX_CHANGES]; /* Each change. */
static int n_changes;

static uint64_t
what_cookie(what_t what)
{
    return STEERING_COOKIE | (uint64_t) ((what - 1) / N_ACTIONS);
}

static what_t
make_what(uint64_t cookie, int output)
{
    return 1 + (cookie & 0xff) * N_ACTIONS + output - 1;
}

static void
model_remove(struct model *m, int flow, uint64_t cookie)
{
    int n = 0;
    for (int i = 0; i < m->n_owners[flow]; i++) {
        if (what_cookie(m->owners[flow][i]) != cookie) {
            m->owners[flow][n++] = m->owners[flow][i];
        }
    }
    m->n_owners[flow] = n;
}

static void
model_add(struct model *m, int flow, what_t what)
{
    model_remove(m, flow, what_cookie(what));
    m->owners[flow][m->n_owners[flow]++] = what;
}

static what_t
model_wants(const struct model *m, int flow)
{
    int n = m->n_owners[flow];
    return n ? m->owners[flow][n - 1] : 0;
}

static void
step_change(void)
{
    if (n_changes == MAX_CHANGES) {
        flow_change_destroy(changes[0]);
        n_changes--;
        memmove(changes, changes + 1, n_changes * sizeof *changes);
        memmove(before, before + 1, n_changes * sizeof *before);
    }
    before[n_changes] = model;

    uint64_t remove[N_COOKIES];
    size_t n_remove = random_range(N_COOKIES);
    for (size_t i = 0; i < n_remove; i++) {
        remove[i] = STEERING_COOKIE | random_range(N_COOKIES);
        for (int flow = 0; flow < N_FLOWS; flow++) {
            model_remove(&model, flow, remove[i]);
        }
    }

    struct steering_flow flows[4];
    const struct steering_flow *add[ARRAY_SIZE(flows)];
    size_t n_add = random_range(ARRAY_SIZE(flows) + 1);
    for (size_t i = 0; i < n_add; i++) {
        int flow = random_range(N_FLOWS);
        what_t what = 1 + random_range(N_COOKIES * N_ACTIONS);
        flows[i].cookie = what_cookie(what);
        flows[i].text = xasprintf("table=1,priority=2,in_port=%d,"
                                  "actions=output:%d", flow + 1,
                                  (what - 1) % N_ACTIONS + 1);
        add[i] = &flows[i];
        model_add(&model, flow, what);
    }
    char *error = flow_change_create(n_changes + 1, NULL, remove, n_remove,
                                     add, n_add, &changes[n_changes]);
    ovs_assert(!error);
    for (size_t i = 0; i < n_add; i++) {
        free(flows[i].text);
    }
    flow_set_apply(set, changes[n_changes++]);
}

/* Undoes some changes, and either does all of them again or throws them
 * away. */
static void
step_undo(void)
{
    int first = random_range(n_changes + 1);
    bool redo = random_range(2);
    struct model now = model;

    for (int i = n_changes - 1; i >= first; i--) {
        flow_set_undo(set, changes[i]);
        model = before[i];
    }
    for (int i = first; i < n_changes; i++) {
        if (redo) {
            flow_set_apply(set, changes[i]);
        } else {
            flow_change_destroy(changes[i]);
        }
    }
    if (redo) {
        model = now;
    } else {
        n_changes = first;
    }
}

/* Sends all that differs to the fake switch.  Meanwhile, another change may
 * come, and the switch may refuse it all. */
static void
step_diff(void)
{
    struct flow_diff *diff = flow_diff_create(set);
    bool refuse = !random_range(4);
    what_t want[N_FLOWS];

    for (int flow = 0; flow < N_FLOWS; flow++) {
        want[flow] = model_wants(&model, flow);
    }
    if (random_range(2)) {
        step_change();
    }
    if (!refuse) {
        for (size_t i = 0; i < flow_diff_n(diff); i++) {
            struct ofpbuf *msg = flow_diff_encode(diff, i, htonl(i));
            struct ofputil_flow_mod fm;
            struct ofpbuf ofpacts;
            ofpbuf_init(&ofpacts, 0);
            ovs_assert(!ofputil_decode_flow_mod(&fm, msg->data,
                                                OFPUTIL_P_OF15_OXM, NULL,
                                                NULL, &ofpacts, OFPP_MAX,
                                                255));
            ovs_assert(fm.table_id == 1 && fm.priority == 2);
            struct match match;
            minimatch_expand(&fm.match, &match);
            int flow = ofp_to_u16(match.flow.in_port.ofp_port) - 1;
            if (fm.command == OFPFC_ADD) {
                int port = ofp_to_u16(ofpact_get_OUTPUT(fm.ofpacts)->port);
                ovs_assert(flow_diff_ticket(diff, i));
                fake_switch[flow] = make_what(ntohll(fm.new_cookie), port);
            } else {
                ovs_assert(fm.command == OFPFC_DELETE_STRICT);
                ovs_assert(fake_switch[flow] && !flow_diff_ticket(diff, i));
                fake_switch[flow] = 0;
            }
            minimatch_destroy(&fm.match);
            ofpbuf_uninit(&ofpacts);
            ofpbuf_delete(msg);
            is_other[flow] = false;
        }
        flow_diff_commit(diff);
        for (int flow = 0; flow < N_FLOWS; flow++) {
            ovs_assert(fake_switch[flow] == want[flow]);
        }
    }
    flow_diff_destroy(diff);
}

/* Shows the flows of the fake switch to 'cb', and checks that the set thinks
 * so too. */
static void
show(void (*cb)(struct flow_set *, const struct ofputil_flow_stats *))
{
    for (int flow = 0; flow < N_FLOWS; flow++) {
        what_t what = fake_switch[flow];
        if (what) {
            struct ofpbuf ofpacts;
            ofpbuf_init(&ofpacts, 0);
            ofpact_put_OUTPUT(&ofpacts)->port
                = u16_to_ofp((what - 1) % N_ACTIONS + 1);
            struct ofputil_flow_stats fs = {
                .match = MATCH_CATCHALL_INITIALIZER,
                .cookie = htonll(what_cookie(what)),
                .table_id = 1,
                .priority = 2,
                .packet_count = 1,
                .ofpacts = ofpacts.data,
                .ofpacts_len = ofpacts.size,
            };
            match_set_in_port(&fs.match, u16_to_ofp(flow + 1));
            cb(set, &fs);
            ofpbuf_uninit(&ofpacts);
        }
    }
}

/* Somebody changes the switch, a count notices, and a dump finds out. */
static void
step_dump(void)
{
    int flow = random_range(N_FLOWS);
    what_t what = random_range(N_COOKIES * N_ACTIONS + 1);
    if (what != fake_switch[flow]) {
        fake_switch[flow] = what;
        flow_set_count_begin(set);
        show(flow_set_count_flow);
        ovs_assert(!flow_set_count_end(set));
    }
    flow_set_dump_begin(set);
    show(flow_set_dump_flow);
    flow_set_dump_end(set);

    for (flow = 0; flow < N_FLOWS; flow++) {
        is_other[flow] = fake_switch[flow] != 0;
        for (int i = 0; i < model.n_owners[flow]; i++) {
            is_other[flow] &= model.owners[flow][i] != fake_switch[flow];
        }
    }
}

static void
check(void)
{
    size_t n_wanted = 0, n_dirty = 0;
    bool is_any_other = false;
    uint64_t packets[N_COOKIES] = { 0 };

    for (int flow = 0; flow < N_FLOWS; flow++) {
        n_wanted += model.n_owners[flow] > 0;
        n_dirty += (is_other[flow]
                    || model_wants(&model, flow) != fake_switch[flow]);
        is_any_other |= is_other[flow];
        if (fake_switch[flow]) {
            packets[what_cookie(fake_switch[flow]) & 0xff]++;
        }
    }
    ovs_assert(flow_set_n_wanted(set) == n_wanted);
    ovs_assert(flow_set_n_dirty(set) == n_dirty);

    flow_set_count_begin(set);
    show(flow_set_count_flow);
    bool agrees = flow_set_count_end(set);
    ovs_assert(agrees != is_any_other);
    for (int i = 0; i < N_COOKIES; i++) {
        ovs_assert(flow_set_packets(set, STEERING_COOKIE | i) == packets[i]);
    }
}

int
main(int argc, char *argv[])
{
    set_program_name(argv[0]);
    ovs_assert(argc == 3);
    random_set_seed(atoi(argv[1]));

    set = flow_set_create();
    for (int n = atoi(argv[2]); n > 0; n--) {
        switch (random_range(8)) {
        case 0: step_undo(); break;
        case 1: step_dump(); break;
        case 2: case 3: step_diff(); break;
        default: step_change(); break;
        }
        check();
    }
    for (int i = 0; i < n_changes; i++) {
        flow_change_destroy(changes[i]);
    }
    flow_set_destroy(set);
    return 0;
}
