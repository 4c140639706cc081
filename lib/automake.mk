# What the daemons share; it knows no daemon.
noinst_LTLIBRARIES += lib/libsdsa.la
lib_libsdsa_la_SOURCES = \
	lib/address.c lib/address.h \
	lib/boot-clock.c lib/boot-clock.h \
	lib/bounds.c lib/bounds.h \
	lib/cert-life.c lib/cert-life.h \
	lib/counts.c lib/counts.h \
	lib/crowd.c lib/crowd.h \
	lib/daemon-life.c lib/daemon-life.h \
	lib/daemon-options.c lib/daemon-options.h \
	lib/descriptors.c lib/descriptors.h \
	lib/durable.c lib/durable.h \
	lib/environment.c lib/environment.h \
	lib/epoch.h \
	lib/json-number.c lib/json-number.h \
	lib/log-thread.c lib/log-thread.h \
	lib/name.c lib/name.h \
	lib/nsh.h \
	lib/ovs-compat.c lib/ovs-compat.h \
	lib/ovs-tls.c lib/ovs-tls.h \
	lib/percent.c lib/percent.h \
	lib/privileges.c lib/privileges.h \
	lib/process-util.c lib/process-util.h \
	lib/rates.c lib/rates.h \
	lib/regular-file.c lib/regular-file.h \
	lib/sa.c lib/sa.h \
	lib/secret.c lib/secret.h \
	lib/suite.c lib/suite.h \
	lib/tls.c lib/tls.h \
	lib/tls-files.c lib/tls-files.h \
	lib/wiping-buffer.c lib/wiping-buffer.h \
	lib/x509.c lib/x509.h
lib_libsdsa_la_LIBADD = $(JANSSON_LIBS)

# The HTTPS server.
noinst_LTLIBRARIES += lib/https/libhttps.la
lib_https_libhttps_la_SOURCES = \
	lib/https/http-parse.c lib/https/http-parse.h \
	lib/https/https-conn.c lib/https/https-conn.h \
	lib/https/https-exchange.h \
	lib/https/https-method.c lib/https/https-method.h \
	lib/https/https-peers.c lib/https/https-peers.h \
	lib/https/https-request.c lib/https/https-request.h \
	lib/https/https-server.c lib/https/https-server.h

# The RESTCONF client.
noinst_LTLIBRARIES += lib/restconf/librestconf.la
lib_restconf_librestconf_la_SOURCES = \
	lib/restconf/curl-loop.c lib/restconf/curl-loop.h \
	lib/restconf/event-stream.c lib/restconf/event-stream.h \
	lib/restconf/restconf-client-private.h \
	lib/restconf/restconf-client.c lib/restconf/restconf-client.h \
	lib/restconf/restconf-patch.c lib/restconf/restconf-patch.h \
	lib/restconf/restconf-root.c lib/restconf/restconf-root.h \
	lib/restconf/restconf-stream.c lib/restconf/restconf-stream.h

# The connection with the database.  OVS's JSON, not jansson: see Makefile.am.
noinst_LTLIBRARIES += lib/libsdsadb.la
lib_libsdsadb_la_SOURCES = \
	lib/db-address.c lib/db-address.h \
	lib/db-probe.c lib/db-probe.h \
	lib/db-watch.c lib/db-watch.h
lib_libsdsadb_la_CPPFLAGS = $(AM_CPPFLAGS) \
	-Djson_object=ovs_json_object -Djson_string=ovs_json_string

# Typed access to the database, generated from its schema.
noinst_LTLIBRARIES += lib/libsdsaidl.la
nodist_lib_libsdsaidl_la_SOURCES = lib/sdsa-idl.c lib/sdsa-idl.h
lib_libsdsaidl_la_SOURCES =
lib_libsdsaidl_la_CFLAGS = $(AM_CFLAGS) -Wno-unused-parameter -Wno-unused-variable
# OVS's json_string(), not that of jansson: see Makefile.am.
lib_libsdsaidl_la_CPPFLAGS = $(AM_CPPFLAGS) -Djson_string=ovs_json_string
BUILT_SOURCES += lib/sdsa-idl.c lib/sdsa-idl.h
CLEANFILES += lib/sdsa-idl.c lib/sdsa-idl.h lib/sdsa-idl.ovsidl
EXTRA_DIST += lib/sdsa-idl.ann

lib/sdsa-idl.ovsidl: vswitchd-config/sdsa.ovsschema lib/sdsa-idl.ann
	$(AM_V_GEN)$(MKDIR_P) lib && $(OVSDB_IDLC) annotate \
		$(srcdir)/vswitchd-config/sdsa.ovsschema \
		$(srcdir)/lib/sdsa-idl.ann > $@.tmp && mv $@.tmp $@
lib/sdsa-idl.h: lib/sdsa-idl.ovsidl
	$(AM_V_GEN)$(OVSDB_IDLC) c-idl-header $< > $@.tmp && mv $@.tmp $@
lib/sdsa-idl.c: lib/sdsa-idl.ovsidl lib/sdsa-idl.h
	$(AM_V_GEN)$(OVSDB_IDLC) c-idl-source $< > $@.tmp && mv $@.tmp $@
