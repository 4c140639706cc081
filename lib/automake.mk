# What the daemons share; it knows no daemon.
noinst_LTLIBRARIES += lib/libsdsa.la
lib_libsdsa_la_SOURCES = \
	lib/address.c lib/address.h \
	lib/http-parse.c lib/http-parse.h \
	lib/https-conn.c \
	lib/https-private.h \
	lib/https-request.c \
	lib/https-server.c lib/https-server.h \
	lib/nsh.h \
	lib/percent.c lib/percent.h \
	lib/process-util.c lib/process-util.h \
	lib/restconf-patch.c lib/restconf-patch.h \
	lib/restconf-root.c lib/restconf-root.h \
	lib/sa.c lib/sa.h \
	lib/secret.c lib/secret.h \
	lib/suite.c lib/suite.h \
	lib/tls.c lib/tls.h \
	lib/wiping-buffer.c lib/wiping-buffer.h
lib_libsdsa_la_LIBADD = \
	$(JANSSON_LIBS)

# The RESTCONF client.
noinst_LTLIBRARIES += lib/libsdsaclient.la
lib_libsdsaclient_la_SOURCES = \
	lib/curl-loop.c lib/curl-loop.h \
	lib/event-stream.c lib/event-stream.h \
	lib/restconf-client.c lib/restconf-client.h \
	lib/restconf-client-private.h \
	lib/restconf-stream.c lib/restconf-stream.h
lib_libsdsaclient_la_LIBADD = lib/libsdsa.la $(LIBCURL_LIBS)

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
