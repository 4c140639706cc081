/* SPDX-License-Identifier: Apache-2.0 */
/* YANG Patches (RFC 8072). */
#include <config.h>

#include "lib/https/https-method.h"
#include "tests/fuzz/fuzz-edit.h"

const struct fuzz_agent_config fuzz_edit_config = {
    .methods = HTTPS_PATCH,
    .content_type = "application/yang-patch+json",
};
