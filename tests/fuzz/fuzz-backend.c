/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "tests/fuzz/fuzz-backend.h"

#include <errno.h>

#include "util.h"
#include "uuid.h"
#include "vnf-agent/esp/tables.h"

#define NOW_MS 1000000

static struct fuzz_backend *
fuzz_backend_cast(const struct backend *backend)
{
    return CONTAINER_OF(backend, struct fuzz_backend, up);
}

static int
backend_apply(struct backend *backend_, const struct ovs_list *edits,
              char **errorp)
{
    struct fuzz_backend *backend = fuzz_backend_cast(backend_);
    int error = backend->fault;

    *errorp = NULL;
    if (!error) {
        error = tables_apply(backend->tables, edits, NOW_MS, errorp);
    }
    backend->n_applied += !error;
    backend->n_refused += !!error;
    return error;
}

static int
backend_dump(struct backend *backend, backend_dump_sa_cb *sa_cb,
             backend_dump_policy_cb *policy_cb, void *aux)
{
    const struct tables *tables = fuzz_backend_cast(backend)->tables;
    const struct esp_policy *esp_policy;
    const struct esp_sa *esp_sa;
    struct sa_stats stats;

    LIST_FOR_EACH (esp_sa, all_node, &tables->sa_list) {
        esp_sa_get_stats(esp_sa, NOW_MS, &stats);
        sa_cb(esp_sa->sa, &stats, aux);
    }
    if (policy_cb) {
        LIST_FOR_EACH (esp_policy, all_node, &tables->policy_list) {
            policy_cb(esp_policy->policy, aux);
        }
    }
    return 0;
}

static int
backend_get_sa_stats(struct backend *backend, enum sa_direction direction,
                     uint32_t spi, struct sa_stats *stats)
{
    const struct esp_sa *esp_sa = tables_find_sa(
        fuzz_backend_cast(backend)->tables, direction, spi);
    if (!esp_sa) {
        return ENOENT;
    }
    esp_sa_get_stats(esp_sa, NOW_MS, stats);
    return 0;
}

static int
backend_get_stats(struct backend *backend OVS_UNUSED,
                  struct backend_stats *stats)
{
    *stats = (struct backend_stats) { .plain_rx = 1 };
    return 0;
}

/* What nobody calls here is not there. */
static const struct backend_class fuzz_backend_class = {
    .name = "fuzz",
    .apply = backend_apply,
    .dump = backend_dump,
    .get_sa_stats = backend_get_sa_stats,
    .get_stats = backend_get_stats,
};

void
fuzz_backend_init(struct fuzz_backend *backend, const struct own_ips *own_ips)
{
    static const struct uuid boot_id = { { 1, 2, 3, 4 } };

    *backend = (struct fuzz_backend) {
        .up.class = &fuzz_backend_class,
        .up.boot_id = &boot_id,
        .up.plain.mtu = 1500,
        .up.cipher.mtu = 1500,
        .up.suites = UINT32_MAX,
        .tables = tables_create(own_ips),
    };
}

void
fuzz_backend_uninit(struct fuzz_backend *backend)
{
    tables_destroy(backend->tables);
}
