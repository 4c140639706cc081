/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_XFRM_HOP_ID_H
#define SDSA_XFRM_HOP_ID_H 1

/* Numbers that tell our objects in the kernel from others, and the hop end
 * that an object belongs to (doc/decisions.md, 61).
 *
 * All objects are in the gateway's own network namespace.  A hop end is its
 * VLAN, 1 to 4094.  The mark of a packet has eight bits for its state
 * (HOP_MARK_*) and the VLAN below.  SAs and policies bear an if_id or such a
 * mark, devices an index, routes, rules and neighbours a protocol number,
 * filters a priority.  An object with one of these numbers is ours, and no
 * other object is ever changed. */

enum hop_kind {
    HOP_IF,    /* An xfrm interface for each hop end; policies are hashed. */
    HOP_MARK,  /* Policies with marks, which are a list in the kernel. */
};

/* Marks. */
#define HOP_MARK_PLAIN 0x1d000000u      /* Came in on the plain port. */
#define HOP_MARK_CLEAR 0x2d000000u      /* Decrypted, checked by its SA. */
#define HOP_MARK_CIPHER 0x3d000000u     /* Came in on the cipher port. */
#define HOP_MARK_ESP 0x4d000000u        /* Encrypted by us. */
#define HOP_MARK_WHAT 0xff000000u
#define HOP_MARK_VLAN 0x00000fffu

/* if_id of the xfrm interface of VLAN v: HOP_IF_ID + v.  The table of its VRF
 * has the same number. */
#define HOP_IF_ID 0x5d000000u

/* Device indexes, plus v: of the xfrm interface "sdx<v>" and its VRF
 * "sdv<v>". */
#define HOP_IFINDEX_XFRM 0x5d1000
#define HOP_IFINDEX_VRF 0x5d2000

/* Tables of routes out of the cipher port and out of the plain port. */
#define HOP_TABLE_CIPHER 0x5d001001u
#define HOP_TABLE_PLAIN 0x5d001002u

/* Priorities of rules and of filters.  HOP_GUARD_PRIORITY: of those that end
 * the search. */
#define HOP_RULE_PRIORITY 93
#define HOP_FILTER_PRIORITY 93
#define HOP_GUARD_PRIORITY 94
#define HOP_GUARD_HANDLE 0x5d000000u    /* Of the last filter. */

#define HOP_PROTOCOL 93         /* Of routes, rules and neighbours. */

#define HOP_MAX_VLAN 4094

#endif /* vnf-agent/xfrm/hop-id.h */
