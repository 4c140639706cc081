/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_FUZZ_MUTATE_H
#define SDSA_FUZZ_MUTATE_H 1

/* Mutates JSON, such as that of requests with bodies (fuzz-agent.h): octets
 * that are changed anywhere mostly make what is no JSON, so most mutations are
 * done to the tree: values are replaced, moved, doubled, deleted, renamed. */

#include <stddef.h>
#include <stdint.h>

/* Has the trees get values and names of the 'n' in 'words' (not owned) instead
 * of those that agents know. */
void fuzz_mutate_words(const char *const *words, size_t n);

/* As LLVMFuzzerCustomMutator(). */
size_t fuzz_mutate(uint8_t *data, size_t size, size_t max_size,
                   unsigned int seed);

#endif /* tests/fuzz/fuzz-mutate.h */
