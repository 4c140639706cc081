/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_FAILURE_TEST_H
#define SDSA_FAILURE_TEST_H 1

/* Failures at chosen steps of operations, for tests, as "cluster/failure-test"
 * of ovsdb-server(1).
 *
 * The unixctl command "failure-test POINT..." arms points, each for one use,
 * in place of those that were armed before, and prints the latter.  A point is
 *
 *   before-STEP, after-STEP
 *       The process is killed.
 *   stop-before-STEP, stop-after-STEP
 *       The process stops until it gets SIGCONT.
 *   refuse-STEP
 *       The process goes on as if the participant had refused.
 *
 * STEP is one of op_fsm_step_to_string(), or "journal-prepare",
 * "journal-commit" or "journal-end".
 *
 * The command "time/warp MS" lets so many milliseconds pass at once, as in
 * ovs-vswitchd(8).
 *
 * One thread; the armed points are of the process. */

#include <stdbool.h>

/* Fails if a point is armed for 'step'.  'when' is "before" when the step
 * begins and "after" when it was done. */
void failure_test(const char *when, const char *step);

/* Returns true if the step is to be refused in place of being sent. */
bool failure_test_refuses(const char *step);

/* Registers the commands. */
void failure_test_init(void);

#endif /* ofctl-app/operation/failure-test.h */
