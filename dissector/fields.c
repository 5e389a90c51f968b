/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fields.h"

#include <epan/expert.h>

#include "compat.h"

enum field_group {
    FIELD_GROUP_RECORD, /* shown in the record's own tree */
    FIELD_GROUP_COMPONENT,
    FIELD_GROUP_PACKET,
    FIELD_GROUP_DROP,
    FIELD_GROUP_WHERE,
    FIELD_GROUP_COUNTERS,
    FIELD_GROUP_FILTER,
    FIELD_GROUP_CAPTURE,
    FIELD_GROUP_EVENT,
    FIELD_GROUP_NBL,
    FIELD_GROUP_COUNT,
};

static const char *const group_names[FIELD_GROUP_COUNT] = {
    [FIELD_GROUP_COMPONENT] = "Component",
    [FIELD_GROUP_PACKET] = "Packet",
    [FIELD_GROUP_DROP] = "Drop",
    [FIELD_GROUP_WHERE] = "Where",
    [FIELD_GROUP_COUNTERS] = "Counters",
    [FIELD_GROUP_FILTER] = "Filter",
    [FIELD_GROUP_CAPTURE] = "Capture",
    [FIELD_GROUP_EVENT] = "Event",
    [FIELD_GROUP_NBL] = "Out-of-band data",
};

/* The names of values, as the tables of pktmon/event.h and pktmon/metadata.h have them. */
#define X(NAME, number, name, ...) {number, name},
const value_string field_records[] = {PKTMON_RECORDS(X){0, NULL}};
const value_string field_directions[] = {PKTMON_DIRECTIONS(X){0, NULL}};
const value_string field_edges[] = {PKTMON_COMMON_EDGES(X){0, NULL}};
static const value_string field_packet_types[] = {PKTMON_PACKET_TYPES(X){0, NULL}};
static const value_string field_links[] = {PKTMON_LINKS(X){0, NULL}};
static const value_string field_ends[] = {PKTMON_ENDS(X){0, NULL}};
static const value_string field_levels[] = {PKTMON_LEVELS(X){0, NULL}};
#undef X

struct field_display {
    enum field_group group; /* of a record that is none of a packet */
    const char *label;
    const char *description; /* NULL where the label is enough */
    int base;                /* of numbers; 0 = decimal */
    const value_string *names;
};

/* Where and how each field of the record is shown. Its filter name and its type come from
 * metadata.h. */
