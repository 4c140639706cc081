# sdsa-controller and sdsa-auc.  Each folder is a layer and a library: its files include those
# of its own folder and of the folders before it, which
# tests/tools/layers checks.

# model: what the operator declared, and the paths that serve it: pure.
noinst_LTLIBRARIES += ofctl-app/model/libmodel.la
ofctl_app_model_libmodel_la_SOURCES = \
	ofctl-app/model/inventory.c ofctl-app/model/inventory.h \
	ofctl-app/model/lifetime.c ofctl-app/model/lifetime.h \
	ofctl-app/model/match.c ofctl-app/model/match.h \
	ofctl-app/model/numbers.c ofctl-app/model/numbers.h \
	ofctl-app/model/participant.c ofctl-app/model/participant.h \
	ofctl-app/model/path-check.c ofctl-app/model/path-check.h \
	ofctl-app/model/path-find.c ofctl-app/model/path-find.h \
	ofctl-app/model/path-mtu.c ofctl-app/model/path-mtu.h \
	ofctl-app/model/path-sfs.c ofctl-app/model/path-sfs.h \
	ofctl-app/model/path-way.c ofctl-app/model/path-way.h \
	ofctl-app/model/path.c ofctl-app/model/path.h \
	ofctl-app/model/untagged-sf.c ofctl-app/model/untagged-sf.h

# view: the database as inventory, paths and totals.
noinst_LTLIBRARIES += ofctl-app/view/libview.la
ofctl_app_view_libview_la_SOURCES = \
	ofctl-app/view/config-idl.c ofctl-app/view/config-idl.h \
	ofctl-app/view/inventory-idl.c ofctl-app/view/inventory-idl.h \
	ofctl-app/view/path-idl.c ofctl-app/view/path-idl.h \
	ofctl-app/view/sorted.h \
	ofctl-app/view/totals.c ofctl-app/view/totals.h

# flows: from a path to its flows and packets: pure.
noinst_LTLIBRARIES += ofctl-app/flows/libflows.la
ofctl_app_flows_libflows_la_SOURCES = \
	ofctl-app/flows/flow-set.c ofctl-app/flows/flow-set.h \
	ofctl-app/flows/icmp.c ofctl-app/flows/icmp.h \
	ofctl-app/flows/probe.c ofctl-app/flows/probe.h \
	ofctl-app/flows/steering.c ofctl-app/flows/steering.h \
	ofctl-app/flows/trace.c ofctl-app/flows/trace.h

# plan: what each chain needs now, and its paths: pure.
noinst_LTLIBRARIES += ofctl-app/plan/libplan.la
ofctl_app_plan_libplan_la_SOURCES = \
	ofctl-app/plan/backup-plan.c ofctl-app/plan/backup-plan.h \
	ofctl-app/plan/chain-plan.c ofctl-app/plan/chain-plan.h \
	ofctl-app/plan/live-paths.c ofctl-app/plan/live-paths.h \
	ofctl-app/plan/make-paths.c ofctl-app/plan/make-paths.h \
	ofctl-app/plan/path-health.c ofctl-app/plan/path-health.h \
	ofctl-app/plan/plan-action.c ofctl-app/plan/plan-action.h \
	ofctl-app/plan/plan-facts.h \
	ofctl-app/plan/plan-idl.c ofctl-app/plan/plan-idl.h \
	ofctl-app/plan/plan.c ofctl-app/plan/plan.h \
	ofctl-app/plan/suspects.c ofctl-app/plan/suspects.h

# southbound: sessions with bridges, agents and the databases of switches.
noinst_LTLIBRARIES += ofctl-app/southbound/libsouthbound.la
ofctl_app_southbound_libsouthbound_la_SOURCES = \
	ofctl-app/southbound/agent-event.c ofctl-app/southbound/agent-event.h \
	ofctl-app/southbound/agent-state.c ofctl-app/southbound/agent-state.h \
	ofctl-app/southbound/agents.c ofctl-app/southbound/agents.h \
	ofctl-app/southbound/bridge.c ofctl-app/southbound/bridge.h \
	ofctl-app/southbound/bridges.c ofctl-app/southbound/bridges.h \
	ofctl-app/southbound/of-bundle.c ofctl-app/southbound/of-bundle.h \
	ofctl-app/southbound/of-listener.c ofctl-app/southbound/of-listener.h \
	ofctl-app/southbound/of-packet.c ofctl-app/southbound/of-packet.h \
	ofctl-app/southbound/of-ports.c ofctl-app/southbound/of-ports.h \
	ofctl-app/southbound/of-session.c ofctl-app/southbound/of-session.h \
	ofctl-app/southbound/sa-request.c ofctl-app/southbound/sa-request.h \
	ofctl-app/southbound/turned-away.c \
	ofctl-app/southbound/turned-away.h \
	ofctl-app/southbound/vnf-places.c ofctl-app/southbound/vnf-places.h \
	ofctl-app/southbound/vswitch-session.c \
	ofctl-app/southbound/vswitch-session.h \
	ofctl-app/southbound/vswitches.c ofctl-app/southbound/vswitches.h

