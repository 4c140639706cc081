/* SPDX-License-Identifier: Apache-2.0 */

/* The coordinated operation as a model for spin.  doc/model/README.md says what
 * it shows, and what it takes for granted.
 *
 * A chain goes two ways.  On way w packets enter at bridge w, whose classifier
 * puts them on a version of the path; gateway w encrypts, gateway 1 - w decrypts.
 * Then they pass, at bridge 1 - w, a function without tags: odd versions do, or
 * all (SF_KEPT).
 * Version 0 is there at the beginning; operation v replaces the live one by v.
 *
 * States and events have the names of ofctl-app/operation/op-fsm.h; each transition is
 * one GO(), and a test compares these with what the coordinator does.
 *
 * Faults that find what the protocol is for (-D):
 *   SENDER_FIRST  the senders get new keys while receivers have not got theirs
 *   RECREATE      an SA that was deleted can be made again
 *   DRAIN_BY_TIME the old version goes some time after the flip
 *   NO_EPOCH      gateways and bridges do what a deposed controller wants
 *   RETURN_BY_FLIP
 *                 what comes out of a function waits for that bridge's flip
 */

#ifndef N_OPS
#define N_OPS 1
#endif
#ifndef N_CRASHES
#define N_CRASHES 1             /* Of the controller; a successor goes on. */
#endif
#ifndef N_HANDOVERS
#define N_HANDOVERS 0           /* A successor goes on, and the old controller
                                 * does not know yet. */
#endif
#ifndef N_RESTARTS
#define N_RESTARTS 0            /* Of a gateway's data plane. */
#endif
#define N_VERSIONS (N_OPS + 1)
#define N_EPOCHS (N_CRASHES + N_HANDOVERS + 1)

mtype:state = { idle, journal_prepare, prepare_inbound, prepare_outbound, prove,
                journal_commit, flip, drain, release, undo, done, failed };

/* Gateways.  An SA is absent, there, or was deleted: then its SPI is not taken
 * again. */
#define ABSENT 0
#define THERE 1
#define DELETED 2
#define AT(who, v) ((who) * N_VERSIONS + (v))
byte in_sa[2 * N_VERSIONS];
byte out_sa[2 * N_VERSIONS];
bit out_used[2 * N_VERSIONS];           /* Has sent: not at number 0 any more. */
byte gateway_epoch[2];                  /* The highest that has written. */

/* Bridges: flows of each version, the classifier, and what the data path has
 * cached of that. */
bit transport[2 * N_VERSIONS];
byte classifier[2];
byte cached[2];

/* Which version's flow takes what comes out of the function at each bridge. */
#ifdef SF_KEPT
#define PASSES_SF(v) 1
#else
#define PASSES_SF(v) ((v) & 1)
#endif
#define NOBODY N_VERSIONS
byte sf_return[2];

/* Requests to gateways: once sent they may come at any time, and again, or
 * never. */
#define REQUEST(who, v, e) (AT(who, v) * N_EPOCHS + (e))
bit want_inbound[2 * N_VERSIONS * N_EPOCHS];
bit want_outbound[2 * N_VERSIONS * N_EPOCHS];
bit want_remove[2 * N_VERSIONS * N_EPOCHS];
/* To bridges: in order, while the session lasts.  The highest generation id that
 * a controller has had its role by counts. */
bit want_flows[2 * N_VERSIONS * N_EPOCHS];
bit want_flip[2 * N_VERSIONS * N_EPOCHS];
bit want_no_flows[2 * N_VERSIONS * N_EPOCHS];
byte bridge_epoch[2];

/* Acknowledgements to the controller that asked. */
bit acked_inbound[2], acked_outbound[2], acked_flows[2], acked_flip[2];
bit acked_remove[2], acked_no_flows[2];

/* Packets on their way, one a way and version. */
bit flying[2 * N_VERSIONS];
bit excused;                    /* A data plane was killed: loss is no fault. */