static const struct field_display fields[RECORD_FIELD_SPAN] = {
    [PKTMON_FIELD_CAPTURE_ID] = {FIELD_GROUP_RECORD, "Capture",
                                 "Identifies the capture in merged files"},
    [PKTMON_FIELD_COMPONENT] = {FIELD_GROUP_COMPONENT, "Component"},
    [PKTMON_FIELD_COMPONENT_NAME] = {FIELD_GROUP_COMPONENT, "Component name"},
    [PKTMON_FIELD_COMPONENT_DESCRIPTION] = {FIELD_GROUP_COMPONENT, "Component description"},
    [PKTMON_FIELD_COMPONENT_TYPE] = {FIELD_GROUP_COMPONENT, "Component type"},
    [PKTMON_FIELD_COMPONENT_PARENT] = {FIELD_GROUP_COMPONENT, "Parent",
                                       "Id of the component above, e.g. the bridge of a port"},
    [PKTMON_FIELD_PROPERTY_NAME] = {FIELD_GROUP_COMPONENT, "Property"},
    [PKTMON_FIELD_PROPERTY_VALUE] = {FIELD_GROUP_COMPONENT, "Value"},
    [PKTMON_FIELD_EDGE] = {FIELD_GROUP_COMPONENT, "Edge", "Which edge of the component"},
    [PKTMON_FIELD_EDGE_NAME] = {FIELD_GROUP_COMPONENT, "Edge name"},
    [PKTMON_FIELD_DIRECTION] = {FIELD_GROUP_PACKET, "Direction", NULL, 0, field_directions},
    [PKTMON_FIELD_GROUP] = {FIELD_GROUP_PACKET, "Group",
                            "The same for every appearance of one packet"},
    [PKTMON_FIELD_PACKET_NUMBER] = {FIELD_GROUP_PACKET, "Packet number", "Number within the group"},
    [PKTMON_FIELD_APPEARANCE] = {FIELD_GROUP_PACKET, "Appearance", "1, 2, 3 ... in time order"},
    [PKTMON_FIELD_COPY] = {FIELD_GROUP_PACKET, "Copy", "Which copy of the packet this is"},
    [PKTMON_FIELD_COPY_OF] = {FIELD_GROUP_PACKET, "Copy of",
                              "The copy that this one was made from"},
    [PKTMON_FIELD_LINKED] = {FIELD_GROUP_PACKET, "Linked",
                             "How the appearance was joined to its group", 0, field_links},
    [PKTMON_FIELD_END] = {FIELD_GROUP_PACKET, "End", "This copy was delivered or consumed here", 0,
                          field_ends},
    [PKTMON_FIELD_PACKET_TYPE] = {FIELD_GROUP_PACKET, "Packet type", NULL, 0, field_packet_types},
    [PKTMON_FIELD_FILTER_ID] = {FIELD_GROUP_FILTER, "Filter id", "Which filter matched; 0 none"},
    [PKTMON_FIELD_DROPPED] = {FIELD_GROUP_DROP, "Dropped", "This record is a drop of the packet"},
    [PKTMON_FIELD_COPY_RELEASED] = {FIELD_GROUP_DROP, "Copy released",
                                    "A copy ended with a drop reason, but the packet went on"},
    [PKTMON_FIELD_DROP_REASON] = {FIELD_GROUP_DROP, "Reason"},
    [PKTMON_FIELD_DROP_CODE] = {FIELD_GROUP_DROP, "Code",
                                "Number of the reason on the machine that dropped the packet"},
    [PKTMON_FIELD_DROP_LOCATION] = {FIELD_GROUP_DROP, "Location"},
    [PKTMON_FIELD_DROP_LOCATION_CODE] = {FIELD_GROUP_DROP, "Location code",
                                         "Windows location number", BASE_HEX},
    [PKTMON_FIELD_CPU] = {FIELD_GROUP_WHERE, "CPU"},
    [PKTMON_FIELD_PID] = {FIELD_GROUP_WHERE, "Process id"},
    [PKTMON_FIELD_COMM] = {FIELD_GROUP_WHERE, "Command"},
    [PKTMON_FIELD_CGROUP] = {FIELD_GROUP_WHERE, "Control group"},
    [PKTMON_FIELD_NETNS] = {FIELD_GROUP_WHERE, "Network namespace"},
    [PKTMON_FIELD_GSO_SIZE] = {FIELD_GROUP_PACKET, "GSO size",
                               "Payload bytes of each segment of a segmentation-offload packet"},
    [PKTMON_FIELD_GSO_SEGS] = {FIELD_GROUP_PACKET, "GSO segments"},
    [PKTMON_FIELD_L2_SYNTHESISED] = {FIELD_GROUP_PACKET, "Link header synthesised",
                                     "The packet had no link header here; the capture made one"},
    [PKTMON_FIELD_TRUNCATED] = {FIELD_GROUP_PACKET, "Truncated", "Bytes of the packet are missing"},
    [PKTMON_FIELD_INCOMPLETE] = {FIELD_GROUP_PACKET, "Incomplete",
                                 "An earlier appearance of this packet was lost"},
    [PKTMON_FIELD_LOST] = {FIELD_GROUP_RECORD, "Events lost", "Events lost just before this one"},
    [PKTMON_FIELD_PACKETS_IN] = {FIELD_GROUP_COUNTERS, "Packets in"},
    [PKTMON_FIELD_BYTES_IN] = {FIELD_GROUP_COUNTERS, "Bytes in"},
    [PKTMON_FIELD_PACKETS_OUT] = {FIELD_GROUP_COUNTERS, "Packets out"},
    [PKTMON_FIELD_BYTES_OUT] = {FIELD_GROUP_COUNTERS, "Bytes out"},
    [PKTMON_FIELD_TAKEN_BACK] = {FIELD_GROUP_COUNTERS, "Packets taken back"},
    [PKTMON_FIELD_TAKEN_BACK_BYTES] = {FIELD_GROUP_COUNTERS, "Bytes taken back"},
    [PKTMON_FIELD_DROPS_IN] = {FIELD_GROUP_COUNTERS, "Drops in"},
    [PKTMON_FIELD_DROPS_OUT] = {FIELD_GROUP_COUNTERS, "Drops out"},
    [PKTMON_FIELD_DROP_BYTES_IN] = {FIELD_GROUP_COUNTERS, "Dropped bytes in"},
    [PKTMON_FIELD_DROP_BYTES_OUT] = {FIELD_GROUP_COUNTERS, "Dropped bytes out"},
    [PKTMON_FIELD_FILTER_NAME] = {FIELD_GROUP_FILTER, "Filter name"},
    [PKTMON_FIELD_FILTER_TEXT] = {FIELD_GROUP_FILTER, "Filter text"},
    [PKTMON_FIELD_CAPTURE_OS] = {FIELD_GROUP_CAPTURE, "Operating system"},
    [PKTMON_FIELD_CAPTURE_HOST] = {FIELD_GROUP_CAPTURE, "Host"},
    [PKTMON_FIELD_CAPTURE_RELEASE] = {FIELD_GROUP_CAPTURE, "Release"},
    [PKTMON_FIELD_CAPTURE_PROVIDER] = {FIELD_GROUP_CAPTURE, "Provider"},
    [PKTMON_FIELD_CAPTURE_MISSING] = {FIELD_GROUP_CAPTURE, "Missing",
                                      "What the capture could not see, and why"},
    [PKTMON_FIELD_EVENT_PROVIDER] = {FIELD_GROUP_EVENT, "Provider"},
    [PKTMON_FIELD_EVENT_ID] = {FIELD_GROUP_EVENT, "Id"},
    [PKTMON_FIELD_EVENT_LEVEL] = {FIELD_GROUP_EVENT, "Level", NULL, 0, field_levels},
    [PKTMON_FIELD_EVENT_MESSAGE] = {FIELD_GROUP_EVENT, "Message"},
    [PKTMON_FIELD_EVENT_FROM] = {FIELD_GROUP_EVENT, "From",
                                 "Since when that happened, ns since 1970"},
    [PKTMON_FIELD_EVENT_UNTIL] = {FIELD_GROUP_EVENT, "Until",
                                  "Until when that happened, ns since 1970"},
    [PKTMON_FIELD_NBL_GROUP] = {FIELD_GROUP_NBL, "Group in the log",
                                "The id that the log itself has for this appearance"},
    [PKTMON_FIELD_NBL_CHECKSUM] = {FIELD_GROUP_NBL, "Checksum", NULL, BASE_HEX},
    [PKTMON_FIELD_NBL_CHECKSUM_TEXT] = {FIELD_GROUP_NBL, "Checksum offload"},
    [PKTMON_FIELD_NBL_LARGE_SEND] = {FIELD_GROUP_NBL, "Large send", NULL, BASE_HEX},
    [PKTMON_FIELD_NBL_SEGMENT_SIZE] = {FIELD_GROUP_NBL, "Segment size",
                                       "Maximum segment size of the large send"},
    [PKTMON_FIELD_NBL_VLAN] = {FIELD_GROUP_NBL, "VLAN",
                               "VLAN id of the tag that the adapter removed"},
    [PKTMON_FIELD_NBL_PRIORITY] = {FIELD_GROUP_NBL, "Priority", "Priority of the same tag"},
    [PKTMON_FIELD_NBL_HASH_INFO] = {FIELD_GROUP_NBL, "Hash function and type", NULL, BASE_HEX},
    [PKTMON_FIELD_NBL_HASH] = {FIELD_GROUP_NBL, "Hash", "For receive side scaling", BASE_HEX},
    [PKTMON_FIELD_NBL_VIRTUAL_SUBNET] = {FIELD_GROUP_NBL, "Virtual subnet"},
    [PKTMON_FIELD_NBL_COALESCED] = {FIELD_GROUP_NBL, "Coalesced segments"},
    [PKTMON_FIELD_NBL_DUPLICATE_ACKS] = {FIELD_GROUP_NBL, "Duplicate acknowledgements"},
    [PKTMON_FIELD_NBL_NAME_RESOLUTION] = {FIELD_GROUP_NBL, "Name resolution id"},
    [PKTMON_FIELD_NBL_SEND_OFFLOADS] = {FIELD_GROUP_NBL, "Send offloads", NULL, BASE_HEX},
    [PKTMON_FIELD_NBL_SWITCH_FORWARDING] = {FIELD_GROUP_NBL, "Switch forwarding", NULL, BASE_HEX},
    [PKTMON_FIELD_NBL_GFT_OFFLOAD] = {FIELD_GROUP_NBL, "GFT offload", NULL, BASE_HEX},
    [PKTMON_FIELD_NBL_GFT_FLOW] = {FIELD_GROUP_NBL, "GFT flow entry", NULL, BASE_HEX},
    [PKTMON_FIELD_NBL_CONTEXT_TYPE] = {FIELD_GROUP_NBL, "Context type", "1: id of an HTTP request"},
    [PKTMON_FIELD_NBL_CONTEXT] = {FIELD_GROUP_NBL, "Context", NULL, BASE_HEX},
    [PKTMON_FIELD_NBL_SOURCE_PORT] = {FIELD_GROUP_NBL, "Source port", "Port of the virtual switch"},
    [PKTMON_FIELD_NBL_SOURCE_NIC] = {FIELD_GROUP_NBL, "Source NIC"},
    [PKTMON_FIELD_NBL_DESTINATIONS] = {FIELD_GROUP_NBL, "Destinations",
                                       "Port and NIC of the virtual switch"},
    [PKTMON_FIELD_NBL_WIFI] = {FIELD_GROUP_NBL, "802.11 reception"},
};

