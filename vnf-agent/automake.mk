# sdsa-agent, and sdsa-esp: the userspace backend's data plane, a process of its
# own that outlives its agent.  Each folder is a layer and a library, as in
# ofctl-app/automake.mk.

# backend: what a data plane is, and what its backends share.
noinst_LTLIBRARIES += vnf-agent/backend/libbackend.la
vnf_agent_backend_libbackend_la_SOURCES = \
	vnf-agent/backend/backend.c vnf-agent/backend/backend.h \
	vnf-agent/backend/control-io.c vnf-agent/backend/control-io.h \
	vnf-agent/backend/control-msg.c vnf-agent/backend/control-msg.h \
	vnf-agent/backend/own-ips.c vnf-agent/backend/own-ips.h \
	vnf-agent/backend/used-keys.c vnf-agent/backend/used-keys.h \
	vnf-agent/backend/wire.c vnf-agent/backend/wire.h

# esp: the userspace data plane.
noinst_LTLIBRARIES += vnf-agent/esp/libesp.la
vnf_agent_esp_libesp_la_SOURCES = \
	vnf-agent/esp/control-server.c vnf-agent/esp/control-server.h \
	vnf-agent/esp/engine.c vnf-agent/esp/engine.h \
	vnf-agent/esp/esp-control.c vnf-agent/esp/esp-control.h \
	vnf-agent/esp/esp-events.c vnf-agent/esp/esp-events.h \
	vnf-agent/esp/esp.c vnf-agent/esp/esp.h \
	vnf-agent/esp/handover.c vnf-agent/esp/handover.h \
	vnf-agent/esp/ip.c vnf-agent/esp/ip.h \
	vnf-agent/esp/port.c vnf-agent/esp/port.h \
	vnf-agent/esp/replay.c vnf-agent/esp/replay.h \
	vnf-agent/esp/sandbox.c vnf-agent/esp/sandbox.h \
	vnf-agent/esp/show.c vnf-agent/esp/show.h \
	vnf-agent/esp/succession.c vnf-agent/esp/succession.h \
	vnf-agent/esp/tables.c vnf-agent/esp/tables.h

# userspace: the backend that speaks to it.
noinst_LTLIBRARIES += vnf-agent/userspace/libuserspace.la
vnf_agent_userspace_libuserspace_la_SOURCES = \
	vnf-agent/userspace/backend-userspace.c \
	vnf-agent/userspace/backend-userspace.h \
	vnf-agent/userspace/control-client.c vnf-agent/userspace/control-client.h

# xfrm: the backend that speaks to the kernel.
noinst_LTLIBRARIES += vnf-agent/xfrm/libxfrm.la
vnf_agent_xfrm_libxfrm_la_SOURCES = \
	vnf-agent/xfrm/backend-xfrm.c vnf-agent/xfrm/backend-xfrm.h \
	vnf-agent/xfrm/hop-id.h \
	vnf-agent/xfrm/hop-msg.c vnf-agent/xfrm/hop-msg.h \
	vnf-agent/xfrm/nl-build.c vnf-agent/xfrm/nl-build.h \
	vnf-agent/xfrm/nl-conn.c vnf-agent/xfrm/nl-conn.h \
	vnf-agent/xfrm/records.c vnf-agent/xfrm/records.h \
	vnf-agent/xfrm/xfrm-apply.c \
	vnf-agent/xfrm/xfrm-attr.c vnf-agent/xfrm/xfrm-attr.h \
	vnf-agent/xfrm/xfrm-changes.c vnf-agent/xfrm/xfrm-changes.h \
	vnf-agent/xfrm/xfrm-check.c \
	vnf-agent/xfrm/xfrm-counters.c \
	vnf-agent/xfrm/xfrm-events.c \
	vnf-agent/xfrm/xfrm-lifetime.c \
	vnf-agent/xfrm/xfrm-msg.h \
	vnf-agent/xfrm/xfrm-policy.c \
	vnf-agent/xfrm/xfrm-private.h \
	vnf-agent/xfrm/xfrm-probe.c vnf-agent/xfrm/xfrm-probe.h \
	vnf-agent/xfrm/xfrm-sa.c \
	vnf-agent/xfrm/xfrm-stats.c \
	vnf-agent/xfrm/xfrm-sync.c \
	vnf-agent/xfrm/xfrm-udp.c

# yang: libyang, and errors with a path.
noinst_LTLIBRARIES += vnf-agent/yang/libyang.la
vnf_agent_yang_libyang_la_SOURCES = \
	vnf-agent/yang/yang-error.c vnf-agent/yang/yang-error.h \
	vnf-agent/yang/yang-schema.c vnf-agent/yang/yang-schema.h

