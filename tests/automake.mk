# `make check`: modules and daemons, without network namespaces (any user).
# `make check-system`: whole labs with real traffic in namespaces (root).
# `make check-fuzz`: libFuzzer, in a build of its own (tests/fuzz/automake.mk).
# `make bench`: prints figures, asserts nothing (root).

COMMON_AT = tests/sdsa-macros.at
TESTSUITE_AT = \
	tests/testsuite.at \
	tests/lib.at \
	tests/match.at \
	tests/path.at \
	tests/steering.at \
	tests/operation.at \
	tests/icmp.at \
	tests/sa-request.at \
	tests/esp.at \
	tests/xfrm.at \
	tests/backends.at \
	tests/agent.at \
	tests/restconf.at \
	tests/agents.at \
	tests/bridges.at \
	tests/sdsa-ctl.at \
	tests/trace.at \
	tests/controller.at \
	tests/declared.at \
	tests/events.at \
	tests/utilities.at
SYSTEM_TESTSUITE_AT = \
	tests/system-testsuite.at \
	tests/system-macros.at \
	tests/system-chain.at \
	tests/system-clear.at \
	tests/system-esp.at \
	tests/system-kinds.at \
	tests/system-links.at \
	tests/system-protect.at \
	tests/system-mtu.at \
	tests/system-random.at \
	tests/system-chaos.at \
	tests/system-operation.at \
	tests/system-fault.at
TESTSUITE = $(srcdir)/tests/testsuite
SYSTEM_TESTSUITE = $(srcdir)/tests/system-testsuite
KERNEL_TESTSUITE_AT = \
	tests/kernel-testsuite.at \
	tests/system-macros.at \
	tests/kernel.at \
	tests/kernel-lab.at \
	tests/backends.at
KERNEL_TESTSUITE = $(srcdir)/tests/kernel-testsuite
EXTRA_DIST += $(KERNEL_TESTSUITE_AT) $(KERNEL_TESTSUITE) tests/kernel-guest \
	tests/kernel-check tests/kernel-net tests/kernel_hands.py tests/uml-xstate.c
EXTRA_DIST += $(COMMON_AT) $(TESTSUITE_AT) $(SYSTEM_TESTSUITE_AT) \
	$(TESTSUITE) $(SYSTEM_TESTSUITE) tests/atlocal.in tests/esp-net tests/esp-open \
	tests/udp-stream tests/random-lab tests/lab_net.py \
	tests/chaos tests/chaos_handover.py tests/chaos_lab.py \
	tests/chaos_points.py tests/chaos_state.py tests/chaos_traffic.py \
	tests/bench/bench_lab.py tests/bench/bench-chain-add \
	tests/bench/bench-crowd \
	tests/bench/bench-failover tests/bench/bench-hop \
	tests/bench/bench-operation \
	tests/bench/bench-sa-rate \
	tests/bench/bench-suites tests/bench/bench-xfrm \
	tests/bench/strongswan.py tests/bench/table2 \
	tests/fake-agent tests/packet tests/restconf-walk tests/doc-examples \
	tests/rc-client tests/restconf-ansible tests/restconf-hostile tests/restconf-keys tests/restconf-rekey
DISTCLEANFILES += tests/atconfig tests/atlocal

check_PROGRAMS += \
	tests/test-agents tests/test-bridges tests/test-esp tests/test-events \
	tests/test-lib \
	tests/test-icmp tests/test-flow-set tests/test-match tests/test-operation \
	tests/test-path tests/test-restconf tests/test-sa-request tests/test-steering tests/test-xfrm
tests_test_agents_SOURCES = tests/test-agents.c
tests_test_agents_LDADD = \
	ofctl-app/libsdsasouth.la ofctl-app/libsdsapure.la lib/libsdsa.la
tests_test_bridges_SOURCES = tests/test-bridges.c
tests_test_bridges_LDADD = \
	ofctl-app/libsdsasouth.la ofctl-app/libsdsapure.la lib/libsdsa.la
tests_test_esp_SOURCES = \
	tests/test-esp.c tests/test-esp.h \
	tests/test-esp-ctl.c \
	tests/test-esp-engine.c \
	tests/test-esp-modes.c \
	tests/test-esp-rig.c tests/test-esp-rig.h \
	tests/test-esp-send.c \
	tests/test-esp-state.c \
	tests/test-esp-suites.c \
	tests/test-esp-tag.c
tests_test_esp_LDADD = \
	vnf-agent/libsdsaxfrm.la vnf-agent/libsdsaesp.la lib/libsdsa.la
tests_test_flow_set_SOURCES = tests/test-flow-set.c
tests_test_flow_set_LDADD = \
	ofctl-app/libsdsasouth.la ofctl-app/libsdsapure.la lib/libsdsa.la
tests_test_icmp_SOURCES = tests/test-icmp.c
tests_test_icmp_LDADD = ofctl-app/libsdsapure.la lib/libsdsa.la
tests_test_events_SOURCES = tests/test-events.c
tests_test_events_LDADD = \
	ofctl-app/libsdsasouth.la ofctl-app/libsdsapure.la lib/libsdsa.la
