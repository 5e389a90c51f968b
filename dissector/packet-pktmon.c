/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The dissector of Packet Monitor's metadata: a postdissector, because the metadata stands beside
 * the packet and not in it. It finds the metadata record in custom option 2989 of a packet, or in
 * a Custom Block; the record's magic decides, whatever the enterprise number.
 */
#include <glib.h>
#include <stdbool.h>
#include <string.h>

#include <epan/expert.h>
#include <epan/packet.h>

#include "captures.h"
#include "compat.h"
#include "components.h"
#include "fields.h"
#include "journey.h"
#include "metadata.h"
#include "frame-record.h"
#include "places.h"
#include "statistics.h"
#include "summary.h"

WS_DLL_PUBLIC_DEF const char plugin_version[] = PKTMON_VERSION;
WS_DLL_PUBLIC_DEF const int plugin_want_major = WIRESHARK_VERSION_MAJOR;
WS_DLL_PUBLIC_DEF const int plugin_want_minor = WIRESHARK_VERSION_MINOR;
WS_DLL_PUBLIC void plugin_register(void);
WS_DLL_PUBLIC uint32_t plugin_describe(void);

static int proto_pktmon;
static int ett_pktmon = -1;
static expert_field ei_missing = EI_INIT;

/* The first option of a packet that is a metadata record; borrowed from the packet. */
struct option_search {
    const void *data;
    size_t size;
};

static compat_bool look_at_option(wtap_block_t block _U_, guint code, wtap_opttype_e type _U_,
                                  wtap_optval_t *value, void *user_data)
{
    struct option_search *search = user_data;
    struct pktmon_metadata_reader reader;

    if (search->data || code != PKTMON_OPTION_CODE || !COMPAT_CUSTOM_OPTION_IS_PLAIN(value))
        return true;
    if (pktmon_metadata_open(&reader, (const uint8_t *)COMPAT_CUSTOM_OPTION_DATA(value),
                             COMPAT_CUSTOM_OPTION_SIZE(value))) {
        search->data = COMPAT_CUSTOM_OPTION_DATA(value);
        search->size = COMPAT_CUSTOM_OPTION_SIZE(value);
    }
    return true;
}

/* The option's bytes as a pane of their own; NULL where the packet has no such option. */
static tvbuff_t *tvb_of_option(tvbuff_t *frame, packet_info *pinfo)
{
    struct option_search search = {NULL};
    tvbuff_t *tvb;

    if (!pinfo->rec->block)
        return NULL;
    wtap_block_foreach_option(pinfo->rec->block, look_at_option, &search);
    if (!search.data)
        return NULL;
    tvb = tvb_new_child_real_data(frame, wmem_memdup(pinfo->pool, search.data, search.size),
                                  (guint)search.size, (gint)search.size);
    add_new_data_source(pinfo, tvb, "Packet Monitor metadata");
    return tvb;
}

static bool is_custom_block(const packet_info *pinfo)
{
    return pinfo->rec->rec_type == REC_TYPE_CUSTOM_BLOCK;
}

static bool has_interface(const packet_info *pinfo)
{
    return pinfo->rec->rec_type == REC_TYPE_PACKET &&
           (pinfo->rec->presence_flags & WTAP_HAS_INTERFACE_ID) != 0;
}

/* A frame that only carries metadata, and whose columns are therefore ours. */
static bool is_metadata_frame(const packet_info *pinfo)
{
    return has_interface(pinfo) && g_strcmp0(COMPAT_INTERFACE(epan_get_interface_name, pinfo),
                                             PKTMON_METADATA_INTERFACE) == 0;
}

/* The interface block of a packet names its component. */
static void words_of_interface(const packet_info *pinfo, struct component_words *words)
{
    if (!words->name)
        words->name = COMPAT_INTERFACE(epan_get_interface_name, pinfo);
    if (!words->description)
        words->description = COMPAT_INTERFACE(epan_get_interface_description, pinfo);
}

/* What is known of the record's component beside the record. */
static struct component_words words_for(const struct record *record, const packet_info *pinfo)
{
    uint32_t component = (uint32_t)record_number(record, PKTMON_FIELD_COMPONENT);
    const struct component_words *described =
        components_find(record_number(record, PKTMON_FIELD_CAPTURE_ID), component, pinfo->num);
    struct component_words words = {NULL};

