/* SPDX-License-Identifier: Apache-2.0 */
/* Plain edits: PUT, POST, PATCH and DELETE with a body of JSON (RFC 8040
 * s.4). */
#include <config.h>

#include "lib/https/https-method.h"
#include "tests/fuzz/fuzz-edit.h"

const struct fuzz_agent_config fuzz_edit_config = {
    .methods = HTTPS_POST | HTTPS_PUT | HTTPS_PATCH | HTTPS_DELETE,
    .content_type = "application/yang-data+json",
};
