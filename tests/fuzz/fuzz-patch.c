/* SPDX-License-Identifier: Apache-2.0 */
/* YANG Patches (RFC 8072). */
#include <config.h>

#include <string.h>

#include "tests/fuzz/fuzz-edit.h"

static bool
takes(const char *method)
{
    return !strcmp(method, "PATCH");
}

const struct fuzz_agent_config fuzz_edit_config = {
    .takes = takes,
    .content_type = "application/yang-patch+json",
};