static const char *const filter_names[RECORD_FIELD_SPAN] = {
#define X(NAME, number, kind, field) [number] = field,
    PKTMON_FIELDS(X)
#undef X
};

/* How Wireshark shows a kind, and reads it from the record's bytes. */
static const struct {
    enum ftenum type;
    int base;
    unsigned encoding;
} kinds[] = {
    [PKTMON_KIND_FLAG] = {FT_BOOLEAN, BASE_NONE, ENC_LITTLE_ENDIAN},
    [PKTMON_KIND_U8] = {FT_UINT8, BASE_DEC, ENC_LITTLE_ENDIAN},
    [PKTMON_KIND_U16] = {FT_UINT16, BASE_DEC, ENC_LITTLE_ENDIAN},
    [PKTMON_KIND_U32] = {FT_UINT32, BASE_DEC, ENC_LITTLE_ENDIAN},
    [PKTMON_KIND_U64] = {FT_UINT64, BASE_DEC, ENC_LITTLE_ENDIAN},
    [PKTMON_KIND_STRING] = {FT_STRING, BASE_NONE, ENC_UTF_8},
};

/* The maximum number of fields shown of one record. The largest valid record has about a hundred.
 * Further fields are only counted, because an item takes a hundred times the memory of its four
 * bytes in the record. */