/* The database. */
#define NONE 0
#define PREPARING 1
#define COMMITTING 2
byte journal;
byte journal_version, journal_old;
byte live;                      /* The version that the database names. */
byte epoch;
bit debt[2];                    /* Gateway owes a removal. */

/* The controller. */
mtype:state state = idle;
byte version, old;              /* Of the operation: what comes, what goes. */
byte n_crashes, n_restarts, n_handovers;
bit finished;                   /* It has looked at everything once more. */

/* The deposed controller. */
mtype:state deposed_state = idle;
byte deposed_version, deposed_old, deposed_epoch;

#ifdef NO_EPOCH
#define IS_OVER(e, at) 0
#else
#define IS_OVER(e, at) (e < at)
#endif

#define GO(from, event, to) state == from -> state = to
#define GO_IF(condition, from, event, to) \
    state == from && condition -> state = to
/* What a successor begins with, as GO(idle, resumed, to). */
#define RESUMED(to) state = to
#define ALL(bits) (bits[0] && bits[1])

inline forget_acks()
{
    acked_inbound[0] = 0; acked_inbound[1] = 0;
    acked_outbound[0] = 0; acked_outbound[1] = 0;
    acked_flows[0] = 0; acked_flows[1] = 0;
    acked_flip[0] = 0; acked_flip[1] = 0;
    acked_remove[0] = 0; acked_remove[1] = 0;
    acked_no_flows[0] = 0; acked_no_flows[1] = 0;
}

inline send_inbound(v)
{
    want_inbound[REQUEST(0, v, epoch)] = 1;
    want_inbound[REQUEST(1, v, epoch)] = 1;
    want_flows[REQUEST(0, v, epoch)] = 1;
    want_flows[REQUEST(1, v, epoch)] = 1;
}

/* Where nothing can come out of the function yet, the flow comes with the
 * others. */
inline add_return(b, v)
{
    if
#ifndef RETURN_BY_FLIP
    :: PASSES_SF(v) && !PASSES_SF(live) -> sf_return[b] = v
#endif
    :: else
    fi
}

inline flip_bridge(b, v)
{
    classifier[b] = v;
    if
    :: PASSES_SF(v) -> sf_return[b] = v
    :: else
    fi
}

inline have_prepared(v)
{
    add_return(0, v);
    add_return(1, v);
    in_sa[AT(0, v)] = THERE;
    in_sa[AT(1, v)] = THERE;
    out_sa[AT(0, v)] = THERE;
    out_sa[AT(1, v)] = THERE;
    transport[AT(0, v)] = 1;
    transport[AT(1, v)] = 1
}

inline send_outbound(v, e)
{
    want_outbound[REQUEST(0, v, e)] = 1;
    want_outbound[REQUEST(1, v, e)] = 1;
}

/* What was to be flipped to before, and was sent again for want of an answer,
 * came before this. */
inline send_flip(v)
{
    i = 0;
    do
    :: i < 2 * N_VERSIONS -> want_flip[i * N_EPOCHS + epoch] = 0; i++
    :: else -> break
    od;
    i = 0;
    want_flip[REQUEST(0, v, epoch)] = 1;
    want_flip[REQUEST(1, v, epoch)] = 1;
}

inline ask_remove(v, e)
{
    want_remove[REQUEST(0, v, e)] = 1;
    want_remove[REQUEST(1, v, e)] = 1;
    want_no_flows[REQUEST(0, v, e)] = 1;
    want_no_flows[REQUEST(1, v, e)] = 1;
}

inline send_remove(v)
{
    acked_remove[0] = 0; acked_remove[1] = 0;
    acked_no_flows[0] = 0; acked_no_flows[1] = 0;
    ask_remove(v, epoch)
}

/* Who has not acknowledged a removal owes it. */
inline owe()
{
    debt[0] = debt[0] | !acked_remove[0];
    debt[1] = debt[1] | !acked_remove[1];
}

