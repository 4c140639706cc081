/* SPDX-License-Identifier: Apache-2.0 */
/* YANG Patches (RFC 8072). */
#include <config.h>

#include <string.h>

#include "tests/fuzz/fuzz-agent.h"
#include "tests/fuzz/fuzz-mutate.h"
#include "tests/fuzz/fuzz.h"

static bool
takes(const char *method)
{
    return !strcmp(method, "PATCH");
}

int
LLVMFuzzerInitialize(int *argc OVS_UNUSED, char ***argv OVS_UNUSED)
{
    const struct fuzz_agent_config config = {
        .takes = takes,
        .content_type = "application/yang-patch+json",
    };
    fuzz_agent_init(&config);
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
