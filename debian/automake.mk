# The Debian packages.
EXTRA_DIST += \
	debian/changelog debian/clean debian/control debian/copyright \
	debian/rules debian/source/format \
	debian/sdsa-agent.dirs debian/sdsa-agent.install \
	debian/sdsa-common.dirs debian/sdsa-common.docs \
	debian/sdsa-common.install debian/sdsa-common.sysusers \
	debian/sdsa-controller.install debian/sdsa-lab.install \
	debian/sdsa-ovsdb.install debian/sdsa-vswitch.install