/* PROVE: a packet comes through the hop of each way. */
#define HOP_WORKS(w, v) (out_sa[AT(w, v)] == THERE && \
                         in_sa[AT(1 - w, v)] == THERE && \
                         transport[AT(0, v)] && transport[AT(1, v)])

/* DRAIN: nothing of version v flies; no cache puts anything on it. */
#define IS_DRAINED(v) (!flying[AT(0, v)] && !flying[AT(1, v)] && \
                       cached[0] != v && cached[1] != v)

inline arrive(w, v)
{
    assert(excused || (transport[AT(1 - w, v)] &&
                       in_sa[AT(1 - w, v)] == THERE));
    assert(excused || !PASSES_SF(v) || sf_return[1 - w] != NOBODY);
    flying[AT(w, v)] = 0
}

/* What the database does not name is removed from gateway g. */
inline audit(g)
{
    gateway_epoch[g] = epoch;
    debt[g] = 0;
    i = 0;
    do
    :: i < N_VERSIONS ->
       if
       :: i != live && in_sa[AT(g, i)] == THERE -> in_sa[AT(g, i)] = DELETED
       :: else
       fi;
       if
       :: i != live && out_sa[AT(g, i)] == THERE -> out_sa[AT(g, i)] = DELETED
       :: else
       fi;
       i++
    :: else -> break
    od;
    i = 0
}

/* Sessions with the bridges end with the controller; what was on its way there
 * came before, or does not come. */
inline lose_sessions()
{
    i = 0;
    do
    :: i < 2 * N_VERSIONS ->
       want_flows[i * N_EPOCHS + epoch] = 0;
       want_flip[i * N_EPOCHS + epoch] = 0;
       want_no_flows[i * N_EPOCHS + epoch] = 0;
       i++
    :: else -> break
    od;
    i = 0
}

/* Another controller begins, with what the journal says. */
inline succeed()
{
    epoch++; forget_acks();
    version = journal_version; old = journal_old;
    if
    :: journal == NONE -> state = idle
    :: journal == PREPARING ->
       RESUMED(undo); send_remove(version)
    :: journal == COMMITTING ->
       RESUMED(flip); send_flip(version)
    fi
}

inline check_leftovers()
{
    i = 0;
    do
    :: i < N_VERSIONS ->
       assert(i == live || (in_sa[AT(0, i)] != THERE &&
                            in_sa[AT(1, i)] != THERE &&
                            out_sa[AT(0, i)] != THERE &&
                            out_sa[AT(1, i)] != THERE &&
                            !transport[AT(0, i)] && !transport[AT(1, i)]));
       i++
    :: else -> break
    od;
    assert(excused || (HOP_WORKS(0, live) && HOP_WORKS(1, live)));
    assert(classifier[0] == live && classifier[1] == live);
    assert(sf_return[0] == (PASSES_SF(live) -> live : NOBODY) &&
           sf_return[1] == (PASSES_SF(live) -> live : NOBODY));
    i = 0
}

