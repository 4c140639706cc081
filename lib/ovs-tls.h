/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_OVS_TLS_H
#define SDSA_OVS_TLS_H 1

/* TLS of OVS's streams ("ssl:", "pssl:": OpenFlow and OVSDB) from the octets
 * of struct tls_files, and not from files of their own: no disk is needed. */

struct tls_files;

/* Gives OVS's streams what 'files' has in use, if that has changed since the
 * last call.  Streams that are open go on; new ones trust only the CA
 * certificates in use.  A peer sees the first certificate of the file only,
 * not those of a chain. */
void ovs_tls_run(const struct tls_files *files);

#endif /* lib/ovs-tls.h */
