# `make check`: modules and daemons, without network namespaces (any user).
# `make check-system`: whole labs with real traffic in namespaces (root).
# `make check-fuzz`: libFuzzer, in a build of its own (tests/fuzz/automake.mk).
# `make bench`: prints figures, asserts nothing (root).

COMMON_AT = tests/sdsa-macros.at
TESTSUITE_AT = \
	tests/testsuite.at \
	tests/unit/layers.at \
	tests/unit/lib.at \
	tests/unit/x509.at \
	tests/unit/match.at \
	tests/unit/path.at \
	tests/unit/plan.at \
	tests/unit/steering.at \
	tests/unit/op-fsm.at \
	tests/unit/icmp.at \
	tests/unit/sa-request.at \
	tests/unit/esp.at \
	tests/unit/xfrm.at \
	tests/daemon/backends.at \
	tests/daemon/agent.at \
	tests/daemon/restconf.at \
	tests/daemon/tls.at \
	tests/daemon/agents.at \
	tests/daemon/bridges.at \
	tests/daemon/sdsa-ctl.at \
	tests/daemon/auc.at \
	tests/daemon/registrar.at \
	tests/daemon/table1.at \
	tests/unit/trace.at \
	tests/daemon/controller.at \
	tests/daemon/hang.at \
	tests/daemon/declared.at \
	tests/unit/events.at \
	tests/daemon/utilities.at
SYSTEM_TESTSUITE_AT = \
	tests/system-testsuite.at \
	tests/system/system-macros.at \
	tests/system/system-chain.at \
	tests/system/system-clear.at \
	tests/system/system-esp.at \
	tests/system/system-hostile.at \
	tests/system/system-kinds.at \
	tests/system/system-links.at \
	tests/system/system-protect.at \
	tests/system/system-mtu.at \
	tests/system/system-random.at \
	tests/system/system-chaos.at \
	tests/system/system-operation.at \
	tests/system/system-fault.at
TESTSUITE = $(srcdir)/tests/testsuite
SYSTEM_TESTSUITE = $(srcdir)/tests/system-testsuite
KERNEL_TESTSUITE_AT = \
	tests/kernel-testsuite.at \
	tests/system/system-macros.at \
	tests/kernel/kernel.at \
	tests/kernel/kernel-lab.at \
	tests/daemon/backends.at
KERNEL_TESTSUITE = $(srcdir)/tests/kernel-testsuite
EXTRA_DIST += $(COMMON_AT) $(TESTSUITE_AT) $(SYSTEM_TESTSUITE_AT) \
	$(KERNEL_TESTSUITE_AT) \
	$(TESTSUITE) $(SYSTEM_TESTSUITE) $(KERNEL_TESTSUITE) \
	tests/atlocal.in \
	tests/data/agents/error.json \
	tests/data/agents/events-acquire \
	tests/data/agents/events-bad-spi \
	tests/data/agents/events-expire \
	tests/data/agents/patch-status.json \
	tests/data/agents/state-drops.json \
	tests/data/agents/sas.json \
	tests/data/agents/state-up.json \
	tests/data/names \
	tests/data/restconf-errors \
	tests/kernel/kernel-check \
	tests/kernel/kernel-guest \
	tests/kernel/kernel-net \
	tests/kernel/kernel_hands.py \
	tests/kernel/uml-xstate.c \
	tests/tools/bad-names \
	tests/tools/chaos \
	tests/tools/chaos_handover.py \
	tests/tools/chaos_lab.py \
	tests/tools/chaos_points.py \
	tests/tools/chaos_state.py \
	tests/tools/chaos_traffic.py \
	tests/packages/package-check \
	tests/packages/package-guest \
	tests/packages/package-image \
	tests/tools/daemons.sh \
	tests/tools/debian-kernel.sh \
	tests/tools/guest-folder.sh \
	tests/tools/doc-examples \
	tests/tools/doc-tests \
	tests/tools/esp-net \
	tests/tools/esp-open \
	tests/tools/fake-agent \
	tests/tools/flood \
	tests/tools/lab_net.py \
	tests/tools/layers \
	tests/tools/of-role \
	tests/tools/of-switch \
	tests/tools/packet \
	tests/tools/privileges \
	tests/tools/random-lab \
	tests/tools/rc-client \
	tests/tools/restconf_client.py \
	tests/tools/restconf-ansible \
	tests/tools/restconf-errors \
	tests/tools/restconf-readers \
	tests/tools/restconf-hostile \
	tests/tools/restconf-keys \
	tests/tools/restconf-rekey \
	tests/tools/restconf-walk \
	tests/tools/tcp-drop \
	tests/tools/udp-stream \
	tests/bench/bench-chain-add \
	tests/bench/bench-crowd \
	tests/bench/bench-enroll \
	tests/bench/bench-failover \
	tests/bench/bench-flood \
	tests/bench/bench-hop \
	tests/bench/bench-operation \
	tests/bench/bench-restore \
	tests/bench/bench-sa-rate \
	tests/bench/bench-seccomp \
	tests/bench/bench-suites \
	tests/bench/bench-xfrm \
	tests/bench/bench_lab.py \
	tests/bench/strongswan.py \
	tests/bench/table2
