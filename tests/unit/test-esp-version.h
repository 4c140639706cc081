/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_ESP_VERSION_H
#define TEST_ESP_VERSION_H 1

/* Included before all else by the sources of an sdsa-esp that stands for an
 * older or newer one: $SDSA_TEST_CONTROL_VERSION and
 * $SDSA_TEST_HANDOVER_VERSION are its versions. */

#define CONTROL_VERSION test_version("SDSA_TEST_CONTROL_VERSION")
#define HANDOVER_VERSION test_version("SDSA_TEST_HANDOVER_VERSION")

/* Returns the number in the environment's variable 'name'. */
int test_version(const char *name);

#endif /* tests/unit/test-esp-version.h */
