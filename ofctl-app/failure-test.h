/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_FAILURE_TEST_H
#define SDSA_FAILURE_TEST_H 1

/* Death at a chosen step of an operation, to test what becomes of it then, as
 * "cluster/failure-test" of ovsdb-server(1).  The unixctl command "failure-test
 * POINT" arms it, for once; without POINT it disarms it. */

/* A point is before or after a step: 'when' is "before" or "after", 'step' as
 * operation_step_to_string() has it, or "journal-prepare", "journal-commit" or
 * "journal-end".  The process is killed there if that was asked for. */
void failure_test(const char *when, const char *step);

/* Registers the command. */
void failure_test_init(void);

#endif /* ofctl-app/failure-test.h */
