/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The dissector of Packet Monitor's metadata. It is a postdissector, because the metadata is beside
 * the packet, not in it: in custom option 2989 of a packet, or in a Custom Block. The record's
 * magic identifies it, whatever the enterprise number.
 */
#include <glib.h>
#include <stdbool.h>
#include <string.h>

#include <epan/column-info.h>
#include <epan/expert.h>
#include <epan/packet.h>
#include <epan/prefs.h>

#include "captures.h"
#include "compat.h"
#include "components.h"
#include "fields.h"
#include "frame-hops.h"
#include "frame-record.h"
#include "hop-text.h"
#include "journey-tree.h"
#include "journey/hop-changes.h"
#include "packet-filter.h"
#include "packet-journey.h"
#include "pktmon/metadata.h"
#include "places.h"
#include "statistics.h"
#include "summary.h"

WS_DLL_PUBLIC_DEF const char plugin_version[] = PKTMON_VERSION;
WS_DLL_PUBLIC_DEF const int plugin_want_major = WIRESHARK_VERSION_MAJOR;
WS_DLL_PUBLIC_DEF const int plugin_want_minor = WIRESHARK_VERSION_MINOR;
WS_DLL_PUBLIC void plugin_register(void);
WS_DLL_PUBLIC uint32_t plugin_describe(void);

#define RECORDS_IN_INFO 8
#define USUAL_SIZE      512 /* bytes of a record, at most */

static int proto_pktmon;
static int ett_pktmon = -1;
static expert_field ei_missing = EI_INIT;

/* Preferences. */
static compat_bool path_in_info = true;

/* The options of a frame that are metadata records. */
struct option_search {
    unsigned most;       /* that are wanted */
    wmem_array_t *bytes; /* of all records, one after the other */
    wmem_array_t *sizes; /* of unsigned */
};

static compat_bool find_record_option(wtap_block_t block _U_, guint code, wtap_opttype_e type _U_,
                                      wtap_optval_t *value, void *user_data)
{
    struct option_search *search = user_data;
    struct pktmon_metadata_reader reader;

    if (code != PKTMON_OPTION_CODE || !COMPAT_CUSTOM_OPTION_IS_PLAIN(value) ||
        wmem_array_get_count(search->sizes) == search->most)
        return true;
    const uint8_t *data = (const uint8_t *)COMPAT_CUSTOM_OPTION_DATA(value);
    unsigned size = (unsigned)COMPAT_CUSTOM_OPTION_SIZE(value);

    if (pktmon_metadata_open(&reader, data, size)) {
        wmem_array_append(search->bytes, data, size);
        wmem_array_append_one(search->sizes, size);
    }
    return true;
}

