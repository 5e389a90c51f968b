/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fields.h"

#include <epan/expert.h>

#include "compat.h"

enum group {
    GROUP_RECORD, /* the record's own tree */
    GROUP_COMPONENT,
    GROUP_PACKET,
    GROUP_DROP,
    GROUP_WHERE,
    GROUP_COUNTERS,
    GROUP_FILTER,
    GROUP_CAPTURE,
    GROUP_EVENT,
    GROUP_NBL,
    GROUP_COUNT,
};

static const char *const group_names[GROUP_COUNT] = {
    [GROUP_COMPONENT] = "Component",
    [GROUP_PACKET] = "Packet",
    [GROUP_DROP] = "Drop",
    [GROUP_WHERE] = "Where",
    [GROUP_COUNTERS] = "Counters",
    [GROUP_FILTER] = "Filter",
    [GROUP_CAPTURE] = "Capture",
    [GROUP_EVENT] = "Event",
    [GROUP_NBL] = "Out-of-band data",
};

const value_string field_records[] = {
    {PKTMON_RECORD_PACKET, "Packet"},
    {PKTMON_RECORD_COMPONENT, "Component"},
    {PKTMON_RECORD_COUNTERS, "Counters"},
    {PKTMON_RECORD_FILTER, "Filter"},
    {PKTMON_RECORD_CAPTURE, "Capture"},
    {PKTMON_RECORD_EVENT, "Event"},
    {0, NULL},
};

const value_string field_directions[] = {
    {DIRECTION_NONE, "None"},     {DIRECTION_IN, "In"},
    {DIRECTION_OUT, "Out"},       {DIRECTION_RX, "Rx"},
    {DIRECTION_TX, "Tx"},         {DIRECTION_INGRESS, "Ingress"},
    {DIRECTION_EGRESS, "Egress"}, {0, NULL},
};

const value_string field_edges[] = {
    {EDGE_UPPER, "Upper"},
    {EDGE_LOWER, "Lower"},
    {0, NULL},
};

static const value_string packet_types[] = {
    {0, "Unknown"}, {1, "Ethernet"},    {2, "WiFi"}, {3, "IP"},   {4, "HTTP"},
    {5, "TCP"},     {6, "UDP"},         {7, "ARP"},  {8, "ICMP"}, {9, "ESP"},
    {10, "AH"},     {11, "L4 payload"}, {0, NULL},
};

static const value_string links[] = {
    {1, "By buffer"},
    {2, "By content"},
    {0, NULL},
};

static const value_string ends[] = {
    {END_DELIVERED, "Delivered to a socket"},
    {END_CONSUMED, "Consumed by the kernel"},
    {0, NULL},
};

/* As in Windows event tracing. */
static const value_string event_levels[] = {
    {1, "Critical"}, {2, "Error"}, {3, "Warning"}, {4, "Information"}, {5, "Verbose"}, {0, NULL},
};

struct field {
    enum group group;
    const char *label;
    const char *description; /* NULL where the label says it all */
    int base;                /* of numbers; 0 = decimal */
    const value_string *names;
};

/* Where each field of the record is shown, and how. Its filter name and its type follow from
 * metadata.h. */
