/* SPDX-License-Identifier: Apache-2.0 */
/* The frame of the targets whose inputs are edits with bodies: each of them
 * has its own 'fuzz_edit_config'. */
#include <config.h>

#include "tests/fuzz/fuzz-edit.h"

#include "tests/fuzz/fuzz-mutate.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerInitialize(int *argc OVS_UNUSED, char ***argv OVS_UNUSED)
{
    fuzz_agent_init(&fuzz_edit_config);
    return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
                        unsigned int seed)
{
    return fuzz_mutate(data, size, max_size, seed);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_agent_handle(data, size);
    return 0;
}