#define MAX_SHOWN 4096

/* Offset of the record number; size of the header before each field. */
#define RECORD_OFFSET     5
#define FIELD_HEADER_SIZE 4

static int hf_record;
static int hf_field[RECORD_FIELD_SPAN];
static int hf_unknown;

static int ett_group[FIELD_GROUP_COUNT];
static int ett_property = -1;

static expert_field ei_truncated = EI_INIT;
static expert_field ei_length = EI_INIT;
static expert_field ei_version = EI_INIT;
static expert_field ei_record = EI_INIT;
static expert_field ei_field = EI_INIT;
static expert_field ei_not_shown = EI_INIT;

/* The tree of one record, under construction. */
struct record_view {
    packet_info *pinfo;
    const struct record *record;
    bool of_packet;                       /* hops have what journey-tree.h shows */
    proto_tree *trees[FIELD_GROUP_COUNT]; /* NULL: no field of the group so far */
    proto_item *items[FIELD_GROUP_COUNT];
    proto_tree *property;
    proto_item *property_item;
};

/* A released copy has a reason too, but is no drop. */
static const char *name_of_group(const struct record *record, enum field_group group)
{
    bool is_released = record_number(record, PKTMON_FIELD_COPY_RELEASED) &&
                       !record_number(record, PKTMON_FIELD_DROPPED);

    return group == FIELD_GROUP_DROP && is_released ? "Copy released" : group_names[group];
}

