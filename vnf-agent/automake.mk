# sdsa-agent, and sdsa-esp: the userspace backend's data plane, a process of its
# own that outlives its agent.
sbin_PROGRAMS += vnf-agent/sdsa-agent
vnf_agent_sdsa_agent_SOURCES = vnf-agent/sdsa-agent.c
vnf_agent_sdsa_agent_LDADD = \
	vnf-agent/libsdsarestconf.la vnf-agent/libsdsaxfrm.la \
	vnf-agent/libsdsaesp.la lib/libsdsa.la \
	$(LIBYANG_LIBS)

noinst_LTLIBRARIES += vnf-agent/libsdsarestconf.la
vnf_agent_libsdsarestconf_la_SOURCES = \
	vnf-agent/datastore.c vnf-agent/datastore.h \
	vnf-agent/datastore-file.c \
	vnf-agent/datastore-private.h \
	vnf-agent/datastore-stage.c \
	vnf-agent/json-tree.c vnf-agent/json-tree.h \
	vnf-agent/rc-conditions.c vnf-agent/rc-conditions.h \
	vnf-agent/rc-edit.c vnf-agent/rc-edit.h \
	vnf-agent/rc-error.c vnf-agent/rc-error.h \
	vnf-agent/rc-events.c vnf-agent/rc-events.h \
	vnf-agent/rc-filter.c vnf-agent/rc-filter.h \
	vnf-agent/rc-path.c vnf-agent/rc-path.h \
	vnf-agent/rc-query.c vnf-agent/rc-query.h \
	vnf-agent/rc-read.c vnf-agent/rc-read.h \
	vnf-agent/restconf.c vnf-agent/restconf.h \
	vnf-agent/sad-parse.c \
	vnf-agent/sad-spd.c vnf-agent/sad-spd.h vnf-agent/sad-spd-private.h \
	vnf-agent/spd-parse.c \
	vnf-agent/state.c vnf-agent/state.h \
	vnf-agent/yang-patch.c vnf-agent/yang-patch.h \
	vnf-agent/yang-schema.c vnf-agent/yang-schema.h
vnf_agent_libsdsarestconf_la_LIBADD = vnf-agent/libsdsaesp.la

noinst_LTLIBRARIES += vnf-agent/libsdsaesp.la
vnf_agent_libsdsaesp_la_SOURCES = \
	vnf-agent/backend.c vnf-agent/backend.h \
	vnf-agent/backend-userspace.c \
	vnf-agent/esp/control.c vnf-agent/esp/control.h \
	vnf-agent/esp/control-client.c vnf-agent/esp/control-client.h \
	vnf-agent/esp/engine.c vnf-agent/esp/engine.h \
	vnf-agent/esp/esp.c vnf-agent/esp/esp.h \
	vnf-agent/esp/events.c vnf-agent/esp/events.h \
	vnf-agent/esp/ip.c vnf-agent/esp/ip.h \
	vnf-agent/esp/port.c vnf-agent/esp/port.h \
	vnf-agent/esp/replay.c vnf-agent/esp/replay.h \
	vnf-agent/esp/show.c vnf-agent/esp/show.h \
	vnf-agent/esp/tables.c vnf-agent/esp/tables.h \
	vnf-agent/esp/used-keys.c vnf-agent/esp/used-keys.h \
	vnf-agent/esp/wire.c vnf-agent/esp/wire.h
vnf_agent_libsdsaesp_la_LIBADD = lib/libsdsa.la

# The kernel backend.
noinst_LTLIBRARIES += vnf-agent/libsdsaxfrm.la
vnf_agent_libsdsaxfrm_la_SOURCES = \
	vnf-agent/xfrm/apply.c \
	vnf-agent/xfrm/backend-xfrm.c \
	vnf-agent/xfrm/batch.c \
	vnf-agent/xfrm/changes.c vnf-agent/xfrm/changes.h \
	vnf-agent/xfrm/choose.c \
	vnf-agent/xfrm/counters.c \
	vnf-agent/xfrm/events.c \
	vnf-agent/xfrm/hop-id.h \
	vnf-agent/xfrm/hop-msg.c vnf-agent/xfrm/hop-msg.h \
	vnf-agent/xfrm/nl-build.c vnf-agent/xfrm/nl-build.h \
	vnf-agent/xfrm/nl-conn.c vnf-agent/xfrm/nl-conn.h \
	vnf-agent/xfrm/private.h \
	vnf-agent/xfrm/probe.c vnf-agent/xfrm/probe.h \
	vnf-agent/xfrm/records.c vnf-agent/xfrm/records.h \
	vnf-agent/xfrm/stats.c \
	vnf-agent/xfrm/sync.c \
	vnf-agent/xfrm/udp-encap.c \
	vnf-agent/xfrm/xfrm-attr.c vnf-agent/xfrm/xfrm-attr.h \
	vnf-agent/xfrm/xfrm-check.c \
	vnf-agent/xfrm/xfrm-msg.h \
	vnf-agent/xfrm/xfrm-policy.c \
	vnf-agent/xfrm/xfrm-sa.c
vnf_agent_libsdsaxfrm_la_LIBADD = \
	vnf-agent/libsdsaesp.la lib/libsdsa.la $(LIBNL_LIBS)

sbin_PROGRAMS += vnf-agent/sdsa-esp
vnf_agent_sdsa_esp_SOURCES = \
	vnf-agent/esp/control-server.c vnf-agent/esp/control-server.h \
	vnf-agent/esp/sdsa-esp.c
vnf_agent_sdsa_esp_LDADD = vnf-agent/libsdsaesp.la lib/libsdsa.la

dist_man_MANS += vnf-agent/sdsa-agent.8 vnf-agent/esp/sdsa-esp.8
