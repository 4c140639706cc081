/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_FUZZ_H
#define SDSA_FUZZ_H 1

/* Shared by the fuzz targets.
 *
 * Each target is a program of libFuzzer's: LLVMFuzzerTestOneInput() is called
 * with one input after the other in one process, so it must leave nothing
 * behind.  A check that fails is a finding as a crash is: it aborts. */

#include <stddef.h>
#include <stdint.h>

#include "util.h"

/* Unlike assert(), in every build. */
#define FUZZ_CHECK(CONDITION) \
    (OVS_LIKELY(CONDITION) ? (void) 0 \
     : ovs_abort(0, "%s:%d: %s does not hold", __FILE__, __LINE__, #CONDITION))

/* libFuzzer's interface. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
                               unsigned int seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

/* To be called by LLVMFuzzerInitialize(): jansson as the daemons use it, and a
 * silent log. */
void fuzz_init(void);

#endif /* tests/fuzz/fuzz.h */