static const struct field fields[RECORD_FIELD_SPAN] = {
    [PKTMON_FIELD_CAPTURE_ID] = {GROUP_RECORD, "Capture", "Tells captures apart in merged files"},
    [PKTMON_FIELD_COMPONENT] = {GROUP_COMPONENT, "Id"},
    [PKTMON_FIELD_COMPONENT_NAME] = {GROUP_COMPONENT, "Name"},
    [PKTMON_FIELD_COMPONENT_DESCRIPTION] = {GROUP_COMPONENT, "Description"},
    [PKTMON_FIELD_COMPONENT_TYPE] = {GROUP_COMPONENT, "Type"},
    [PKTMON_FIELD_COMPONENT_PARENT] = {GROUP_COMPONENT, "Parent",
                                       "Id of the component above, e.g. the bridge of a port"},
    [PKTMON_FIELD_PROPERTY_NAME] = {GROUP_COMPONENT, "Property"},
    [PKTMON_FIELD_PROPERTY_VALUE] = {GROUP_COMPONENT, "Value"},
    [PKTMON_FIELD_EDGE] = {GROUP_COMPONENT, "Edge", "Which edge of the component"},
    [PKTMON_FIELD_EDGE_NAME] = {GROUP_COMPONENT, "Edge name"},
    [PKTMON_FIELD_DIRECTION] = {GROUP_PACKET, "Direction", NULL, 0, field_directions},
    [PKTMON_FIELD_GROUP] = {GROUP_PACKET, "Group", "The same for every appearance of one packet"},
    [PKTMON_FIELD_PACKET_NUMBER] = {GROUP_PACKET, "Packet number", "Number within the group"},
    [PKTMON_FIELD_APPEARANCE] = {GROUP_PACKET, "Appearance", "1, 2, 3 ... in the order of time"},
    [PKTMON_FIELD_COPY] = {GROUP_PACKET, "Copy", "Which copy of the packet this is"},
    [PKTMON_FIELD_COPY_OF] = {GROUP_PACKET, "Copy of", "The copy that this one was made from"},
    [PKTMON_FIELD_LINKED] = {GROUP_PACKET, "Linked", "How the appearance was joined to its group",
                             0, links},
    [PKTMON_FIELD_GOOD_END] = {GROUP_PACKET, "End", "This copy's journey came to a good end here",
                               0, ends},
    [PKTMON_FIELD_PACKET_TYPE] = {GROUP_PACKET, "Packet type", NULL, 0, packet_types},
    [PKTMON_FIELD_FILTER_ID] = {GROUP_FILTER, "Filter id", "Which filter matched; 0 none"},
    [PKTMON_FIELD_DROPPED] = {GROUP_DROP, "Dropped", "This record is a drop of the packet"},
    [PKTMON_FIELD_COPY_RELEASED] = {GROUP_DROP, "Copy released",
                                    "A copy ended with a reason, the packet did not"},
    [PKTMON_FIELD_DROP_REASON] = {GROUP_DROP, "Reason"},
    [PKTMON_FIELD_DROP_CODE] = {GROUP_DROP, "Code",
                                "The reason's number on the machine that dropped"},
    [PKTMON_FIELD_DROP_LOCATION] = {GROUP_DROP, "Location"},
    [PKTMON_FIELD_DROP_LOCATION_CODE] = {GROUP_DROP, "Location code", "Windows location number",
                                         BASE_HEX},
    [PKTMON_FIELD_CPU] = {GROUP_WHERE, "CPU"},
    [PKTMON_FIELD_PID] = {GROUP_WHERE, "Process id"},
    [PKTMON_FIELD_COMM] = {GROUP_WHERE, "Command"},
    [PKTMON_FIELD_CGROUP] = {GROUP_WHERE, "Control group"},
    [PKTMON_FIELD_NETNS] = {GROUP_WHERE, "Network namespace"},
    [PKTMON_FIELD_GSO_SIZE] = {GROUP_PACKET, "GSO size",
                               "Payload bytes of each segment of a segmentation-offload packet"},
    [PKTMON_FIELD_GSO_SEGS] = {GROUP_PACKET, "GSO segments"},
    [PKTMON_FIELD_L2_SYNTHESISED] = {GROUP_PACKET, "Link header synthesised",
                                     "The packet had no link header here; the capture made one"},
    [PKTMON_FIELD_TRUNCATED] = {GROUP_PACKET, "Truncated", "Bytes of the packet are missing"},
    [PKTMON_FIELD_INCOMPLETE] = {GROUP_PACKET, "Incomplete",
                                 "An earlier appearance of this packet was lost"},
    [PKTMON_FIELD_LOST] = {GROUP_RECORD, "Events lost", "Events lost just before this one"},
    [PKTMON_FIELD_PACKETS_IN] = {GROUP_COUNTERS, "Packets in"},
    [PKTMON_FIELD_BYTES_IN] = {GROUP_COUNTERS, "Bytes in"},
    [PKTMON_FIELD_PACKETS_OUT] = {GROUP_COUNTERS, "Packets out"},
    [PKTMON_FIELD_BYTES_OUT] = {GROUP_COUNTERS, "Bytes out"},
    [PKTMON_FIELD_DROPS_IN] = {GROUP_COUNTERS, "Drops in"},
    [PKTMON_FIELD_DROPS_OUT] = {GROUP_COUNTERS, "Drops out"},
    [PKTMON_FIELD_DROP_BYTES_IN] = {GROUP_COUNTERS, "Dropped bytes in"},
    [PKTMON_FIELD_DROP_BYTES_OUT] = {GROUP_COUNTERS, "Dropped bytes out"},
    [PKTMON_FIELD_FILTER_NAME] = {GROUP_FILTER, "Filter name"},
    [PKTMON_FIELD_FILTER_TEXT] = {GROUP_FILTER, "Filter text"},
    [PKTMON_FIELD_CAPTURE_OS] = {GROUP_CAPTURE, "Operating system"},
    [PKTMON_FIELD_CAPTURE_HOST] = {GROUP_CAPTURE, "Host"},
    [PKTMON_FIELD_CAPTURE_RELEASE] = {GROUP_CAPTURE, "Release"},
    [PKTMON_FIELD_CAPTURE_PROVIDER] = {GROUP_CAPTURE, "Provider"},
    [PKTMON_FIELD_CAPTURE_MISSING] = {GROUP_CAPTURE, "Missing",
                                      "What the capture could not see, and why"},
    [PKTMON_FIELD_EVENT_PROVIDER] = {GROUP_EVENT, "Provider"},
    [PKTMON_FIELD_EVENT_ID] = {GROUP_EVENT, "Id"},
    [PKTMON_FIELD_EVENT_LEVEL] = {GROUP_EVENT, "Level", NULL, 0, event_levels},
    [PKTMON_FIELD_EVENT_MESSAGE] = {GROUP_EVENT, "Message"},
    [PKTMON_FIELD_NBL_GROUP] = {GROUP_NBL, "Group in the log",
                                "The id that the log itself gives to this appearance"},
    [PKTMON_FIELD_NBL_CHECKSUM] = {GROUP_NBL, "Checksum", NULL, BASE_HEX},
    [PKTMON_FIELD_NBL_CHECKSUM_TEXT] = {GROUP_NBL, "Checksum offload"},
    [PKTMON_FIELD_NBL_LARGE_SEND] = {GROUP_NBL, "Large send", NULL, BASE_HEX},
    [PKTMON_FIELD_NBL_SEGMENT_SIZE] = {GROUP_NBL, "Segment size",
                                       "Maximum segment size of the large send"},
    [PKTMON_FIELD_NBL_VLAN] = {GROUP_NBL, "VLAN", "Id of the tag that the adapter took off"},
    [PKTMON_FIELD_NBL_PRIORITY] = {GROUP_NBL, "Priority", "Of the same tag"},
    [PKTMON_FIELD_NBL_HASH_INFO] = {GROUP_NBL, "Hash function and type", NULL, BASE_HEX},
    [PKTMON_FIELD_NBL_HASH] = {GROUP_NBL, "Hash", "For receive side scaling", BASE_HEX},
    [PKTMON_FIELD_NBL_VIRTUAL_SUBNET] = {GROUP_NBL, "Virtual subnet"},
    [PKTMON_FIELD_NBL_COALESCED] = {GROUP_NBL, "Coalesced segments"},
    [PKTMON_FIELD_NBL_DUPLICATE_ACKS] = {GROUP_NBL, "Duplicate acknowledgements"},
    [PKTMON_FIELD_NBL_NAME_RESOLUTION] = {GROUP_NBL, "Name resolution id"},
    [PKTMON_FIELD_NBL_SEND_OFFLOADS] = {GROUP_NBL, "Send offloads", NULL, BASE_HEX},
    [PKTMON_FIELD_NBL_SWITCH_FORWARDING] = {GROUP_NBL, "Switch forwarding", NULL, BASE_HEX},
    [PKTMON_FIELD_NBL_GFT_OFFLOAD] = {GROUP_NBL, "GFT offload", NULL, BASE_HEX},
    [PKTMON_FIELD_NBL_GFT_FLOW] = {GROUP_NBL, "GFT flow entry", NULL, BASE_HEX},
    [PKTMON_FIELD_NBL_CONTEXT_TYPE] = {GROUP_NBL, "Context type", "1: id of an HTTP request"},
    [PKTMON_FIELD_NBL_CONTEXT] = {GROUP_NBL, "Context", NULL, BASE_HEX},
    [PKTMON_FIELD_NBL_SOURCE_PORT] = {GROUP_NBL, "Source port", "Of the virtual switch"},
    [PKTMON_FIELD_NBL_SOURCE_NIC] = {GROUP_NBL, "Source NIC"},
    [PKTMON_FIELD_NBL_DESTINATIONS] = {GROUP_NBL, "Destinations",
                                       "Port and NIC of the virtual switch"},
    [PKTMON_FIELD_NBL_WIFI] = {GROUP_NBL, "802.11 reception"},
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

/* Fields of one record that are shown. A full record of ours has some hundred; what claims more is
 * counted, because an item takes a hundred times as much memory as the four bytes that ask for it.
 */
#define MAX_SHOWN 4096

/* Between record number and first field. */
#define RECORD_OFFSET     5
#define FIELD_HEADER_SIZE 4

static int hf_record;
static int hf_field[RECORD_FIELD_SPAN];
static int hf_unknown;

static int ett_group[GROUP_COUNT];
static int ett_property = -1;

static expert_field ei_truncated = EI_INIT;
static expert_field ei_length = EI_INIT;
static expert_field ei_version = EI_INIT;
static expert_field ei_record = EI_INIT;
static expert_field ei_field = EI_INIT;
static expert_field ei_not_shown = EI_INIT;

/* The tree of one record while it is built. */
struct view {
    packet_info *pinfo;
    const struct record *record;
    proto_tree *trees[GROUP_COUNT]; /* NULL: the record has nothing of that group so far */
    proto_item *items[GROUP_COUNT];
    proto_tree *property;
    proto_item *property_item;
};

/* The reason of a released copy is not that of a drop. */
static const char *group_name(const struct record *record, enum group group)
{
    bool is_released = record_number(record, PKTMON_FIELD_COPY_RELEASED) &&
                       !record_number(record, PKTMON_FIELD_DROPPED);

    return group == GROUP_DROP && is_released ? "Copy released" : group_names[group];
}

static proto_tree *group_tree(struct view *view, enum group group, int offset)
{
    if (!view->trees[group])
        view->trees[group] = proto_tree_add_subtree(
            view->trees[GROUP_RECORD], view->record->tvb, offset, 0, ett_group[group],
            &view->items[group], group_name(view->record, group));
    return view->trees[group];
}

/* Name and value of a property come in this order, and are shown below one line of their own. */
static proto_tree *property_tree(struct view *view, const struct pktmon_metadata_field *field)
{
    int offset = (int)field->offset;
    const char *text =
        tvb_format_text(view->pinfo->pool, view->record->tvb, offset, (int)field->length);

    if (field->type == PKTMON_FIELD_PROPERTY_NAME || !view->property)
        view->property = proto_tree_add_subtree(
            group_tree(view, GROUP_COMPONENT, offset - FIELD_HEADER_SIZE), view->record->tvb,
            offset - FIELD_HEADER_SIZE, 0, ett_property, &view->property_item, "Property:");
    proto_item_append_text(view->property_item,
                           field->type == PKTMON_FIELD_PROPERTY_NAME ? " %s" : " = %s", text);
    proto_item_set_end(view->property_item, view->record->tvb, offset + (int)field->length);
    return view->property;
}

static proto_tree *tree_of_field(struct view *view, const struct pktmon_metadata_field *field)
{
    if (field->type == PKTMON_FIELD_PROPERTY_NAME || field->type == PKTMON_FIELD_PROPERTY_VALUE)
        return property_tree(view, field);
    return group_tree(view, fields[field->type].group, (int)field->offset - FIELD_HEADER_SIZE);
}

static void add_known(struct view *view, const struct pktmon_metadata_field *field)
{
    enum group group = fields[field->type].group;
    int end = (int)(field->offset + field->length);

    proto_tree_add_item(tree_of_field(view, field), hf_field[field->type], view->record->tvb,
                        (int)field->offset, (int)field->length, kinds[field->kind].encoding);
    if (group != GROUP_RECORD)
        proto_item_set_end(view->items[group], view->record->tvb, end);
}

/* A field that a newer version added, or one whose length cannot be. */
static void add_unknown(struct view *view, const struct pktmon_metadata_field *field)
{
    enum pktmon_kind kind = pktmon_field_kind(field->type);
    proto_item *item = proto_tree_add_item(view->trees[GROUP_RECORD], hf_unknown, view->record->tvb,
                                           (int)field->offset, (int)field->length, ENC_NA);

    if (kind == PKTMON_KIND_NONE)
        expert_add_info_format(view->pinfo, item, &ei_field,
                               "Field type %u is not known to this version", field->type);
    else
        expert_add_info_format(view->pinfo, item, &ei_length,
                               "%s has %zu bytes here, but takes %zu", filter_names[field->type],
                               field->length, pktmon_kind_size(kind));
}

static void add_header(struct view *view)
{
    const struct record *record = view->record;
    proto_item *item = proto_tree_add_item(view->trees[GROUP_RECORD], hf_record, record->tvb,
                                           RECORD_OFFSET, 1, ENC_LITTLE_ENDIAN);

    if (record->version > PKTMON_METADATA_VERSION)
        expert_add_info_format(view->pinfo, item, &ei_version,
                               "The record has version %u; this dissector knows versions up to %u",
                               record->version, PKTMON_METADATA_VERSION);
    if (!try_val_to_str(record->type, field_records))
        expert_add_info_format(view->pinfo, item, &ei_record,
                               "Record type %u is not known to this version", record->type);
}

static void report_not_shown(struct view *view, unsigned count)
{
    if (count > 0)
        expert_add_info_format(view->pinfo, view->items[GROUP_RECORD], &ei_not_shown,
                               "%u more fields of the record are not shown", count);
}

static void add_fields(struct view *view)
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
        if (++fields_seen > MAX_SHOWN || !known)
            reader.malformed = false; /* said; what follows is about the end of the record */
        if (fields_seen <= MAX_SHOWN)
            (known ? add_known : add_unknown)(view, &field);
    }
    report_not_shown(view, fields_seen > MAX_SHOWN ? fields_seen - MAX_SHOWN : 0);
    if (reader.malformed)
        expert_add_info(view->pinfo, view->items[GROUP_RECORD], &ei_truncated);
}

