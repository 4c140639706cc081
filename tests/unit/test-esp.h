/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_TEST_ESP_H
#define SDSA_TEST_ESP_H 1

/* The parts of test-esp; each is a subcommand that prints what it saw. */

void test_esp_engine(int argc, char *argv[]);
void test_esp_bench(int argc, char *argv[]);
void test_esp_fuzz_engine(int argc, char *argv[]);
void test_esp_fuzz_control(int argc, char *argv[]);
void test_esp_ctl(int argc, char *argv[]);
void test_esp_send(int argc, char *argv[]);
void test_esp_tag(int argc, char *argv[]);
void test_esp_wire(int argc, char *argv[]);
void test_esp_fields(int argc, char *argv[]);
void test_esp_members(int argc, char *argv[]);

#endif /* tests/unit/test-esp.h */
