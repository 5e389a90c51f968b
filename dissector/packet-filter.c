/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "Conversation Filter" of Wireshark's menus: all frames of a packet, and the events because of it.
 */
#include "packet-filter.h"

#include <epan/conversation_filter.h>
#include <epan/proto_data.h>

#include "compat.h"

static int proto_of_filter;

/* As kept with the packet that is shown. */
struct filtered_packet {
    uint64_t capture_id, group;
};

void packet_filter_set(packet_info *pinfo, uint64_t capture_id, uint64_t group)
{
    struct filtered_packet *packet = wmem_new(pinfo->pool, struct filtered_packet);

    *packet = (struct filtered_packet){capture_id, group};
    p_add_proto_data(pinfo->pool, pinfo, proto_of_filter, 1, packet);
}

static const struct filtered_packet *get_packet(packet_info *pinfo)
{
    return p_get_proto_data(pinfo->pool, pinfo, proto_of_filter, 1);
}

static compat_bool has_packet(packet_info *pinfo COMPAT_FILTER_DATA)
{
    return get_packet(pinfo) != NULL;
}

static char *make_filter(packet_info *pinfo COMPAT_FILTER_DATA)
{
    const struct filtered_packet *packet = get_packet(pinfo);

    return g_strdup_printf("pktmon.capture_id == %" G_GUINT64_FORMAT
                           " && pktmon.group == %" G_GUINT64_FORMAT,
                           packet->capture_id, packet->group);
}

void packet_filter_register(int proto)
{
    proto_of_filter = proto;
    COMPAT_REGISTER_FILTER("pktmon", "Packet Monitor", has_packet, make_filter);
}
