#ifndef SDSA_XFRM_HOP_ID_H
#define SDSA_XFRM_HOP_ID_H 1

/* How the kernel's objects say that they are ours, and of which hop end.
 *
 * All of it lives in the gateway's own network namespace.  A hop end is its
 * VLAN, 1 to 4094.  What a packet is stands in its mark: eight bits of what,
 * the VLAN below.  SAs and policies carry an if_id or such a mark, devices an
 * index, routes, rules and neighbours a protocol number, filters a priority:
 * what has one of ours is ours, and no other object is ever touched. */

enum hop_kind {
    HOP_IF,    /* An xfrm interface a hop end; policies are hashed. */
    HOP_MARK,  /* Policies told apart by marks: a list in the kernel. */
};

/* Marks. */
#define HOP_MARK_PLAIN 0x1d000000u      /* Came in on the plain port. */
#define HOP_MARK_CLEAR 0x2d000000u      /* Decrypted, checked by its SA. */
#define HOP_MARK_CIPHER 0x3d000000u     /* Came in on the cipher port. */
#define HOP_MARK_ESP 0x4d000000u        /* Encrypted by us. */
#define HOP_MARK_WHAT 0xff000000u
#define HOP_MARK_VLAN 0x00000fffu

/* if_id of the xfrm interface of VLAN v: HOP_IF_ID + v; so is the number of
 * its VRF's table. */
#define HOP_IF_ID 0x5d000000u

/* Device indexes: of the xfrm interface "sdx<v>" and its VRF "sdv<v>". */
#define HOP_IFINDEX_XFRM 0x5d1000
#define HOP_IFINDEX_VRF 0x5d2000

/* Tables of routes out of the cipher port and out of the plain port. */
#define HOP_TABLE_CIPHER 0x5d001001u
#define HOP_TABLE_PLAIN 0x5d001002u

/* Of rules and of filters; HOP_GUARD_PRIORITY: of those that end the
 * search. */
#define HOP_RULE_PRIORITY 93
#define HOP_FILTER_PRIORITY 93
#define HOP_GUARD_PRIORITY 94
#define HOP_GUARD_HANDLE 0x5d000000u    /* Of the filter among them. */

#define HOP_PROTOCOL 93         /* Of routes, rules and neighbours. */

#define HOP_MAX_VLAN 4094

#endif /* vnf-agent/xfrm/hop-id.h */
