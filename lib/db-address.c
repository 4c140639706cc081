/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/db-address.h"

#include "lib/ovs-tls.h"
#include "ovsdb-idl.h"

struct db_address
db_sdsa(const char *remotes, const char *name)
{
    return (struct db_address) {
        "SDSA", remotes, name ? name : DB_SDSA_NAME,
        "give that server a certificate of this name (\"sdsa-pki issue "
        DB_SDSA_NAME "\" makes one), or say with --db-name which name it has"
    };
}

void
db_run_idl(struct ovs_tls_server *server, struct ovsdb_idl *idl)
{
    ovs_tls_last_made();
    ovsdb_idl_run(idl);
    ovs_tls_server_expect(server);
}
