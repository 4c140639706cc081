/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_NSH_H
#define SDSA_NSH_H 1

/* Network Service Header, RFC 8300: the numbers. */

#define NSH_SI_FIRST 255        /* SI of the first hop, s.2.3. */
#define NSH_SPI_MAX ((1u << 24) - 2)    /* 24 bits; the last one stays free. */
#define NSH_HEADER_LEN 24       /* Octets of MD type 1. */

#endif /* lib/nsh.h */
