/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "form-walk.h"

#include <glib.h>
#include <linux/if_ether.h>
#include <string.h>

#include "model/big-endian.h"

#define MAX_TAGS  16 /* in one link header: what no real frame has more of */
#define TAG_SIZE  4
#define SNAP_SIZE 8

void journey_walk_limit(struct journey_walk *walk, uint32_t length)
{
    if (length > 0 && walk->at < walk->size && length < walk->size - walk->at) {
        walk->size = walk->at + length;
        walk->padded = true;
    }
}

/* By the version in its first byte. */
static bool step_into_ip(struct journey_walk *walk)
{
    const uint8_t *ip = journey_walk_need(walk, 1);

    if (!ip)
        return false;
    walk->next = ip[0] >> 4 == 4 ? ETH_P_IP : ip[0] >> 4 == 6 ? ETH_P_IPV6 : 0;
    return true;
}

/* --- tags --- */

static bool step_over_vlan(struct journey_walk *walk)
{
    const uint8_t *tag = journey_walk_need(walk, TAG_SIZE);

    if (!tag)
        return false;
    walk->next = be16(tag + 2);
    walk->at += TAG_SIZE;
    return true;
}

/* Only the bottom of the stack says that another packet follows, and none says which. */
static bool step_over_mpls(struct journey_walk *walk)
{
    const uint8_t *label = journey_walk_need(walk, TAG_SIZE);

    if (!label)
        return false;
    walk->at += TAG_SIZE;
    return label[2] & 1 ? step_into_ip(walk) : true;
}

static const struct {
    uint16_t ethertype;
    bool (*step)(struct journey_walk *walk);
} tags[] = {
    {ETH_P_8021Q, step_over_vlan},   {ETH_P_8021AD, step_over_vlan},  {ETH_P_QINQ1, step_over_vlan},
    {ETH_P_MPLS_UC, step_over_mpls}, {ETH_P_MPLS_MC, step_over_mpls},
};

/* True: next is a tag, and was passed. */
static bool step_over_tag(struct journey_walk *walk)
{
    for (gsize i = 0; i < G_N_ELEMENTS(tags); i++) {
        if (tags[i].ethertype == walk->next && tags[i].step(walk)) {
            walk->tags++;
            return true;
        }
    }
    return false;
}

static void step_over_tags(struct journey_walk *walk)
{
    for (int i = 0; i < MAX_TAGS && step_over_tag(walk); i++)
        continue;
}

/* --- link headers --- */

/* LLC with an Ethertype, of IEEE 802 frames. */
static bool step_over_snap(struct journey_walk *walk)
{
    static const uint8_t snap[] = {0xAA, 0xAA, 0x03, 0, 0, 0};
    const uint8_t *llc = journey_walk_need(walk, SNAP_SIZE);

    walk->next = 0;
    if (!llc || memcmp(llc, snap, sizeof(snap)) != 0)
        return true;
    walk->next = be16(llc + sizeof(snap));
    walk->at += SNAP_SIZE;
    step_over_tags(walk);
    return true;
}

static bool step_over_ethernet(struct journey_walk *walk)
{
    const uint8_t *header = journey_walk_need(walk, ETH_HLEN);

    if (!header)
        return false;
    walk->next = be16(header + 2 * ETH_ALEN);
    walk->at += ETH_HLEN;
    step_over_tags(walk);
    return walk->next < ETH_P_802_3_MIN ? step_over_snap(walk) : true;
}

/* Frame control of IEEE 802.11-2020, 9.2.4.1; the first byte, and the second. */
#define FC_VERSION_AND_TYPE 0x0F
#define FC_DATA             0x08
#define FC_NO_DATA          0x40
#define FC_QOS              0x80
#define FC_TO_AND_FROM_DS   0x03
#define FC_PROTECTED        0x40
#define FC_HT_CONTROL       0x80

static bool step_over_wifi(struct journey_walk *walk)
{
    const uint8_t *control = journey_walk_need(walk, 2);
    uint32_t size = 24;

    if (!control)
        return false;
    walk->next = 0;
    if ((control[0] & FC_VERSION_AND_TYPE) != FC_DATA || control[0] & FC_NO_DATA ||
        control[1] & FC_PROTECTED)
        return true;
    if ((control[1] & FC_TO_AND_FROM_DS) == FC_TO_AND_FROM_DS)
        size += 6; /* a fourth address */
    if (control[0] & FC_QOS)
        size += control[1] & FC_HT_CONTROL ? 2 + 4 : 2;
    walk->at += size;
    return step_over_snap(walk);
}

static const struct link {
    uint16_t type;
    bool is_header;
    bool (*step)(struct journey_walk *walk);
} links[] = {
    {JOURNEY_LINKTYPE_ETHERNET, true, step_over_ethernet},
    {JOURNEY_LINKTYPE_802_11, true, step_over_wifi},
    {JOURNEY_LINKTYPE_RAW, false, step_into_ip},
    {JOURNEY_LINKTYPE_IPV4, false, step_into_ip},
    {JOURNEY_LINKTYPE_IPV6, false, step_into_ip},
};

static const struct link *find_link(uint16_t type)
{
    for (gsize i = 0; i < G_N_ELEMENTS(links); i++) {
        if (links[i].type == type)
            return &links[i];
    }
    return NULL;
}

bool journey_walk_link(struct journey_walk *walk, uint16_t link_type)
{
    const struct link *link = find_link(link_type);

    return link && link->step(walk);
}

bool journey_walk_has_link(uint16_t link_type)
{
    const struct link *link = find_link(link_type);

    return link && link->is_header;
}
