/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "tests/fuzz/fuzz.h"

#include <jansson.h>

#include "lib/secret.h"
#include "openvswitch/vlog.h"
#include "random.h"

void
fuzz_init(void)
{
    json_set_alloc_funcs(wiping_malloc, wiping_free);
    json_object_seed(1);        /* The same input does the same again. */
    random_set_seed(1);
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
}
