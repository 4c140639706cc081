# Command lines.
bin_PROGRAMS += utilities/sdsa-ctl
utilities_sdsa_ctl_SOURCES = \
	utilities/sdsa-ctl-chain.c \
	utilities/sdsa-ctl-edit.c \
	utilities/sdsa-ctl-op.c \
	utilities/sdsa-ctl-plan.c \
	utilities/sdsa-ctl-private.h \
	utilities/sdsa-ctl-remote.c \
	utilities/sdsa-ctl-rows.c \
	utilities/sdsa-ctl-show.c \
	utilities/sdsa-ctl-vnf.c \
	utilities/sdsa-ctl.c
utilities_sdsa_ctl_LDADD = \
	$(controller_pure_libs) lib/libsdsadb.la lib/libsdsaidl.la lib/libsdsa.la

bin_PROGRAMS += utilities/sdsa-trace
utilities_sdsa_trace_SOURCES = utilities/sdsa-trace.c
utilities_sdsa_trace_LDADD = \
	$(controller_pure_libs) \
	lib/libsdsadb.la lib/libsdsaidl.la lib/libsdsa.la

# For labs.
pkglibexec_PROGRAMS += utilities/lab/udp-meter
utilities_lab_udp_meter_SOURCES = utilities/lab/udp-meter.c

bin_SCRIPTS += utilities/sdsa-lab utilities/sdsa-pki
labdir = $(pkgdatadir)/lab
dist_lab_DATA = \
	utilities/lab/demo.py \
	utilities/lab/function.py \
	utilities/lab/host.py \
	utilities/lab/lab.py \
	utilities/lab/main.py \
	utilities/lab/topology.py
topologiesdir = $(pkgdatadir)/topologies
dist_topologies_DATA = \
	utilities/topologies/demo.topo \
	utilities/topologies/one-hop.topo \
	utilities/topologies/table2.topo \
	utilities/topologies/two-machines.topo
EXTRA_DIST += utilities/sdsa-lab utilities/sdsa-pki utilities/ovs-library \
	utilities/lab/check.py utilities/lab/other-debian
dist_man_MANS += \
	utilities/sdsa-ctl.8 utilities/sdsa-lab.8 utilities/sdsa-pki.8 \
	utilities/sdsa-trace.8