proctype controller()
{
    byte i;
    do
    :: d_step { GO_IF(journal_version < N_OPS, idle, start, journal_prepare);
                version = journal_version + 1; old = live; forget_acks() }
    /* With a backup path: an operation that is over has prepared it, and
     * nothing of that is to be done. */
    :: d_step { GO_IF(journal_version < N_OPS, idle, start, prove);
                version = journal_version + 1; old = live; forget_acks();
                journal = PREPARING; journal_version = version;
                journal_old = old; have_prepared(version) }
    :: state == idle && journal_version == N_OPS -> break
    /* The database. */
    :: d_step { GO(journal_prepare, journaled, prepare_inbound);
                journal = PREPARING; journal_version = version;
                journal_old = old; send_inbound(version)
#ifdef SENDER_FIRST
                ; send_outbound(version, epoch)
#endif
       }
    :: d_step { GO(journal_prepare, refused, undo);
                journal_version = version;
                acked_remove[0] = 1; acked_remove[1] = 1;
                acked_no_flows[0] = 1; acked_no_flows[1] = 1 }
    /* Preparing. */
#ifdef SENDER_FIRST
    :: d_step { state == prepare_inbound && ALL(acked_outbound) &&
                ALL(acked_flows) -> state = journal_commit }
#else
    :: d_step { GO_IF(ALL(acked_inbound),
                      prepare_inbound, acknowledged, prepare_outbound);
                send_outbound(version, epoch) }
    :: d_step { GO_IF(ALL(acked_outbound) && ALL(acked_flows),
                      prepare_outbound, acknowledged, prove) }
    :: d_step { GO_IF(HOP_WORKS(0, version) && HOP_WORKS(1, version),
                      prove, acknowledged, journal_commit);
                out_used[AT(0, version)] = 1; out_used[AT(1, version)] = 1 }
#endif
    /* A refusal, a time-out, a participant that was lost, the operator. */
    :: d_step { GO(prepare_inbound, refused, undo); send_remove(version) }
    :: d_step { GO(prepare_outbound, refused, undo); send_remove(version) }
    :: d_step { GO(prove, refused, undo); send_remove(version) }
    /* The commit point. */
    :: d_step { GO(journal_commit, journaled, flip);
                journal = COMMITTING; live = version; send_flip(version) }
    :: d_step { GO(journal_commit, refused, undo); send_remove(version) }
    /* Forward only.  In doubt, the flip is sent again. */
    :: d_step { state == flip && !ALL(acked_flip) -> send_flip(version) }
    :: d_step { GO_IF(ALL(acked_flip), flip, acknowledged, drain) }
#ifdef DRAIN_BY_TIME
    :: d_step { GO(drain, acknowledged, release); send_remove(old) }
#else
    :: d_step { GO_IF(IS_DRAINED(old), drain, acknowledged, release);
                send_remove(old) }
    /* At last it goes without proof; the operation says so. */
    :: d_step { GO_IF(!IS_DRAINED(old), drain, time_out, release);
                send_remove(old); excused = 1 }
#endif
    :: d_step { GO_IF(ALL(acked_remove) && ALL(acked_no_flows),
                      release, acknowledged, done); journal = NONE }
    :: d_step { GO_IF(ALL(acked_no_flows), release, time_out, done);
                owe(); journal = NONE }
    :: d_step { GO_IF(ALL(acked_remove) && ALL(acked_no_flows),
                      undo, acknowledged, failed); journal = NONE }
    :: d_step { GO_IF(ALL(acked_no_flows), undo, time_out, failed);
                owe(); journal = NONE }
    /* All or nothing. */
    :: d_step { state == done ->
                assert(live == version && classifier[0] == live &&
                       classifier[1] == live);
                state = idle }
    :: d_step { state == failed ->
                assert(live != version && classifier[0] == live &&
                       classifier[1] == live);
                state = idle }
    /* Debts are paid when the gateway is looked at. */
    :: d_step { state == idle && debt[0] -> audit(0) }
    :: d_step { state == idle && debt[1] -> audit(1) }
    /* The controller dies, and another one takes over. */
    :: d_step { state != idle && n_crashes < N_CRASHES ->
                n_crashes++; lose_sessions(); succeed() }
    /* It lives, and has lost the lock. */
    :: d_step { state != idle && n_handovers < N_HANDOVERS ->
                n_handovers++;
                deposed_state = state; deposed_epoch = epoch;
                deposed_version = version; deposed_old = old;
                succeed() }
    od;
    skip;
    /* After one more look nothing is left but the live version. */
    d_step { audit(0); audit(1); check_leftovers(); finished = 1 }
}

/* What was deposed and does not know yet goes on, as far as it gets without the
 * database.  What it has asked for was acknowledged at the latest when it is
 * so. */
