/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_FUZZ_EDIT_H
#define SDSA_FUZZ_EDIT_H 1

/* What a target whose inputs are edits says of itself. */

#include "tests/fuzz/fuzz-agent.h"

extern const struct fuzz_agent_config fuzz_edit_config;

#endif /* tests/fuzz/fuzz-edit.h */
