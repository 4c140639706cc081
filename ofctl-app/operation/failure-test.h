/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_FAILURE_TEST_H
#define SDSA_FAILURE_TEST_H 1

/* Failures at chosen steps of operations, to test what becomes of them then, as
 * "cluster/failure-test" of ovsdb-server(1).
 *
 * The unixctl command "failure-test POINT..." arms points, each for once, in
 * place of those that were armed before, and prints those.  At "before-STEP" and "after-STEP" the
 * process is killed; at "stop-before-STEP" and "stop-after-STEP" it stops, until
 * somebody sends it SIGCONT and has done meanwhile what the test needs; at
 * "refuse-STEP" it goes on as if the participant had refused.
 *
 * STEP is one of op_fsm_step_to_string(), or "journal-prepare",
 * "journal-commit" or "journal-end".
 *
 * There is "time/warp MS" too, as in ovs-vswitchd(8) for tests: it lets so much
 * time pass at once. */

#include <stdbool.h>

/* A step begins, 'when' is "before", or was done, 'when' is "after". */
void failure_test(const char *when, const char *step);

/* Is the step refused?  To be asked before it is sent. */
bool failure_test_refuses(const char *step);

/* Registers the commands. */
void failure_test_init(void);

#endif /* ofctl-app/operation/failure-test.h */