# network: the network as the controller drives it.
noinst_LTLIBRARIES += ofctl-app/network/libnetwork.la
ofctl_app_network_libnetwork_la_SOURCES = \
	ofctl-app/network/desired-flows.c ofctl-app/network/desired-flows.h \
	ofctl-app/network/flow-audit.c ofctl-app/network/flow-audit.h \
	ofctl-app/network/network.c ofctl-app/network/network.h \
	ofctl-app/network/resync.c ofctl-app/network/resync.h \
	ofctl-app/network/status.c ofctl-app/network/status.h \
	ofctl-app/network/too-big.c ofctl-app/network/too-big.h

# operation: one coordinated change.
noinst_LTLIBRARIES += ofctl-app/operation/liboperation.la
ofctl_app_operation_liboperation_la_SOURCES = \
	ofctl-app/operation/failure-test.c ofctl-app/operation/failure-test.h \
	ofctl-app/operation/journal.c ofctl-app/operation/journal.h \
	ofctl-app/operation/op-bridge.c \
	ofctl-app/operation/op-fsm.c ofctl-app/operation/op-fsm.h \
	ofctl-app/operation/op-gateway.c \
	ofctl-app/operation/op-hops.c \
	ofctl-app/operation/op-participants.c \
	ofctl-app/operation/op-private.h \
	ofctl-app/operation/op-spec.h \
	ofctl-app/operation/op.c ofctl-app/operation/op.h \
	ofctl-app/operation/ops.c ofctl-app/operation/ops.h

# conductor: which change is due, and when.
noinst_LTLIBRARIES += ofctl-app/conductor/libconductor.la
ofctl_app_conductor_libconductor_la_SOURCES = \
	ofctl-app/conductor/conductor-change.c \
	ofctl-app/conductor/conductor-epoch.c \
	ofctl-app/conductor/conductor-events.c \
	ofctl-app/conductor/conductor-facts.c \
	ofctl-app/conductor/conductor-private.h \
	ofctl-app/conductor/conductor-results.c \
	ofctl-app/conductor/conductor-show.c \
	ofctl-app/conductor/conductor-write.c \
	ofctl-app/conductor/conductor.c ofctl-app/conductor/conductor.h

# Top first, for the linker.  sdsa-ctl and sdsa-trace use the lowest four.
controller_pure_libs = \
	ofctl-app/plan/libplan.la \
	ofctl-app/flows/libflows.la ofctl-app/view/libview.la \
	ofctl-app/model/libmodel.la
controller_south_libs = \
	ofctl-app/southbound/libsouthbound.la $(controller_pure_libs) \
	lib/restconf/librestconf.la

sbin_PROGRAMS += ofctl-app/sdsa-controller
ofctl_app_sdsa_controller_SOURCES = ofctl-app/sdsa-controller.c
ofctl_app_sdsa_controller_LDADD = \
	ofctl-app/conductor/libconductor.la \
	ofctl-app/operation/liboperation.la \
	ofctl-app/network/libnetwork.la \
	$(controller_south_libs) \
	lib/libsdsadb.la lib/libsdsaidl.la lib/libsdsa.la \
	$(LIBCURL_LIBS)

# auc: the authentication centre.
noinst_LTLIBRARIES += ofctl-app/auc/libauc.la
ofctl_app_auc_libauc_la_SOURCES = \
	ofctl-app/auc/auc-db.c ofctl-app/auc/auc-db.h \
	ofctl-app/auc/auc.c ofctl-app/auc/auc.h \
	ofctl-app/auc/call-back.c ofctl-app/auc/call-back.h \
	ofctl-app/auc/caller.c ofctl-app/auc/caller.h \
	ofctl-app/auc/claim.c ofctl-app/auc/claim.h \
	ofctl-app/auc/est.c ofctl-app/auc/est.h \
	ofctl-app/auc/refusals.c ofctl-app/auc/refusals.h \
	ofctl-app/auc/registration.c ofctl-app/auc/registration.h

sbin_PROGRAMS += ofctl-app/sdsa-auc
ofctl_app_sdsa_auc_SOURCES = ofctl-app/sdsa-auc.c
ofctl_app_sdsa_auc_LDADD = \
	ofctl-app/auc/libauc.la \
	lib/https/libhttps.la lib/restconf/librestconf.la \
	lib/libsdsadb.la lib/libsdsaidl.la lib/libsdsa.la \
	$(LIBCURL_LIBS)

dist_man_MANS += ofctl-app/sdsa-auc.8 ofctl-app/sdsa-controller.8