#define WAS_THERE(v) (in_sa[AT(0, v)] != ABSENT && in_sa[AT(1, v)] != ABSENT)

proctype deposed()
{
end:
    do
    :: d_step { deposed_state == prepare_inbound &&
                WAS_THERE(deposed_version) ->
                deposed_state = prepare_outbound;
                send_outbound(deposed_version, deposed_epoch) }
    :: d_step { deposed_state == prepare_inbound ||
                deposed_state == prepare_outbound || deposed_state == prove ->
                deposed_state = undo;
                ask_remove(deposed_version, deposed_epoch) }
    :: d_step { deposed_state == flip && classifier[0] == deposed_version &&
                classifier[1] == deposed_version ->
                deposed_state = drain }
    :: d_step { deposed_state == drain && IS_DRAINED(deposed_old) ->
                deposed_state = release;
                ask_remove(deposed_old, deposed_epoch) }
    od
}

/* Requests of version v and epoch e at gateway g: at any time, any number of
 * times.  The gateway takes none of a lower epoch than it has seen, makes an SA
 * once, and acknowledges what is so already. */
#define IS_MINE(e, v, of) ((e == epoch) & (v == of))

proctype requests(byte g; byte v; byte e)
{
end:
    do
    :: d_step { want_inbound[REQUEST(g, v, e)] &&
                !IS_OVER(e, gateway_epoch[g]) ->
                gateway_epoch[g] = e;
                /* One of the last controller can come late too: it is found
                 * when the gateway is looked at. */
                assert(!finished || e == epoch || in_sa[AT(g, v)] != ABSENT);
                if
#ifdef RECREATE
                :: in_sa[AT(g, v)] != THERE -> in_sa[AT(g, v)] = THERE
#else
                :: in_sa[AT(g, v)] == ABSENT -> in_sa[AT(g, v)] = THERE
#endif
                :: else
                fi;
                acked_inbound[g] = acked_inbound[g] |
                    (IS_MINE(e, v, version) & (in_sa[AT(g, v)] == THERE)) }
    :: d_step { want_outbound[REQUEST(g, v, e)] &&
                !IS_OVER(e, gateway_epoch[g]) ->
                gateway_epoch[g] = e;
                if
#ifdef RECREATE
                :: out_sa[AT(g, v)] != THERE ->
#else
                :: out_sa[AT(g, v)] == ABSENT ->
#endif
                   /* A new SA begins at number 0. */
                   assert(!out_used[AT(g, v)]);
                   out_sa[AT(g, v)] = THERE
                :: else
                fi;
                acked_outbound[g] = acked_outbound[g] |
                    (IS_MINE(e, v, version) & (out_sa[AT(g, v)] == THERE)) }
    :: d_step { want_remove[REQUEST(g, v, e)] &&
                !IS_OVER(e, gateway_epoch[g]) ->
                gateway_epoch[g] = e;
                if
                :: in_sa[AT(g, v)] == THERE -> in_sa[AT(g, v)] = DELETED
                :: else
                fi;
                if
                :: out_sa[AT(g, v)] == THERE -> out_sa[AT(g, v)] = DELETED
                :: else
                fi;
                acked_remove[g] = acked_remove[g] |
                    ((state == release) & IS_MINE(e, v, old)) |
                    ((state == undo) & IS_MINE(e, v, version)) }
    od
}

/* Bundles of epoch e for version v at bridge b.  The answer to a flip may be lost; one to an
 * earlier request is not taken for that to a later one (tickets). */
