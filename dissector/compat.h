/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All that differs between the minor releases of Wireshark (4.0 to 4.6), as far as the dissector
 * meets it. The rest of the dissector has no version in it.
 */
#ifndef PKTMON_COMPAT_H
#define PKTMON_COMPAT_H

#include <ws_version.h>

#include <glib.h>
#include <stdbool.h>
#include <string.h>

#include <epan/epan.h>
#include <epan/packet.h>
#include <epan/stats_tree.h>
#include <epan/strutil.h>
#include <wiretap/wtap.h>
#include <wsutil/str_util.h>

#define COMPAT_WIRESHARK_FROM(major, minor)                                                        \
    (WIRESHARK_VERSION_MAJOR > (major) ||                                                          \
     (WIRESHARK_VERSION_MAJOR == (major) && WIRESHARK_VERSION_MINOR >= (minor)))

/* What a plugin says of itself; older releases do not ask. */
#if COMPAT_WIRESHARK_FROM(4, 4)
#include <wsutil/plugins.h>
#define COMPAT_PLUGIN_IS_DISSECTOR WS_PLUGIN_DESC_DISSECTOR
#else
#define COMPAT_PLUGIN_IS_DISSECTOR 0
#endif

/* What callbacks of wiretap return. */
#if COMPAT_WIRESHARK_FROM(4, 4)
typedef bool compat_bool;
#else
typedef gboolean compat_bool;
#endif

/* The bytes of a binary custom option, after the enterprise number. Before 4.6 the options of one
 * enterprise, Netflix, are laid out differently. */
#if COMPAT_WIRESHARK_FROM(4, 6)
#define COMPAT_CUSTOM_OPTION_IS_PLAIN(value) true
#define COMPAT_CUSTOM_OPTION_DATA(value)     ((value)->custom_binaryval.data.custom_data)
#define COMPAT_CUSTOM_OPTION_SIZE(value)     ((value)->custom_binaryval.data.custom_data_len)
#else
#define COMPAT_CUSTOM_OPTION_IS_PLAIN(value) ((value)->custom_opt.pen != PEN_NFLX)
#define COMPAT_CUSTOM_OPTION_DATA(value)     ((value)->custom_opt.data.generic_data.custom_data)
#define COMPAT_CUSTOM_OPTION_SIZE(value)     ((value)->custom_opt.data.generic_data.custom_data_len)
#endif

/* What stands between the levels of a statistic's menu entry. */
#ifdef STATS_TREE_MENU_SEPARATOR
#define COMPAT_MENU_SEPARATOR STATS_TREE_MENU_SEPARATOR
#else
#define COMPAT_MENU_SEPARATOR "/"
#endif

/* Interface ids count within a section of the file from 4.4 on. */
#if COMPAT_WIRESHARK_FROM(4, 4)
#define COMPAT_INTERFACE(getter, pinfo)                                                            \
    getter((pinfo)->epan, (pinfo)->rec->rec_header.packet_header.interface_id,                     \
           (pinfo)->rec->presence_flags &WTAP_HAS_SECTION_NUMBER ? (pinfo)->rec->section_number    \
                                                                 : 0)
#else
#define COMPAT_INTERFACE(getter, pinfo)                                                            \
    getter((pinfo)->epan, (pinfo)->rec->rec_header.packet_header.interface_id)
#endif

/* Escapes what a terminal or a list must not receive. The string's type was guchar in 4.0. */
static inline const char *compat_format_text(wmem_allocator_t *scope, const char *text)
{
    return format_text(scope, (const void *)text, strlen(text));
}

#endif
