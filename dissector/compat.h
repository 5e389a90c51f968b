/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything that differs between the minor releases of Wireshark (4.0 to 4.6). No other file of
 * the dissector depends on a version, but for wiretap-layout.h.
 */
#ifndef PKTMON_DISSECTOR_COMPAT_H
#define PKTMON_DISSECTOR_COMPAT_H

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

/* The kind of a plugin, required from 4.4 on. */
#if COMPAT_WIRESHARK_FROM(4, 4)
#include <wsutil/plugins.h>
#define COMPAT_PLUGIN_IS_DISSECTOR WS_PLUGIN_DESC_DISSECTOR
#else
#define COMPAT_PLUGIN_IS_DISSECTOR 0
#endif

/* Callbacks of conversation filters have user data from 4.2 on. */
#if COMPAT_WIRESHARK_FROM(4, 2)
#define COMPAT_FILTER_DATA , void *user_data _U_
#define COMPAT_REGISTER_FILTER(name, label, is_valid, make)                                        \
    register_conversation_filter(name, label, is_valid, make, NULL)
#else
#define COMPAT_FILTER_DATA
#define COMPAT_REGISTER_FILTER(name, label, is_valid, make)                                        \
    register_conversation_filter(name, label, is_valid, make)
#endif
/* The return type of callbacks. */
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

/* Separates the levels of a statistic's menu entry. */
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

/* The frame is saved wherever that of the packet is. The first parameter is the packet_info, later
 * its frame_data. */
#define COMPAT_MARK_DEPENDED_UPON(pinfo, frame)                                                    \
    mark_frame_as_depended_upon(                                                                   \
        _Generic(&mark_frame_as_depended_upon, void (*)(packet_info *, guint32)                    \
                 : (void *)(pinfo), default                                                        \
                 : (void *)(pinfo)->fd),                                                           \
        frame)

/* Whether the text has a character that format_text() may escape: a control character, or one of
 * C1, which begin with 0xC2 in UTF-8. */
static inline bool compat_has_control(const char *text)
{
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;

        if (byte < ' ' || byte == 0x7F || byte == '\\' || byte == 0xC2)
            return true;
    }
    return false;
}

/* Escapes control characters of valid UTF-8. The string's type was guchar in 4.0. */
static inline const char *compat_format_text(wmem_allocator_t *scope, const char *text)
{
    if (!compat_has_control(text))
        return wmem_strdup(scope, text);
    return format_text(scope, (const void *)text, strlen(text));
}

#endif