proctype bundles(byte b; byte v; byte e)
{
end:
    do
    :: d_step { want_flows[REQUEST(b, v, e)] &&
                !IS_OVER(e, bridge_epoch[b]) ->
                bridge_epoch[b] = e;
                want_flows[REQUEST(b, v, e)] = 0; transport[AT(b, v)] = 1;
                add_return(b, v);
                assert(!finished || v == live);
                acked_flows[b] = acked_flows[b] | IS_MINE(e, v, version) }
    :: d_step { want_flip[REQUEST(b, v, e)] &&
                !IS_OVER(e, bridge_epoch[b]) ->
                bridge_epoch[b] = e;
                want_flip[REQUEST(b, v, e)] = 0; flip_bridge(b, v);
                acked_flip[b] = acked_flip[b] | IS_MINE(e, v, version) }
    :: d_step { want_flip[REQUEST(b, v, e)] &&
                !IS_OVER(e, bridge_epoch[b]) ->
                bridge_epoch[b] = e;
                want_flip[REQUEST(b, v, e)] = 0; flip_bridge(b, v) }
    :: d_step { want_no_flows[REQUEST(b, v, e)] &&
                !want_flows[REQUEST(b, v, e)] &&
                !IS_OVER(e, bridge_epoch[b]) ->
                bridge_epoch[b] = e;
                want_no_flows[REQUEST(b, v, e)] = 0; transport[AT(b, v)] = 0;
                if
                :: sf_return[b] == v -> sf_return[b] = NOBODY
                :: else
                fi;
                acked_no_flows[b] = acked_no_flows[b] |
                    ((state == release) & IS_MINE(e, v, old)) |
                    ((state == undo) & IS_MINE(e, v, version)) }
    od
}

/* Packets on way w, and the cache of its ingress. */
proctype packets(byte w)
{
    byte v;
end:
    do
    :: d_step { cached[w] != classifier[w] -> cached[w] = classifier[w] }
    :: d_step { !flying[AT(w, cached[w])] ->
                v = cached[w];
                assert(excused || (transport[AT(w, v)] &&
                                   out_sa[AT(w, v)] == THERE));
                flying[AT(w, v)] = (transport[AT(w, v)] &
                                    (out_sa[AT(w, v)] == THERE));
                out_used[AT(w, v)] = out_used[AT(w, v)] | flying[AT(w, v)];
                v = 0 }
    :: d_step { flying[AT(w, 0)] -> arrive(w, 0) }
    :: d_step { flying[AT(w, 1)] -> arrive(w, 1) }
#if N_OPS > 1
    :: d_step { flying[AT(w, 2)] -> arrive(w, 2) }
#endif
    od
}

/* A gateway's data plane dies, and begins anew with nothing: what it makes then
 * has other IVs (doc/architecture.md). */
proctype restarts()
{
    byte g, i;
end:
    do
    :: n_restarts < N_RESTARTS && g == 0 -> g = 1
    :: d_step { n_restarts < N_RESTARTS ->
                n_restarts++; excused = 1; i = 0;
                do
                :: i < N_VERSIONS ->
                   if
                   :: in_sa[AT(g, i)] == THERE -> in_sa[AT(g, i)] = ABSENT
                   :: else
                   fi;
                   if
                   :: out_sa[AT(g, i)] == THERE -> out_sa[AT(g, i)] = ABSENT
                   :: else
                   fi;
                   out_used[AT(g, i)] = 0;
                   i++
                :: else -> break
                od;
                i = 0 }
    od
}

init {
    byte g, v, e;
    d_step {
        in_sa[AT(0, 0)] = THERE; in_sa[AT(1, 0)] = THERE;
        out_sa[AT(0, 0)] = THERE; out_sa[AT(1, 0)] = THERE;
        transport[AT(0, 0)] = 1; transport[AT(1, 0)] = 1;
        sf_return[0] = (PASSES_SF(0) -> 0 : NOBODY);
        sf_return[1] = (PASSES_SF(0) -> 0 : NOBODY)
    }
    atomic {
        run controller(); run deposed(); run packets(0); run packets(1); run restarts();
        for (g : 0 .. 1) {
            for (v : 0 .. N_OPS) {
                for (e : 0 .. N_CRASHES + N_HANDOVERS) {
                    run bundles(g, v, e); run requests(g, v, e)
                }
            }
        }
    }
}
