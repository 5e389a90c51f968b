/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of Wireshark's flow graph API that a plugin needs. libwireshark exports it, but its
 * header (epan/sequence_analysis.h) is not installed. Both structures begin like this
 * in 4.0, 4.2, 4.4 and 4.6; libwireshark allocates the items, so later members do not matter.
 */
#ifndef PKTMON_DISSECTOR_SEQUENCE_H
#define PKTMON_DISSECTOR_SEQUENCE_H

#include <glib.h>

#include <epan/address.h>
#include <epan/packet_info.h>
#include <epan/tap.h>

#include "compat.h"

/* One arrow. */
struct _seq_analysis_item {
    uint32_t frame_number;
    address source;
    uint16_t source_port;
    address destination;
    uint16_t destination_port;
    char *label; /* on the arrow; g_free */
    char *time;
    char *comment; /* beside the graph; g_free */
    uint16_t conversation;
    unsigned foreground, background;
    compat_bool has_color_filter;
    compat_bool display;
    unsigned source_node, destination_node;
    uint16_t line_style; /* width in pixels */
};

struct _seq_analysis_info {
    const char *name;
    compat_bool any_address;
    int conversations;
    GQueue *items; /* of struct _seq_analysis_item */
};

WS_DLL_PUBLIC void register_seq_analysis(const char *name, const char *ui_name, const int proto_id,
                                         const char *tap_listener, guint tap_flags,
                                         tap_packet_cb tap_func);

/* An item with the packet's addresses and time; NULL where the packet has no addresses. */
WS_DLL_PUBLIC struct _seq_analysis_item *
sequence_analysis_create_sai_with_addresses(packet_info *pinfo, struct _seq_analysis_info *info);

#endif