DISTCLEANFILES += tests/atconfig tests/atlocal

check_PROGRAMS += \
	tests/unit/test-esp \
	tests/unit/test-esp-version \
	tests/unit/test-events \
	tests/unit/test-flow-set \
	tests/unit/test-icmp \
	tests/unit/test-lib \
	tests/unit/test-match \
	tests/unit/test-op-fsm \
	tests/unit/test-path \
	tests/unit/test-plan \
	tests/unit/test-sa-request \
	tests/unit/test-steering \
	tests/unit/test-x509 \
	tests/unit/test-xfrm \
	tests/daemon/test-agents \
	tests/daemon/test-bridges \
	tests/daemon/test-restconf
tests_unit_test_esp_SOURCES = \
	tests/unit/test-esp-ctl.c \
	tests/unit/test-esp-engine.c \
	tests/unit/test-esp-modes.c \
	tests/unit/test-esp-rig.c \
	tests/unit/test-esp-rig.h \
	tests/unit/test-esp-send.c \
	tests/unit/test-esp-state.c \
	tests/unit/test-esp-suites.c \
	tests/unit/test-esp-tag.c \
	tests/unit/test-esp-wire.c \
	tests/unit/test-esp.c \
	tests/unit/test-esp.h
tests_unit_test_esp_LDADD = \
	vnf-agent/esp/libesp.la $(agent_backend_libs) lib/libsdsa.la $(LIBNL_LIBS)
# An sdsa-esp of whatever version the environment says.
tests_unit_test_esp_version_SOURCES = \
	tests/unit/test-esp-version.c tests/unit/test-esp-version.h \
	vnf-agent/backend/control-msg.c \
	vnf-agent/esp/esp-control.c \
	vnf-agent/esp/sdsa-esp.c \
	vnf-agent/esp/succession.c
tests_unit_test_esp_version_CPPFLAGS = $(AM_CPPFLAGS) \
	-include $(srcdir)/tests/unit/test-esp-version.h
tests_unit_test_esp_version_LDADD = $(vnf_agent_sdsa_esp_LDADD)
tests_unit_test_events_SOURCES = tests/unit/test-events.c
tests_unit_test_events_LDADD = \
	$(controller_south_libs) lib/libsdsa.la $(LIBCURL_LIBS)
tests_unit_test_flow_set_SOURCES = tests/unit/test-flow-set.c
tests_unit_test_flow_set_LDADD = \
	$(controller_pure_libs) lib/libsdsa.la
tests_unit_test_icmp_SOURCES = tests/unit/test-icmp.c
tests_unit_test_icmp_LDADD = \
	$(controller_pure_libs) lib/libsdsa.la
tests_unit_test_lib_SOURCES = tests/unit/test-lib.c
tests_unit_test_lib_LDADD = \
	lib/restconf/librestconf.la lib/libsdsa.la
tests_unit_test_match_SOURCES = tests/unit/test-match.c
tests_unit_test_match_LDADD = \
	$(controller_pure_libs) lib/libsdsa.la
tests_unit_test_op_fsm_SOURCES = tests/unit/test-op-fsm.c
tests_unit_test_op_fsm_LDADD = \
	ofctl-app/operation/liboperation.la ofctl-app/model/libmodel.la \
	lib/libsdsa.la
tests_unit_test_path_SOURCES = \
	tests/unit/test-path.c \
	tests/unit/test-topology.c \
	tests/unit/test-topology.h