static proto_tree *get_group_tree(struct record_view *view, enum field_group group, int offset)
{
    if (!view->trees[group])
        view->trees[group] = proto_tree_add_subtree(
            view->trees[FIELD_GROUP_RECORD], view->record->tvb, offset, 0, ett_group[group],
            &view->items[group], name_of_group(view->record, group));
    return view->trees[group];
}

/* A property is two fields, name and value in that order, below one line of their own. */
static proto_tree *get_property_tree(struct record_view *view,
                                     const struct pktmon_metadata_field *field)
{
    int offset = (int)field->offset;
    const char *text =
        tvb_format_text(view->pinfo->pool, view->record->tvb, offset, (int)field->length);

    if (field->type == PKTMON_FIELD_PROPERTY_NAME || !view->property)
        view->property = proto_tree_add_subtree(
            get_group_tree(view, FIELD_GROUP_COMPONENT, offset - FIELD_HEADER_SIZE),
            view->record->tvb, offset - FIELD_HEADER_SIZE, 0, ett_property, &view->property_item,
            "Property:");
    proto_item_append_text(view->property_item,
                           field->type == PKTMON_FIELD_PROPERTY_NAME ? " %s" : " = %s", text);
    proto_item_set_end(view->property_item, view->record->tvb, offset + (int)field->length);
    return view->property;
}

static proto_tree *get_field_tree(struct record_view *view,
                                  const struct pktmon_metadata_field *field)
{
    if (field->type == PKTMON_FIELD_PROPERTY_NAME || field->type == PKTMON_FIELD_PROPERTY_VALUE)
        return get_property_tree(view, field);
    return get_group_tree(view, fields[field->type].group, (int)field->offset - FIELD_HEADER_SIZE);
}

static void add_known(struct record_view *view, const struct pktmon_metadata_field *field)
{
    enum field_group group = fields[field->type].group;
    int end = (int)(field->offset + field->length);

    proto_tree_add_item(get_field_tree(view, field), hf_field[field->type], view->record->tvb,
                        (int)field->offset, (int)field->length, kinds[field->kind].encoding);
    if (group != FIELD_GROUP_RECORD)
        proto_item_set_end(view->items[group], view->record->tvb, end);
}

/* A field of a newer version, or one of the wrong length. */
static void add_unknown(struct record_view *view, const struct pktmon_metadata_field *field)
{
    enum pktmon_kind kind = pktmon_field_kind(field->type);
    proto_item *item =
        proto_tree_add_item(view->trees[FIELD_GROUP_RECORD], hf_unknown, view->record->tvb,
                            (int)field->offset, (int)field->length, ENC_NA);

    if (kind == PKTMON_KIND_NONE)
        expert_add_info_format(view->pinfo, item, &ei_field,
                               "Field type %u is unknown to this version", field->type);
    else
        expert_add_info_format(view->pinfo, item, &ei_length,
                               "%s has %zu bytes here, but needs %zu", filter_names[field->type],
                               field->length, pktmon_kind_size(kind));
}

/* A journey is that of a packet. */
static void add_header(struct record_view *view)
{
    const struct record *record = view->record;
    unsigned type = record->type == PKTMON_RECORD_JOURNEY ? PKTMON_RECORD_PACKET : record->type;
    proto_item *item = proto_tree_add_uint(view->trees[FIELD_GROUP_RECORD], hf_record, record->tvb,
                                           RECORD_OFFSET, 1, type);

    if (record->version > PKTMON_METADATA_VERSION)
        expert_add_info_format(view->pinfo, item, &ei_version,
                               "The record has version %u; this dissector knows versions up to %u",
                               record->version, PKTMON_METADATA_VERSION);
    if (!try_val_to_str(type, field_records))
        expert_add_info_format(view->pinfo, item, &ei_record,
                               "Record type %u is unknown to this version", record->type);
}