tests_test_lib_SOURCES = tests/test-lib.c
tests_test_lib_LDADD = lib/libsdsa.la
tests_test_match_SOURCES = tests/test-match.c
tests_test_match_LDADD = ofctl-app/libsdsapure.la lib/libsdsa.la
tests_test_operation_SOURCES = tests/test-operation.c
tests_test_operation_LDADD = ofctl-app/libsdsapure.la lib/libsdsa.la
tests_test_xfrm_SOURCES = \
	tests/test-xfrm.c tests/test-xfrm-faults.c tests/test-xfrm.h
tests_test_xfrm_LDADD = \
	vnf-agent/libsdsaxfrm.la vnf-agent/libsdsaesp.la lib/libsdsa.la
tests_test_path_SOURCES = \
	tests/test-path.c tests/test-topology.c tests/test-topology.h
tests_test_path_LDADD = ofctl-app/libsdsapure.la lib/libsdsa.la
tests_test_restconf_SOURCES = tests/test-restconf.c
tests_test_restconf_LDADD = \
	vnf-agent/libsdsarestconf.la vnf-agent/libsdsaesp.la lib/libsdsa.la \
	$(LIBYANG_LIBS)
tests_test_sa_request_SOURCES = \
	tests/test-sa-request.c tests/test-topology.c tests/test-topology.h
tests_test_sa_request_LDADD = \
	ofctl-app/libsdsapure.la lib/libsdsa.la $(LIBYANG_LIBS)
tests_test_steering_SOURCES = \
	tests/test-steering.c tests/test-topology.c tests/test-topology.h
tests_test_steering_LDADD = ofctl-app/libsdsapure.la lib/libsdsa.la

AUTOTEST = $(AUTOM4TE) --language=autotest
$(srcdir)/tests/package.m4: $(top_srcdir)/configure.ac
	$(AM_V_GEN){ \
	  echo 'm4_define([AT_PACKAGE_NAME],      [$(PACKAGE_NAME)])'; \
	  echo 'm4_define([AT_PACKAGE_TARNAME],   [$(PACKAGE_TARNAME)])'; \
	  echo 'm4_define([AT_PACKAGE_VERSION],   [$(PACKAGE_VERSION)])'; \
	  echo 'm4_define([AT_PACKAGE_STRING],    [$(PACKAGE_STRING)])'; \
	  echo 'm4_define([AT_PACKAGE_BUGREPORT], [$(PACKAGE_BUGREPORT)])'; \
	} > $@.tmp && mv $@.tmp $@
EXTRA_DIST += tests/package.m4

$(TESTSUITE): tests/package.m4 $(TESTSUITE_AT) $(COMMON_AT)
	$(AM_V_GEN)$(AUTOTEST) -I '$(srcdir)' -I '$(srcdir)/tests' -o $@.tmp $@.at && mv $@.tmp $@
$(SYSTEM_TESTSUITE): tests/package.m4 $(SYSTEM_TESTSUITE_AT) $(COMMON_AT)
	$(AM_V_GEN)$(AUTOTEST) -I '$(srcdir)' -I '$(srcdir)/tests' -o $@.tmp $@.at && mv $@.tmp $@

AUTOTEST_PATH = utilities:vswitchd-config:ofctl-app:vnf-agent:vnf-agent/esp:tests

check-local: all $(check_PROGRAMS) $(TESTSUITE)
	$(SHELL) '$(TESTSUITE)' -C tests AUTOTEST_PATH='$(AUTOTEST_PATH)' $(TESTSUITEFLAGS)
check-system: all $(check_PROGRAMS) $(SYSTEM_TESTSUITE)
	@$(MKDIR_P) tests/system-testsuite.d
	$(SHELL) '$(SYSTEM_TESTSUITE)' -C tests AUTOTEST_PATH='$(AUTOTEST_PATH)' $(TESTSUITEFLAGS)

$(KERNEL_TESTSUITE): tests/package.m4 $(KERNEL_TESTSUITE_AT) $(COMMON_AT)
	$(AM_V_GEN)$(AUTOTEST) -I '$(srcdir)' -I '$(srcdir)/tests' -o $@.tmp $@.at && mv $@.tmp $@
# In guests, or (KERNEL=host) on this machine's kernel.
check-kernel: all $(check_PROGRAMS) $(KERNEL_TESTSUITE)
	$(SHELL) '$(srcdir)/tests/kernel-check' '$(KERNEL)' '$(KERNEL_TESTSUITE)' -C tests AUTOTEST_PATH='$(AUTOTEST_PATH)' $(TESTSUITEFLAGS)
.PHONY: check-system check-kernel bench

bench: all tests/test-esp$(EXEEXT)
	@. tests/atconfig; . tests/atlocal; \
	for b in $(srcdir)/tests/bench/bench-* $(srcdir)/tests/bench/table2; do \
	  echo "== $$b"; $$b || exit 1; \
	done

clean-local:
	test ! -f '$(TESTSUITE)' || $(SHELL) '$(TESTSUITE)' -C tests --clean
	rm -rf tests/testsuite.dir tests/testsuite.log \
		tests/system-testsuite.dir tests/system-testsuite.log \
		tests/kernel-testsuite.dir tests/kernel-testsuite.log \
		tests/*-[0-9]*-kernel-testsuite* \
		tests/system-testsuite.d
	test ! -f '$(FUZZ_TESTSUITE)' || $(SHELL) '$(FUZZ_TESTSUITE)' -C tests --clean
	rm -rf tests/fuzz/findings tests/fuzz/*.result
