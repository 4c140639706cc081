/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_XFRM_H
#define TEST_XFRM_H 1

/* The commands of test-xfrm that have a file of their own. */

struct ovs_cmdl_context;

/* "faults RUNDIR NETNS", with ports "plain" and "cipher" there. */
void test_xfrm_faults(struct ovs_cmdl_context *);

#endif /* tests/unit/test-xfrm.h */