tests_unit_test_path_LDADD = \
	$(controller_pure_libs) lib/libsdsa.la
tests_unit_test_plan_SOURCES = \
	tests/unit/test-plan.c \
	tests/unit/test-topology.c \
	tests/unit/test-topology.h
tests_unit_test_plan_LDADD = \
	$(controller_pure_libs) lib/libsdsa.la
tests_unit_test_sa_request_SOURCES = \
	tests/unit/test-sa-request.c \
	tests/unit/test-topology.c \
	tests/unit/test-topology.h
tests_unit_test_sa_request_LDADD = \
	$(controller_south_libs) lib/libsdsa.la $(LIBCURL_LIBS) $(LIBYANG_LIBS)
tests_unit_test_steering_SOURCES = \
	tests/unit/test-steering.c \
	tests/unit/test-topology.c \
	tests/unit/test-topology.h
tests_unit_test_steering_LDADD = \
	$(controller_pure_libs) lib/libsdsa.la
tests_unit_test_x509_SOURCES = tests/unit/test-x509.c
tests_unit_test_x509_LDADD = lib/libsdsa.la
tests_unit_test_xfrm_SOURCES = \
	tests/unit/test-xfrm.c \
	tests/unit/test-xfrm-faults.c \
	tests/unit/test-xfrm.h
tests_unit_test_xfrm_LDADD = \
	$(agent_backend_libs) lib/libsdsa.la $(LIBNL_LIBS)
tests_daemon_test_agents_SOURCES = \
	tests/daemon/test-agents.c \
	tests/daemon/driver.c \
	tests/daemon/driver.h
tests_daemon_test_agents_LDADD = \
	$(controller_south_libs) lib/libsdsa.la $(LIBCURL_LIBS)
tests_daemon_test_bridges_SOURCES = \
	tests/daemon/test-bridges.c \
	tests/daemon/driver.c \
	tests/daemon/driver.h
tests_daemon_test_bridges_LDADD = \
	$(controller_south_libs) lib/libsdsa.la $(LIBCURL_LIBS)
tests_daemon_test_restconf_SOURCES = tests/daemon/test-restconf.c
tests_daemon_test_restconf_LDADD = \
	$(agent_restconf_libs) $(agent_backend_libs) \
	lib/https/libhttps.la lib/libsdsa.la $(LIBYANG_LIBS) $(LIBNL_LIBS)

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

AUTOTEST_PATH = utilities:vswitchd-config:ofctl-app:vnf-agent:vnf-agent/esp:tests/unit:tests/daemon:tests/tools:tests/kernel

# (A group looks at how check-system's groups are shared by the builds.)
check-local: all $(check_PROGRAMS) $(TESTSUITE) $(SYSTEM_TESTSUITE)
	$(SHELL) '$(TESTSUITE)' -C tests AUTOTEST_PATH='$(AUTOTEST_PATH)' $(TESTSUITEFLAGS)
check-system: all $(check_PROGRAMS) $(SYSTEM_TESTSUITE)
	@$(MKDIR_P) tests/system-testsuite.d
	$(SHELL) '$(SYSTEM_TESTSUITE)' -C tests AUTOTEST_PATH='$(AUTOTEST_PATH)' $(TESTSUITEFLAGS)

$(KERNEL_TESTSUITE): tests/package.m4 $(KERNEL_TESTSUITE_AT) $(COMMON_AT)
	$(AM_V_GEN)$(AUTOTEST) -I '$(srcdir)' -I '$(srcdir)/tests' -o $@.tmp $@.at && mv $@.tmp $@
# In guests, or (KERNEL=host) on this machine's kernel.
check-kernel: all $(check_PROGRAMS) $(KERNEL_TESTSUITE)
	$(SHELL) '$(srcdir)/tests/kernel/kernel-check' '$(KERNEL)' '$(KERNEL_TESTSUITE)' -C tests AUTOTEST_PATH='$(AUTOTEST_PATH)' $(TESTSUITEFLAGS)
# In a guest with systemd, by the packages of the tree as "make dist" has it.
check-packages: distdir
	'$(srcdir)/tests/packages/package-check' '$(distdir)' tests/packages-work
	rm -rf '$(distdir)'
.PHONY: check-system check-kernel check-packages bench

bench: all tests/unit/test-esp$(EXEEXT)
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