/* The records' bytes as a data source of their own; NULL where the frame has no such option. */
static tvbuff_t *add_option_tvb(tvbuff_t *frame, packet_info *pinfo, struct option_search *search)
{
    tvbuff_t *tvb;

    if (!pinfo->rec->block)
        return NULL;
    search->bytes = wmem_array_sized_new(pinfo->pool, sizeof(uint8_t), USUAL_SIZE);
    search->sizes = wmem_array_sized_new(pinfo->pool, sizeof(unsigned), 1);
    wtap_block_foreach_option(pinfo->rec->block, find_record_option, search);
    unsigned size = wmem_array_get_count(search->bytes);
    if (size == 0)
        return NULL;
    tvb = tvb_new_child_real_data(frame, wmem_array_get_raw(search->bytes), size, (gint)size);
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

/* A frame, and what it is. */
struct dissected_frame {
    tvbuff_t *tvb;
    packet_info *pinfo;
    proto_tree *tree;      /* NULL: none is wanted */
    const char *interface; /* its name; NULL: none */
    bool is_metadata;      /* alone, so that its columns are ours to set */
};

static struct dissected_frame make_frame(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree)
{
    struct dissected_frame frame = {.tvb = tvb, .pinfo = pinfo, .tree = tree};

    if (has_interface(pinfo))
        frame.interface = COMPAT_INTERFACE(epan_get_interface_name, pinfo);
    frame.is_metadata = g_strcmp0(frame.interface, PKTMON_METADATA_INTERFACE) == 0;
    return frame;
}

/* The interface block of a packet has the name and description of its component. */
static void add_interface_description(const struct dissected_frame *frame,
                                      struct component_description *known)
{
    if (!known->name)
        known->name = frame->interface;
    if (!known->description)
        known->description = COMPAT_INTERFACE(epan_get_interface_description, frame->pinfo);
}

/* What is known of the record's component from elsewhere in the file. */
static struct component_description describe_component(const struct record *record,
                                                       const struct dissected_frame *frame)
{
    uint32_t component = (uint32_t)record_number(record, PKTMON_FIELD_COMPONENT);
    const struct component_description *described;
    struct component_description known = {NULL};

    if (component == 0 || record->type == PKTMON_RECORD_COMPONENT)
        return known;
    described = components_find(record_number(record, PKTMON_FIELD_CAPTURE_ID), component,
                                frame->pinfo->num);
    if (described)
        known = *described;
    if (record->type == PKTMON_RECORD_PACKET && has_interface(frame->pinfo))
        add_interface_description(frame, &known);
    return known;
}

/* What is known of the record of a frame. */
struct dissection {
    const struct dissected_frame *frame;
    packet_info *pinfo; /* the frame's */
    const struct record *record;
    struct component_description known; /* of the record's component */
    const struct frame_hops *hops;      /* NULL: the record is none of a packet */
    struct journey_state state;         /* with hops */
    unsigned number, count;             /* which of the frame's records this is, from 0 */
};

static bool is_journey(const struct dissection *dissection)
{
    return dissection->hops && dissection->hops->view == PKTMON_VIEW_PACKETS;
}

static const char *summarise(const struct dissection *dissection)
{
    const struct frame_hops *hops = dissection->hops;
    wmem_allocator_t *pool = dissection->pinfo->pool;

    if (!hops)
        return summary_of_record(dissection->record, &dissection->known, pool);
    if (!is_journey(dissection))
        return hop_text_long(hops, hops->hops, hops->hops->pieces->number, pool);
    return hop_text_journey(hops, &dissection->state, pool);
}

/* Whether the path has a column of its own. */
static bool has_path_column(const column_info *columns)
{
    for (int i = 0; columns && i < columns->num_cols; i++) {
        const col_item_t *column = &columns->columns[i];

        if (column->col_fmt == COL_CUSTOM && column->col_custom_fields &&
            strstr(column->col_custom_fields, "pktmon.path"))
            return true;
    }
    return false;
}

static void set_journey_columns(const struct dissection *dissection)
{
    packet_info *pinfo = dissection->pinfo;
    const char *drops = hop_text_drops(dissection->hops, &dissection->state, pinfo->pool);
    const char *path = dissection->hops->path;

    if (drops)
        col_prepend_fstr(pinfo->cinfo, COL_INFO, "[%s] ", drops);
    if (path && *path && path_in_info && !has_path_column(pinfo->cinfo))
        col_append_lstr(pinfo->cinfo, COL_INFO, " [", compat_format_text(pinfo->pool, path), "]",
                        COL_ADD_LSTR_TERMINATOR);
}

/* A continuation's frame has no bytes of the packet, but its hops may have. */
static const char *describe_continuation(const struct dissection *dissection)
{
    const struct frame_hops *hops = dissection->hops;
    wmem_allocator_t *pool = dissection->pinfo->pool;
    char *packet = hops->count > 0 ? hop_packet_text(&hops->hops->event.packet) : NULL;
    const char *text =
        wmem_strdup_printf(pool, "Packet %" G_GUINT64_FORMAT " continued%s%s", hops->journey.group,
                           packet ? ": " : "", packet ? packet : "");

    g_free(packet);
    return text;
}

/* Of many records the first ones, and how many there are. */
static void set_metadata_columns(const struct dissection *dissection)
{
    packet_info *pinfo = dissection->pinfo;

    if (dissection->number == 0) {
        col_set_str(pinfo->cinfo, COL_PROTOCOL, "PKTMON");
        col_clear(pinfo->cinfo, COL_INFO);
        if (dissection->count > 1)
            col_append_fstr(pinfo->cinfo, COL_INFO, "%u records: ", dissection->count);
    }
    if (dissection->number >= RECORDS_IN_INFO)
        return;
    if (dissection->number > 0)
        col_append_str(pinfo->cinfo, COL_INFO, "; ");
    col_append_str(pinfo->cinfo, COL_INFO,
                   is_journey(dissection) ? describe_continuation(dissection)
                                          : summarise(dissection));
}

static void set_columns(const struct dissection *dissection)
{
    packet_info *pinfo = dissection->pinfo;

    if (is_custom_block(pinfo) || dissection->frame->is_metadata)
        set_metadata_columns(dissection);
    if (is_journey(dissection)) {
        set_journey_columns(dissection);
    } else if (dissection->hops) {
        const char *end = hop_text_end(dissection->hops->hops, pinfo->pool);

        if (end)
            col_append_fstr(pinfo->cinfo, COL_INFO, " [%s]", end);
    }
}

static void add_tree(const struct dissection *dissection)
{
    const struct record *record = dissection->record;
    proto_tree *tree = dissection->frame->tree;
    proto_item *item = proto_tree_add_item(tree, proto_pktmon, record->tvb, 0, -1, ENC_NA);
    const struct journey_tree view = {
        .tree = proto_item_add_subtree(item, ett_pktmon),
        .pinfo = dissection->pinfo,
        .record = record,
        .hops = dissection->hops,
        .state = &dissection->state,
        .interface = dissection->frame->interface,
        .known = &dissection->known,
    };

    if (proto_field_is_referenced(tree, proto_pktmon))
        proto_item_append_text(item, ": %s", summarise(dissection));
    if (dissection->hops)
        journey_tree_add(&view);
    else
        fields_add_items(view.tree, dissection->pinfo, record, &dissection->known);
}

static void learn(const struct dissection *dissection)
{
    captures_learn(dissection->record, dissection->pinfo);
    components_learn(dissection->record, dissection->pinfo);
    journey_learn(dissection->hops, dissection->frame->interface, dissection->pinfo);
}

static void set_filter(const struct dissection *dissection)
{
    const struct record *record = dissection->record;
    uint64_t group = dissection->hops ? dissection->hops->journey.group
                                      : record_number(record, PKTMON_FIELD_GROUP);

    if (group != 0)
        packet_filter_set(dissection->pinfo, record_number(record, PKTMON_FIELD_CAPTURE_ID), group);
}

/* Whoever saves one frame of a packet saves those before it. */
static void mark_others(const struct dissection *dissection)
{
    if (is_journey(dissection) && dissection->state.prev_frame != 0)
        COMPAT_MARK_DEPENDED_UPON(dissection->pinfo, dissection->state.prev_frame);
}

static void queue_for_statistics(const struct dissection *dissection)
{
    const struct statistics_record taken = {
        .record = dissection->record,
        .place = dissection->hops ? NULL : places_of_record(dissection->record),
        .hops = dissection->hops,
        .state = dissection->state,
    };

    statistics_queue_record(&taken, dissection->frame->interface, dissection->pinfo);
}

/* Most of the time nobody looks at a tree, and the hops need not be read. */
static enum hops_wanted choose_hops(proto_tree *tree)
{
    if (journey_tree_wants_bytes(tree))
        return HOPS_WITH_BYTES;
    return proto_field_is_referenced(tree, proto_pktmon) || statistics_are_wanted()
               ? HOPS_WHOLE
               : HOPS_IF_DROPPED;
}

static const struct frame_hops *read_hops(const struct dissection *dissection)
{
    const struct dissected_frame *frame = dissection->frame;
    const struct frame_hops *hops = frame_hops_read(dissection->record, frame->tvb, frame->pinfo,
                                                    &dissection->known, choose_hops(frame->tree));

    if (hops && !hops->is_whole && journey_wants_hops(hops, frame->pinfo))
        hops = frame_hops_read(dissection->record, frame->tvb, frame->pinfo, &dissection->known,
                               HOPS_WHOLE);
    return hops;
}

/* Which record of how many. */
struct option_place {
    unsigned number, count;
};

static void dissect_metadata(const struct record *record, struct option_place place,
                             const struct dissected_frame *frame)
{
    packet_info *pinfo = frame->pinfo;
    struct dissection dissection = {
        .frame = frame,
        .pinfo = pinfo,
        .record = record,
        .known = describe_component(record, frame),
        .number = place.number,
        .count = place.count,
    };

    dissection.hops = read_hops(&dissection);
    if (!PINFO_FD_VISITED(pinfo))
        learn(&dissection);
    if (dissection.hops)
        dissection.state = journey_get_state(dissection.hops, pinfo);
    mark_others(&dissection);
    if (statistics_are_wanted())
        queue_for_statistics(&dissection);
    set_columns(&dissection);
    if (frame->tree) {
        set_filter(&dissection);
        add_tree(&dissection);
    }
}

/* A tool wrote the frame without its option. */
static void report_missing(const struct dissected_frame *frame)
{
    proto_item *item = proto_tree_add_item(frame->tree, proto_pktmon, frame->tvb, 0, 0, ENC_NA);

    col_set_str(frame->pinfo->cinfo, COL_PROTOCOL, "PKTMON");
    expert_add_info(frame->pinfo, item, &ei_missing);
}

static bool dissect_one(tvbuff_t *tvb, struct option_place place,
                        const struct dissected_frame *frame)
{
    struct record record;

    if (!record_parse(&record, tvb))
        return false;
    dissect_metadata(&record, place, frame);
    return true;
}

/* A frame of ours may have several records; a packet has one. */
static bool dissect_options(const struct dissected_frame *frame)
{
    struct option_search search = {.most = frame->is_metadata ? UINT_MAX : 1};
    tvbuff_t *tvb = add_option_tvb(frame->tvb, frame->pinfo, &search);
    unsigned at = 0, count = tvb ? wmem_array_get_count(search.sizes) : 0;

    for (unsigned i = 0; i < count; i++) {
        unsigned size = *(unsigned *)wmem_array_index(search.sizes, i);
        tvbuff_t *part = count == 1 ? tvb : tvb_new_subset_length(tvb, at, size);

        dissect_one(part, (struct option_place){i, count}, frame);
        at += size;
    }
    return count > 0;
}

static int dissect_pktmon(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data _U_)
{
    const struct dissected_frame frame = make_frame(tvb, pinfo, tree);
    bool ok = is_custom_block(pinfo) ? dissect_one(tvb, (struct option_place){0, 1}, &frame)
                                     : dissect_options(&frame);

    if (!ok && frame.is_metadata)
        report_missing(&frame);
    return (int)tvb_captured_length(tvb);
}

static void register_preferences(void)
{
    module_t *module = prefs_register_protocol(proto_pktmon, NULL);

    prefs_register_bool_preference(
        module, "path_in_info", "Show the path in the column Info",
        "Of captures with one frame for each packet. Not if there is a column for pktmon.path.",
        &path_in_info);
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
    journey_tree_register(proto_pktmon);
    components_register();
    captures_register();
    packet_filter_register(proto_pktmon);
    places_register();
    statistics_register(proto_pktmon);
    register_preferences();
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