static void report_not_shown(struct record_view *view, unsigned count)
{
    if (count > 0)
        expert_add_info_format(view->pinfo, view->items[FIELD_GROUP_RECORD], &ei_not_shown,
                               "%u more fields of the record are not shown", count);
}

/* Of a packet's record: what journey-tree.c shows, wherever it stands. */
static bool is_of_journey(uint16_t field)
{
    switch (field) {
    case PKTMON_FIELD_JOURNEY:
    case PKTMON_FIELD_COMPONENT:
    case PKTMON_FIELD_EDGE:
    case PKTMON_FIELD_EDGE_NAME:
    case PKTMON_FIELD_FILTER_ID:
    case PKTMON_FIELD_LOST:
        return true;
    case PKTMON_FIELD_TRUNCATED:
        return false;
    default:
        return field < RECORD_FIELD_SPAN &&
               (fields[field].group == FIELD_GROUP_PACKET ||
                fields[field].group == FIELD_GROUP_DROP ||
                fields[field].group == FIELD_GROUP_WHERE || fields[field].group == FIELD_GROUP_NBL);
    }
}

static void add_fields(struct record_view *view)
{
    tvbuff_t *tvb = view->record->tvb;
    unsigned size = tvb_captured_length(tvb);
    unsigned fields_seen = 0;
    struct pktmon_metadata_reader reader;
    struct pktmon_metadata_field field;

    if (!pktmon_metadata_open(&reader, tvb_get_ptr(tvb, 0, size), size))
        return;
    while (pktmon_metadata_next(&reader, &field)) {
        bool known = field.kind != PKTMON_KIND_NONE;

        if (view->of_packet && is_of_journey(field.type) &&
            (known || field.type == PKTMON_FIELD_JOURNEY))
            continue;
        if (++fields_seen > MAX_SHOWN || !known)
            reader.malformed = false; /* reported; from here on it is about the record's end */
        if (fields_seen <= MAX_SHOWN)
            (known ? add_known : add_unknown)(view, &field);
    }
    report_not_shown(view, fields_seen > MAX_SHOWN ? fields_seen - MAX_SHOWN : 0);
    if (reader.malformed)
        expert_add_info(view->pinfo, view->items[FIELD_GROUP_RECORD], &ei_truncated);
}

static void add_generated(struct record_view *view, enum pktmon_field field, const char *value)
{
    const struct record *record = view->record;

    if (!value || record_has(record, field))
        return;
    proto_item_set_generated(proto_tree_add_string(get_group_tree(view, fields[field].group, 0),
                                                   hf_field[field], record->tvb, 0, 0, value));
}

void fields_add_items(proto_tree *tree, packet_info *pinfo, const struct record *record,
                      const struct component_description *known)
{
    struct record_view view = {
        .pinfo = pinfo,
        .record = record,
        .of_packet = !known,
        .trees = {[FIELD_GROUP_RECORD] = tree},
        .items = {[FIELD_GROUP_RECORD] = proto_tree_get_parent(tree)},
    };
    unsigned edge = (unsigned)record_number(record, PKTMON_FIELD_EDGE);

    add_header(&view);
    add_fields(&view);
    if (!known)
        return;
    add_generated(&view, PKTMON_FIELD_COMPONENT_NAME, known->name);
    add_generated(&view, PKTMON_FIELD_COMPONENT_DESCRIPTION, known->description);
    add_generated(&view, PKTMON_FIELD_COMPONENT_TYPE, known->type);
    add_generated(&view, PKTMON_FIELD_EDGE_NAME, try_val_to_str(edge, field_edges));
}

/* --- fields of hops --- */

/* Where a value is: its own bytes, or the journey's. */
static const struct record_value *value_of(const struct record *record, enum pktmon_field field)
{
    const struct record_value *value = &record->values[field];

    return value->present ? value : &record->values[PKTMON_FIELD_JOURNEY];
}

