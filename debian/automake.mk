# The Debian packages.
EXTRA_DIST += \
	debian/changelog debian/clean debian/control debian/copyright \
	debian/rules debian/source/format \
	debian/sdsa-agent.dirs debian/sdsa-agent.install \
	debian/sdsa-agent.postinst debian/sdsa-agent.postrm \
	debian/sdsa-agent.prerm \
	debian/sdsa-auc.install debian/sdsa-auc.postrm \
	debian/sdsa-auc.sysusers \
	debian/sdsa-common.dirs debian/sdsa-common.docs \
	debian/sdsa-common.install debian/sdsa-common.sysusers \
	debian/sdsa-common.postrm \
	debian/sdsa-controller.install \
	debian/sdsa-controller.postinst debian/sdsa-controller.postrm \
	debian/sdsa-lab.install debian/sdsa-lab.postrm \
	debian/sdsa-ovsdb.postrm \
	debian/tests/control debian/tests/main-job \
	debian/sdsa-ovsdb.install debian/sdsa-vswitch.install