# datastore: SAD and SPD: validated, persisted without keys.
noinst_LTLIBRARIES += vnf-agent/datastore/libdatastore.la
vnf_agent_datastore_libdatastore_la_SOURCES = \
	vnf-agent/datastore/datastore-file.c \
	vnf-agent/datastore/datastore-file.h \
	vnf-agent/datastore/datastore-list.h \
	vnf-agent/datastore/datastore.c vnf-agent/datastore/datastore.h \
	vnf-agent/datastore/sad-parse.c vnf-agent/datastore/sad-parse.h \
	vnf-agent/datastore/sad-spd.c vnf-agent/datastore/sad-spd.h \
	vnf-agent/datastore/spd-parse.c vnf-agent/datastore/spd-parse.h \
	vnf-agent/datastore/stage.c vnf-agent/datastore/stage.h \
	vnf-agent/datastore/stage-order.c \
	vnf-agent/datastore/stage-order.h \
	vnf-agent/datastore/store.c vnf-agent/datastore/store.h

# registrar: from a token to a certificate and a registration.
noinst_LTLIBRARIES += vnf-agent/registrar/libregistrar.la
vnf_agent_registrar_libregistrar_la_SOURCES = \
	vnf-agent/registrar/auc-client.c vnf-agent/registrar/auc-client.h \
	vnf-agent/registrar/claim-json.c vnf-agent/registrar/claim-json.h \
	vnf-agent/registrar/identity.c vnf-agent/registrar/identity.h \
	vnf-agent/registrar/registrar.c vnf-agent/registrar/registrar.h \
	vnf-agent/registrar/source-watch.c \
	vnf-agent/registrar/source-watch.h \
	vnf-agent/registrar/token-file.c vnf-agent/registrar/token-file.h

# restconf: RFC 8040 over the datastore.
noinst_LTLIBRARIES += vnf-agent/restconf/librestconf.la
vnf_agent_restconf_librestconf_la_SOURCES = \
	vnf-agent/restconf/json-tree.c vnf-agent/restconf/json-tree.h \
	vnf-agent/restconf/rc-access.c vnf-agent/restconf/rc-access.h \
	vnf-agent/restconf/rc-conditions.c vnf-agent/restconf/rc-conditions.h \
	vnf-agent/restconf/rc-edit-op.h \
	vnf-agent/restconf/rc-edit.c vnf-agent/restconf/rc-edit.h \
	vnf-agent/restconf/rc-error.c vnf-agent/restconf/rc-error.h \
	vnf-agent/restconf/rc-events.c vnf-agent/restconf/rc-events.h \
	vnf-agent/restconf/rc-path.c vnf-agent/restconf/rc-path.h \
	vnf-agent/restconf/rc-query.c vnf-agent/restconf/rc-query.h \
	vnf-agent/restconf/rc-read.c vnf-agent/restconf/rc-read.h \
	vnf-agent/restconf/restconf.c vnf-agent/restconf/restconf.h \
	vnf-agent/restconf/yang-patch.c vnf-agent/restconf/yang-patch.h

# Top first, for the linker.
agent_backend_libs = \
	vnf-agent/xfrm/libxfrm.la vnf-agent/userspace/libuserspace.la \
	vnf-agent/backend/libbackend.la
agent_restconf_libs = \
	vnf-agent/restconf/librestconf.la vnf-agent/datastore/libdatastore.la \
	vnf-agent/yang/libyang.la

sbin_PROGRAMS += vnf-agent/sdsa-agent
vnf_agent_sdsa_agent_SOURCES = \
	vnf-agent/backend-choose.c vnf-agent/backend-choose.h \
	vnf-agent/cipher-ips.c vnf-agent/cipher-ips.h \
	vnf-agent/sdsa-agent.c
vnf_agent_sdsa_agent_LDADD = \
	$(agent_restconf_libs) $(agent_backend_libs) \
	vnf-agent/registrar/libregistrar.la lib/restconf/librestconf.la \
	lib/https/libhttps.la lib/libsdsa.la $(LIBYANG_LIBS) $(LIBNL_LIBS) \
	$(LIBCURL_LIBS)

sbin_PROGRAMS += vnf-agent/sdsa-esp
vnf_agent_sdsa_esp_SOURCES = vnf-agent/esp/sdsa-esp.c
vnf_agent_sdsa_esp_LDADD = \
	vnf-agent/esp/libesp.la vnf-agent/backend/libbackend.la \
	lib/libsdsa.la $(SECCOMP_LIBS)

dist_man_MANS += vnf-agent/sdsa-agent.8 vnf-agent/esp/sdsa-esp.8