    if (component == 0 || record->type == PKTMON_RECORD_COMPONENT)
        return words;
    if (described)
        words = *described;
    if (record->type == PKTMON_RECORD_PACKET && has_interface(pinfo))
        words_of_interface(pinfo, &words);
    return words;
}

static void set_columns(packet_info *pinfo, const struct record *record, const char *summary)
{
    const char *drop = summary_of_drop(record, pinfo->pool);

    if (is_custom_block(pinfo) || is_metadata_frame(pinfo)) {
        col_set_str(pinfo->cinfo, COL_PROTOCOL, "PKTMON");
        col_clear(pinfo->cinfo, COL_INFO);
        col_add_str(pinfo->cinfo, COL_INFO, summary);
    } else if (drop) {
        col_append_fstr(pinfo->cinfo, COL_INFO, " [%s]", drop);
    }
}

static void add_tree(proto_tree *tree, packet_info *pinfo, const struct record *record,
                     const struct component_words *words, const char *summary)
{
    proto_item *item = proto_tree_add_item(tree, proto_pktmon, record->tvb, 0, -1, ENC_NA);
    proto_tree *subtree = proto_item_add_subtree(item, ett_pktmon);

    if (*summary)
        proto_item_append_text(item, ": %s", summary);
    fields_add_items(subtree, pinfo, record, words);
    journey_add_items(subtree, record, pinfo);
}

static const struct place *place_of(const struct record *record, const packet_info *pinfo)
{
    bool named = record->type == PKTMON_RECORD_PACKET && has_interface(pinfo);

    return places_get(record, named ? COMPAT_INTERFACE(epan_get_interface_name, pinfo) : NULL);
}

static void learn(const struct record *record, packet_info *pinfo)
{
    captures_learn(record, pinfo);
    components_learn(record, pinfo);
    journey_learn(record, place_of(record, pinfo), pinfo);
}

static void dissect_metadata(const struct record *record, packet_info *pinfo, proto_tree *tree)
{
    struct component_words words;
    const char *summary;

    if (!PINFO_FD_VISITED(pinfo))
        learn(record, pinfo);
    words = words_for(record, pinfo);
    summary = summary_of_record(record, &words, pinfo->pool);
    if (statistics_are_wanted())
        statistics_take(record, place_of(record, pinfo), summary, pinfo);
    set_columns(pinfo, record, summary);
    if (tree)
        add_tree(tree, pinfo, record, &words, summary);
}

/* Some tool kept the frame and left out its option. */
static void report_missing(tvbuff_t *frame, packet_info *pinfo, proto_tree *tree)
{
    proto_item *item = proto_tree_add_item(tree, proto_pktmon, frame, 0, 0, ENC_NA);

    col_set_str(pinfo->cinfo, COL_PROTOCOL, "PKTMON");
    expert_add_info(pinfo, item, &ei_missing);
}

static int dissect_pktmon(tvbuff_t *frame, packet_info *pinfo, proto_tree *tree, void *data _U_)
{
    tvbuff_t *tvb = is_custom_block(pinfo) ? frame : tvb_of_option(frame, pinfo);
    struct record record;

    if (tvb && record_parse(&record, tvb))
        dissect_metadata(&record, pinfo, tree);
    else if (is_metadata_frame(pinfo))
        report_missing(frame, pinfo, tree);
    return (int)tvb_captured_length(frame);
}

static void register_pktmon(void)
{
    static int *subtrees[] = {&ett_pktmon};
    static ei_register_info infos[] = {
        {&ei_missing,
         {"pktmon.malformed.missing", PI_MALFORMED, PI_WARN,
          "A frame of the metadata interface without a metadata record", EXPFILL}},
    };

    proto_pktmon = proto_register_protocol("Packet Monitor", "PKTMON", "pktmon");
    proto_register_subtree_array(subtrees, G_N_ELEMENTS(subtrees));
    expert_register_field_array(expert_register_protocol(proto_pktmon), infos, G_N_ELEMENTS(infos));
    fields_register(proto_pktmon);
    journey_register(proto_pktmon);
    components_register();
    captures_register();
    places_register();
    statistics_register(proto_pktmon);
}

static void hand_off_pktmon(void)
{
    register_postdissector(create_dissector_handle(dissect_pktmon, proto_pktmon));
}

void plugin_register(void)
{
    static const proto_plugin plugin = {register_pktmon, hand_off_pktmon};

    proto_register_plugin(&plugin);
}

uint32_t plugin_describe(void)
{
    return COMPAT_PLUGIN_IS_DISSECTOR;
}
