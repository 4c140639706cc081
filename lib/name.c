/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/name.h"

#include <string.h>

bool
name_is_shown_whole(const char *port)
{
    return strlen(port) <= NAME_SHOWN_MAX_LEN;
}
