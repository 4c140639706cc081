/* SPDX-License-Identifier: Apache-2.0 */
/* Plain edits: PUT, POST, PATCH and DELETE with a body of JSON (RFC 8040
 * s.4). */
#include <config.h>

#include <string.h>

#include "tests/fuzz/fuzz-edit.h"

static bool
takes(const char *method)
{
    return (!strcmp(method, "PUT") || !strcmp(method, "POST")
            || !strcmp(method, "PATCH") || !strcmp(method, "DELETE"));
}

const struct fuzz_agent_config fuzz_edit_config = {
    .takes = takes,
    .content_type = "application/yang-data+json",
};
