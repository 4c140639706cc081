# YANG modules, written in our own words from RFC 9061 and its dependencies.
dist_yang_DATA += \
	yang/ietf-i2nsf-ikec@2021-07-14.yang \
	yang/ietf-i2nsf-ikeless@2021-07-14.yang \
	yang/ietf-netconf-acm@2018-02-14.yang \
	yang/ietf-restconf-monitoring@2017-01-26.yang \
	yang/sdsa-agent.yang \
	yang/sdsa-agent-deviations.yang
