# The database's schema, set-up of bridges, systemd units.
dist_pkgdata_DATA += vswitchd-config/sdsa.ovsschema
bin_SCRIPTS += vswitchd-config/sdsa-vswitch
dist_pkglibexec_SCRIPTS = vswitchd-config/prepare-db
EXTRA_DIST += vswitchd-config/sdsa-vswitch
dist_man_MANS += vswitchd-config/sdsa-vswitch.8 vswitchd-config/sdsa.5
EXTRA_DIST += \
	vswitchd-config/sdsa-ovsdb.service \
	vswitchd-config/sdsa-auc.service \
	vswitchd-config/sdsa-controller.service \
	vswitchd-config/sdsa-agent@.service