static void add_generated(struct view *view, enum pktmon_field field, const char *value)
{
    const struct record *record = view->record;

    if (!value || record_has(record, field))
        return;
    proto_item_set_generated(proto_tree_add_string(group_tree(view, fields[field].group, 0),
                                                   hf_field[field], record->tvb, 0, 0, value));
}

void fields_add_items(proto_tree *tree, packet_info *pinfo, const struct record *record,
                      const struct component_words *words)
{
    struct view view = {
        .pinfo = pinfo,
        .record = record,
        .trees = {[GROUP_RECORD] = tree},
        .items = {[GROUP_RECORD] = proto_tree_get_parent(tree)},
    };
    unsigned edge = (unsigned)record_number(record, PKTMON_FIELD_EDGE);

    add_header(&view);
    add_fields(&view);
    add_generated(&view, PKTMON_FIELD_COMPONENT_NAME, words->name);
    add_generated(&view, PKTMON_FIELD_COMPONENT_DESCRIPTION, words->description);
    add_generated(&view, PKTMON_FIELD_COMPONENT_TYPE, words->type);
    add_generated(&view, PKTMON_FIELD_EDGE_NAME, try_val_to_str(edge, field_edges));
}

static hf_register_info field_registration(uint16_t number)
{
    const struct field *field = &fields[number];
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
    int *subtrees[GROUP_COUNT + 1];

    for (int group = 0; group < GROUP_COUNT; group++) {
        ett_group[group] = -1; /* Wireshark 4.0 takes no other value for "not registered" */
        subtrees[group] = &ett_group[group];
    }
    subtrees[GROUP_COUNT] = &ett_property;
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
