/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>
#include "vnf-agent/cipher-ips.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/address.h"
#include "lib/durable.h"
#include "lib/regular-file.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "packets.h"
#include "timeval.h"
#include "util.h"
#include "vnf-agent/backend/backend.h"
#include "vnf-agent/datastore/datastore.h"

VLOG_DEFINE_THIS_MODULE(cipher_ips);

#define LOOK_MS 5000            /* From one look for SAs to the next. */

struct cipher_ips {
    struct own_ips *own;        /* In the backend's configuration. */
    struct own_ips option;      /* The one of --cipher-ip. */
    char *file_name;            /* Two lines: 'option', and 'own'. */
    int keep_s;                 /* For so long all stay after a change. */
    long long int look_ms;      /* When to look for addresses without SAs. */
};

/* Writes the file.  Returns NULL or an error; caller frees. */
static char *
save(const struct cipher_ips *ips)
{
    char *new_name = xasprintf("%s.new", ips->file_name);
    char *option = own_ips_format(&ips->option);
    char *own = own_ips_format(ips->own);
    char *text = xasprintf("%s\n%s\n", option, own);
    size_t size = strlen(text);
    int fd = durable_begin(new_name);
    int error = fd < 0 ? -fd : 0;

    if (!error) {
        errno = ENOSPC;
        error = write(fd, text, size) == size ? 0 : errno;
        int end_error = durable_end(fd);
        error = error ? error : end_error;
    }
    error = error ? error : durable_replace(new_name, ips->file_name);
    free(text);
    free(own);
    free(option);
    free(new_name);
    return error ? xasprintf("%s: cannot write (%s)", ips->file_name,
                             ovs_strerror(error)) : NULL;
}

static void
save_or_warn(const struct cipher_ips *ips)
{
    char *error = save(ips);

    if (error) {
        VLOG_WARN("%s; an agent that starts again will not know the own "
                  "addresses of before", error);
        free(error);
    }
}

/* Reads a line.  Returns false if it is not of own_ips_format(). */
static bool
read_line(FILE *stream, struct own_ips *own)
{
    char line[OWN_IPS_MAX * (INET6_ADDRSTRLEN + 1) + 2];

    if (!fgets(line, sizeof line, stream)) {
        return false;
    }
    line[strcspn(line, "\n")] = '\0';
    return own_ips_parse(line, own);
}

/* Reads the addresses of an agent before this one, and the option that it had.
 * Returns false if there are none. */
static bool
load(const struct cipher_ips *ips, struct own_ips *option,
     struct own_ips *own)
{
    int fd = regular_file_open(ips->file_name);
    FILE *stream = fd < 0 ? NULL : fdopen(fd, "r");
    bool ok = false;

    if (stream) {
        ok = read_line(stream, option) && read_line(stream, own);
        fclose(stream);
    }
    if (!ok && fd != -ENOENT) {
        VLOG_WARN("%s cannot be read: the SAs of addresses of before are lost",
                  ips->file_name);
    }
    return ok;
}

struct cipher_ips *
cipher_ips_create(struct backend_config *config, int keep_s)
{
    struct cipher_ips *ips = xmalloc(sizeof *ips);
    struct own_ips option, own;

    *ips = (struct cipher_ips) {
        .own = &config->own_ips,
        .option = config->own_ips,
        .file_name = xasprintf("%s/%s.cipher-ips", config->rundir,
                               config->name),
        .keep_s = keep_s,
        .look_ms = time_msec() + keep_s * 1000LL,
    };
    if (load(ips, &option, &own)) {
        bool changed = !ipv6_addr_equals(&option.ips[0], &ips->option.ips[0]);

        /* The newest word counts, that of the option or of the command. */
        if (changed) {
            if (!own_ips_replace(&own, &ips->option.ips[0])) {
                own.n--;        /* No room: without the oldest. */
                own_ips_replace(&own, &ips->option.ips[0]);
            }
        } else if (!ipv6_addr_equals(&own.ips[0], &option.ips[0])) {
            char ip[INET6_ADDRSTRLEN];
            VLOG_INFO("%s: the own address is %s, as cipher-ip/set said after "
                      "--cipher-ip was what it is", config->name,
                      ipv6_string_mapped(ip, &own.ips[0]));
        }
        *ips->own = own;
    }
    save_or_warn(ips);
    return ips;
}

void
cipher_ips_destroy(struct cipher_ips *ips)
{
    if (ips) {
        free(ips->file_name);
        free(ips);
    }
}

char *
cipher_ips_set(struct cipher_ips *ips, struct backend *backend,
               const char *text)
{
    const struct own_ips old = *ips->own;
    struct in6_addr ip;

    if (!address_parse(text, &ip) || !address_is_unicast(&ip)) {
        return xasprintf("%s: not a unicast IP address", text);
    } else if (!own_ips_replace(ips->own, &ip)) {
        return xasprintf("there are %d addresses already that SAs may have: "
                         "wait until old ones go", OWN_IPS_MAX);
    }
    char *error = save(ips);
    if (error) {
        *ips->own = old;
        return error;
    }
    ips->look_ms = time_msec() + ips->keep_s * 1000LL;
    backend->class->set_own_ips(backend, ips->own);
    VLOG_INFO("the own address is %s", text);
    return NULL;
}

void
cipher_ips_run(struct cipher_ips *ips, struct backend *backend,
               const struct datastore *ds)
{
    struct own_ips kept = *ips->own;

    if (kept.n < 2 || time_msec() < ips->look_ms) {
        return;
    }
    for (size_t i = 1; i < ips->own->n; i++) {
        const struct in6_addr *ip = &ips->own->ips[i];

        if (!datastore_uses_ip(ds, ip)) {
            char text[INET6_ADDRSTRLEN];
            VLOG_INFO("%s, an own address of before, is no more",
                      ipv6_string_mapped(text, ip));
            own_ips_remove(&kept, ip);
        }
    }
    if (kept.n < ips->own->n) {
        *ips->own = kept;
        save_or_warn(ips);
        backend->class->set_own_ips(backend, ips->own);
    }
    ips->look_ms = time_msec() + LOOK_MS;
}

void
cipher_ips_wait(const struct cipher_ips *ips)
{
    if (ips->own->n > 1) {
        poll_timer_wait_until(ips->look_ms);
    }
}