void fields_add_number(proto_tree *tree, const struct record *record, enum pktmon_field field,
                       uint64_t number)
{
    const struct record_value *value = value_of(record, field);
    int at = (int)value->offset, size = value->length;

    switch (pktmon_field_kind(field)) {
    case PKTMON_KIND_FLAG:
        proto_tree_add_boolean(tree, hf_field[field], record->tvb, at, size, number != 0);
        break;
    case PKTMON_KIND_U64:
        proto_tree_add_uint64(tree, hf_field[field], record->tvb, at, size, number);
        break;
    default:
        proto_tree_add_uint(tree, hf_field[field], record->tvb, at, size, (uint32_t)number);
    }
}

void fields_add_text(proto_tree *tree, const struct record *record, enum pktmon_field field,
                     const char *text)
{
    const struct record_value *value = value_of(record, field);
    proto_item *item = proto_tree_add_string(tree, hf_field[field], record->tvb, (int)value->offset,
                                             value->length, text);

    if (!value->present)
        proto_item_set_generated(item);
}

static hf_register_info field_registration(uint16_t number)
{
    const struct field_display *field = &fields[number];
    enum pktmon_kind kind = pktmon_field_kind(number);

    return (hf_register_info){&hf_field[number],
                              {field->label, filter_names[number], kinds[kind].type,
                               field->base ? field->base : kinds[kind].base, VALS(field->names), 0,
                               field->description, HFILL}};
}

static void register_record_fields(int proto)
{
    static hf_register_info registrations[RECORD_FIELD_SPAN];
    int count = 0;

    for (uint16_t number = 0; number < RECORD_FIELD_SPAN; number++) {
        if (filter_names[number])
            registrations[count++] = field_registration(number);
    }
    proto_register_field_array(proto, registrations, count);
}

static void register_subtrees(void)
{
    int *subtrees[FIELD_GROUP_COUNT + 1];

    for (int group = 0; group < FIELD_GROUP_COUNT; group++) {
        ett_group[group] = -1; /* Wireshark 4.0 takes no other value for "not registered" */
        subtrees[group] = &ett_group[group];
    }
    subtrees[FIELD_GROUP_COUNT] = &ett_property;
    proto_register_subtree_array(subtrees, G_N_ELEMENTS(subtrees));
}

static void register_expert_info(int proto)
{
    static ei_register_info infos[] = {
        {&ei_truncated,
         {"pktmon.malformed.truncated", PI_MALFORMED, PI_ERROR,
          "The metadata record ends in the middle of a field", EXPFILL}},
        {&ei_length,
         {"pktmon.malformed.length", PI_MALFORMED, PI_ERROR,
          "A field of the metadata record has the wrong length", EXPFILL}},
        {&ei_version,
         {"pktmon.unknown.version", PI_UNDECODED, PI_NOTE,
          "The metadata record has a newer version", EXPFILL}},
        {&ei_record,
         {"pktmon.unknown.record", PI_UNDECODED, PI_NOTE,
          "The metadata record is of an unknown type", EXPFILL}},
        {&ei_field,
         {"pktmon.unknown.field", PI_UNDECODED, PI_NOTE,
          "The metadata record has a field of an unknown type", EXPFILL}},
        {&ei_not_shown,
         {"pktmon.malformed.too_many", PI_MALFORMED, PI_WARN,
          "The metadata record has more fields than are shown", EXPFILL}},
    };

    expert_register_field_array(expert_register_protocol(proto), infos, G_N_ELEMENTS(infos));
}

void fields_register(int proto)
{
    static hf_register_info own_fields[] = {
        {&hf_record,
         {"Record", "pktmon.record", FT_UINT8, BASE_DEC, VALS(field_records), 0,
          "What the metadata record describes", HFILL}},
        {&hf_unknown,
         {"Unknown field", "pktmon.unknown", FT_BYTES, BASE_NONE, NULL, 0,
          "A field that this version cannot read", HFILL}},
    };

    proto_register_field_array(proto, own_fields, G_N_ELEMENTS(own_fields));
    register_record_fields(proto);
    register_subtrees();
    register_expert_info(proto);
}
