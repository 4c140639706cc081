# sdsa-controller.
#
# What is pure (no I/O, no database) is a library of its own, for its tests and
# for sdsa-ctl.
noinst_LTLIBRARIES += ofctl-app/libsdsapure.la
ofctl_app_libsdsapure_la_SOURCES = \
	ofctl-app/icmp.c ofctl-app/icmp.h \
	ofctl-app/inventory.c ofctl-app/inventory.h \
	ofctl-app/match.c ofctl-app/match.h \
	ofctl-app/numbers.c ofctl-app/numbers.h \
	ofctl-app/operation.c ofctl-app/operation.h \
	ofctl-app/path-check.c ofctl-app/path-check.h \
	ofctl-app/path-mtu.c ofctl-app/path-mtu.h \
	ofctl-app/path-private.h ofctl-app/path-sfs.c ofctl-app/path-way.c \
	ofctl-app/path.c ofctl-app/path.h \
	ofctl-app/probe.c ofctl-app/probe.h \
	ofctl-app/sa-request.c ofctl-app/sa-request.h \
	ofctl-app/steering.c ofctl-app/steering.h \
	ofctl-app/trace.c ofctl-app/trace.h
ofctl_app_libsdsapure_la_LIBADD = lib/libsdsa.la

# Sessions with bridges and agents.
noinst_LTLIBRARIES += ofctl-app/libsdsasouth.la
ofctl_app_libsdsasouth_la_SOURCES = \
	ofctl-app/agent-event.c ofctl-app/agent-event.h \
	ofctl-app/agent-state.c ofctl-app/agent-state.h \
	ofctl-app/agents.c ofctl-app/agents.h \
	ofctl-app/bridges.c ofctl-app/bridges.h \
	ofctl-app/flow-set.c ofctl-app/flow-set.h \
	ofctl-app/of-bundle.c ofctl-app/of-bundle.h \
	ofctl-app/of-listener.c ofctl-app/of-listener.h \
	ofctl-app/of-ports.c ofctl-app/of-ports.h \
	ofctl-app/of-session.c ofctl-app/of-session.h
ofctl_app_libsdsasouth_la_LIBADD = \
	ofctl-app/libsdsapure.la lib/libsdsaclient.la

# The database as inventory and paths.
noinst_LTLIBRARIES += ofctl-app/libsdsaview.la
ofctl_app_libsdsaview_la_SOURCES = \
	ofctl-app/inventory-idl.c ofctl-app/inventory-idl.h \
	ofctl-app/path-idl.c ofctl-app/path-idl.h
ofctl_app_libsdsaview_la_LIBADD = ofctl-app/libsdsapure.la

sbin_PROGRAMS += ofctl-app/sdsa-controller
ofctl_app_sdsa_controller_SOURCES = \
	ofctl-app/conductor.c ofctl-app/conductor.h \
	ofctl-app/conductor-backup.c \
	ofctl-app/conductor-chains.c ofctl-app/conductor-change.c \
	ofctl-app/conductor-events.c \
	ofctl-app/conductor-private.h ofctl-app/conductor-show.c \
	ofctl-app/failure-test.c ofctl-app/failure-test.h \
	ofctl-app/journal.c ofctl-app/journal.h \
	ofctl-app/live-check.c ofctl-app/live-check.h \
	ofctl-app/network.c ofctl-app/network.h \
	ofctl-app/op.c ofctl-app/op.h \
	ofctl-app/op-hops.c ofctl-app/op-private.h \
	ofctl-app/resync.c ofctl-app/resync.h \
	ofctl-app/status.c ofctl-app/status.h \
	ofctl-app/vswitches.c ofctl-app/vswitches.h \
	ofctl-app/too-big.c ofctl-app/too-big.h \
	ofctl-app/sdsa-controller.c
ofctl_app_sdsa_controller_LDADD = \
	ofctl-app/libsdsaview.la ofctl-app/libsdsasouth.la \
	ofctl-app/libsdsapure.la \
	lib/libsdsaidl.la lib/libsdsa.la

dist_man_MANS += ofctl-app/sdsa-controller.8
