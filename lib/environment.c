/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/environment.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"

/* Variables that stay.  A name that ends with "_" stands for all that begin
 * so. */
static const char *const kept[] = {
    "PATH", "HOME", "TERM", "COLUMNS", "LANG", "LC_", "TZ",
    "SDSA_", "OVS_",
    /* Places of files, which hold no secret. */
    "TMPDIR",
    /* The resolver.  Certificates prove names, so a wrong answer is no more
     * than a silent one. */
    "RES_OPTIONS", "LOCALDOMAIN", "HOSTALIASES",
    /* Read before main(); for processes that we start. */
    "LD_", "GLIBC_TUNABLES", "MALLOC_",
    "ASAN_", "LSAN_", "TSAN_", "UBSAN_", "LLVM_", "GCOV_",
};

static bool
is_kept(const char *variable)
{
    size_t len = strcspn(variable, "=");
    for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
        size_t n = strlen(kept[i]);
        if (!strncmp(variable, kept[i], n)
            && (n == len || (n < len && kept[i][n - 1] == '_'))) {
            return true;
        }
    }
    return false;
}

void
environment_clear(void)
{
    /* unsetenv() moves the later ones up. */
    for (char **p = environ; p && *p;) {
        if (is_kept(*p)) {
            p++;
        } else {
            char *name = xmemdup0(*p, strcspn(*p, "="));
            if (unsetenv(name)) {
                p++;            /* A string without a name. */
            }
            free(name);
        }
    }
}
