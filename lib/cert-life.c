/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/cert-life.h"

#include <stdlib.h>

#include "lib/x509.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(cert_life);

struct cert_life
cert_life_of(const struct x509_st *cert)
{
    struct cert_life life = { .begin = 0 };
    if (cert) {
        life.begin = x509_cert_begin(cert);
        life.end = x509_cert_end(cert);
    }
    return life;
}

char *
cert_life_doubt(const struct cert_life *life)
{
    if (!life->end || !x509_is_near_end(life->begin, life->end, time_wall())) {
        return NULL;
    }
    char *time = x509_format_time(life->end);
    char *doubt = xasprintf("its certificate end%s at %s and was not renewed",
                            time_wall() >= life->end ? "ed" : "s", time);
    free(time);
    return doubt;
}

void
cert_life_warn(const struct cert_life *life, const char *what,
               const char *name, int64_t *warned_end)
{
    char *doubt = (life->end != *warned_end ? cert_life_doubt(life) : NULL);
    if (doubt) {
        VLOG_WARN("%s %s: %s", what, name, doubt);
        *warned_end = life->end;
        free(doubt);
    }
}
