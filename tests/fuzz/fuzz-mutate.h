/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_FUZZ_MUTATE_H
#define SDSA_FUZZ_MUTATE_H 1

/* Mutates requests with JSON bodies (fuzz-agent.h): octets that are changed
 * anywhere mostly make what is no JSON, so half of the mutations are done to
 * the tree: values are replaced, moved, doubled, deleted, renamed. */

#include <stddef.h>
#include <stdint.h>

/* As LLVMFuzzerCustomMutator(). */
size_t fuzz_mutate(uint8_t *data, size_t size, size_t max_size,
                   unsigned int seed);

#endif /* tests/fuzz/fuzz-mutate.h */
