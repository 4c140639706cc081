# Fuzz targets: `make check-fuzz` in a build with `--enable-fuzz CC=clang`.
FUZZ_TARGETS = \
	tests/fuzz/fuzz-body \
	tests/fuzz/fuzz-esp \
	tests/fuzz/fuzz-events \
	tests/fuzz/fuzz-http \
	tests/fuzz/fuzz-openflow \
	tests/fuzz/fuzz-patch \
	tests/fuzz/fuzz-rows \
	tests/fuzz/fuzz-trust \
	tests/fuzz/fuzz-uri
if ENABLE_FUZZ
check_PROGRAMS += $(FUZZ_TARGETS)
endif
EXTRA_PROGRAMS = $(FUZZ_TARGETS)

FUZZ_TESTSUITE_AT = tests/fuzz-testsuite.at tests/fuzz/fuzz.at
FUZZ_TESTSUITE = $(srcdir)/tests/fuzz-testsuite
EXTRA_DIST += $(FUZZ_TESTSUITE_AT) $(FUZZ_TESTSUITE) \
	tests/fuzz/corpus tests/fuzz/run-target \
	tests/fuzz/events.dict tests/fuzz/http.dict tests/fuzz/trust.dict \
	tests/fuzz/uri.dict

fuzz_ldflags = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_sources = tests/fuzz/fuzz.c tests/fuzz/fuzz.h
fuzz_agent_sources = $(fuzz_sources) \
	tests/fuzz/fuzz-agent.c tests/fuzz/fuzz-agent.h \
	tests/fuzz/fuzz-backend.c tests/fuzz/fuzz-backend.h \
	tests/fuzz/fuzz-mutate.c tests/fuzz/fuzz-mutate.h \
	tests/fuzz/fuzz-request.c tests/fuzz/fuzz-request.h \
	tests/fuzz/fuzz-store.c tests/fuzz/fuzz-store.h
fuzz_agent_libs = \
	$(agent_restconf_libs) vnf-agent/esp/libesp.la \
	vnf-agent/backend/libbackend.la \
	lib/https/libhttps.la lib/libsdsa.la $(LIBYANG_LIBS)

fuzz_edit_sources = $(fuzz_agent_sources) \
	tests/fuzz/fuzz-edit.c tests/fuzz/fuzz-edit.h
tests_fuzz_fuzz_body_SOURCES = tests/fuzz/fuzz-body.c $(fuzz_edit_sources)
tests_fuzz_fuzz_body_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_body_LDADD = $(fuzz_agent_libs)

tests_fuzz_fuzz_esp_SOURCES = tests/fuzz/fuzz-esp.c $(fuzz_sources)
tests_fuzz_fuzz_esp_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_esp_LDADD = vnf-agent/esp/libesp.la vnf-agent/backend/libbackend.la lib/libsdsa.la

tests_fuzz_fuzz_events_SOURCES = tests/fuzz/fuzz-events.c $(fuzz_sources)
tests_fuzz_fuzz_events_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_events_LDADD = \
	$(controller_south_libs) lib/libsdsa.la $(LIBCURL_LIBS)

tests_fuzz_fuzz_http_SOURCES = tests/fuzz/fuzz-http.c $(fuzz_sources)
tests_fuzz_fuzz_http_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_http_LDADD = $(fuzz_agent_libs)

# A switch in memory, and its time.
fuzz_switch_ldflags = $(fuzz_ldflags) \
	-Wl,--wrap=time_msec \
	-Wl,--wrap=pvconn_open,--wrap=pvconn_get_name,--wrap=pvconn_close \
	-Wl,--wrap=pvconn_accept,--wrap=pvconn_wait
tests_fuzz_fuzz_openflow_SOURCES = tests/fuzz/fuzz-openflow.c \
	tests/fuzz/fuzz-switch.c tests/fuzz/fuzz-switch.h $(fuzz_sources)
tests_fuzz_fuzz_openflow_LDFLAGS = $(fuzz_switch_ldflags)
tests_fuzz_fuzz_openflow_LDADD = $(controller_south_libs) lib/libsdsadb.la lib/libsdsaidl.la lib/libsdsa.la $(LIBCURL_LIBS)

tests_fuzz_fuzz_patch_SOURCES = tests/fuzz/fuzz-patch.c $(fuzz_edit_sources)
tests_fuzz_fuzz_patch_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_patch_LDADD = $(fuzz_agent_libs)

# And its database.
fuzz_jsonrpc_ldflags = \
	-Wl,--wrap=db_probe_create \
	-Wl,--wrap=jsonrpc_session_open_multiple,--wrap=jsonrpc_session_close \
	-Wl,--wrap=jsonrpc_session_run,--wrap=jsonrpc_session_wait \
	-Wl,--wrap=jsonrpc_session_recv,--wrap=jsonrpc_session_recv_wait \
	-Wl,--wrap=jsonrpc_session_send,--wrap=jsonrpc_session_is_alive \
	-Wl,--wrap=jsonrpc_session_steal,--wrap=jsonrpc_session_replace \
	-Wl,--wrap=jsonrpc_session_is_connected \
	-Wl,--wrap=jsonrpc_session_get_seqno \
	-Wl,--wrap=jsonrpc_session_get_name \
	-Wl,--wrap=jsonrpc_session_force_reconnect \
	-Wl,--wrap=jsonrpc_session_reset_backoff \
	-Wl,--wrap=jsonrpc_session_set_probe_interval
tests_fuzz_fuzz_rows_SOURCES = tests/fuzz/fuzz-rows.c \
	tests/fuzz/fuzz-mutate.c tests/fuzz/fuzz-mutate.h \
	tests/fuzz/fuzz-switch.c tests/fuzz/fuzz-switch.h $(fuzz_sources)
tests_fuzz_fuzz_rows_LDFLAGS = $(fuzz_switch_ldflags) $(fuzz_jsonrpc_ldflags)
tests_fuzz_fuzz_rows_LDADD = $(tests_fuzz_fuzz_openflow_LDADD)

tests_fuzz_fuzz_trust_SOURCES = tests/fuzz/fuzz-trust.c $(fuzz_sources)
tests_fuzz_fuzz_trust_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_trust_LDADD = ofctl-app/auc/libauc.la \
	vnf-agent/registrar/libregistrar.la lib/restconf/librestconf.la \
	lib/libsdsa.la $(LIBCURL_LIBS)

tests_fuzz_fuzz_uri_SOURCES = tests/fuzz/fuzz-uri.c $(fuzz_agent_sources)
tests_fuzz_fuzz_uri_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_uri_LDADD = $(fuzz_agent_libs)

$(FUZZ_TESTSUITE): tests/package.m4 $(FUZZ_TESTSUITE_AT)
	$(AM_V_GEN)$(AUTOTEST) -I '$(srcdir)' -I '$(srcdir)/tests' -o $@.tmp $@.at && mv $@.tmp $@

FUZZ_PATH = $(abs_top_srcdir)/tests/fuzz
fuzz-targets: $(BUILT_SOURCES)
	$(MAKE) $(AM_MAKEFLAGS) $(FUZZ_TARGETS)
if ENABLE_FUZZ
check-fuzz: fuzz-targets $(FUZZ_TESTSUITE)
	PATH='$(FUZZ_PATH)':$$PATH $(SHELL) '$(FUZZ_TESTSUITE)' -C tests $(TESTSUITEFLAGS)
else
check-fuzz:
	@echo 'check-fuzz is for a build configured with --enable-fuzz CC=clang' >&2
	@exit 1
endif
.PHONY: check-fuzz fuzz-targets
