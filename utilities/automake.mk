# Command lines.
bin_PROGRAMS += utilities/sdsa-ctl
utilities_sdsa_ctl_SOURCES = utilities/sdsa-ctl.c utilities/sdsa-ctl-edit.c \
	utilities/sdsa-ctl-show.c \
	utilities/sdsa-ctl.h
utilities_sdsa_ctl_LDADD = \
	ofctl-app/libsdsapure.la lib/libsdsaidl.la lib/libsdsa.la

bin_SCRIPTS += utilities/sdsa-lab utilities/sdsa-pki
EXTRA_DIST += utilities/sdsa-lab utilities/sdsa-pki utilities/ovs-library
dist_man_MANS += \
	utilities/sdsa-ctl.8 utilities/sdsa-lab.8 utilities/sdsa-pki.8
