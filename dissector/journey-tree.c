/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "journey-tree.h"

#include <glib.h>

#include <epan/expert.h>

#include "compat.h"
#include "fields.h"
#include "hop-text.h"
#include "journey/hop-changes.h"
#include "model/journey-format.h"

static int proto_journeys;

static int hf_view;
static int hf_hop;
static int hf_path;
static int hf_hops;
static int hf_form, hf_forms, hf_side;
static int hf_open, hf_continued;
static int hf_merged_into;
static int hf_bytes_hop, hf_composed;
static int hf_drop_component;
static int hf_total;
static int hf_changed;
static int hf_vlan;
static int hf_tunnel_type, hf_tunnel_source, hf_tunnel_destination, hf_tunnel_port, hf_tunnel_id;

static int ett_hop = -1;
static int ett_drop = -1;
static int ett_pieces = -1;
static int ett_tunnel = -1;
static int ett_nbl = -1;

static expert_field ei_journey = EI_INIT;

static const value_string views[] = {
    {PKTMON_VIEW_PACKETS, "One frame for each packet"},
    {PKTMON_VIEW_APPEARANCES, "One frame for each observation"},
    {0, NULL},
};

/* --- a hop --- */

struct hop_view {
    const struct journey_tree *of;
    size_t index;
    const struct frame_hop *hop;
    proto_tree *tree;
    const struct journey_step *steps; /* one for each piece; NULL: none are known */
};

static bool is_of_drop(enum pktmon_field field)
{
    return field == PKTMON_FIELD_DROPPED || field == PKTMON_FIELD_COPY_RELEASED ||
           (field >= PKTMON_FIELD_DROP_REASON && field <= PKTMON_FIELD_DROP_LOCATION_CODE);
}

static void add_field(proto_tree *tree, const struct hop_view *view, const struct hop_field *field)
{
    bool is_of_pieces = field->field == PKTMON_FIELD_PACKET_NUMBER && view->hop->piece_count > 1;

    if (is_of_pieces || !hop_field_is_shown(field, view->of->hops, view->index))
        return;
    if (field->size == 0)
        fields_add_text(tree, view->of->record, field->field, hop_field_text(field, view->hop));
    else
        fields_add_number(tree, view->of->record, field->field, hop_field_number(field, view->hop));
}

static void add_fields(proto_tree *tree, const struct hop_view *view, bool of_drop)
{
    for (size_t i = 0; i < hop_field_count; i++) {
        if (is_of_drop(hop_fields[i].field) == of_drop)
            add_field(tree, view, &hop_fields[i]);
    }
}

/* A released copy has a reason too, but is no drop. */
static void add_drop(const struct hop_view *view)
{
    const struct pktmon_packet *packet = &view->hop->event.packet;
    tvbuff_t *tvb = view->of->record->tvb;

    if (!packet->dropped && !packet->copy_released && !packet->drop_reason)
        return;
    proto_tree *tree = proto_tree_add_subtree(
        view->tree, tvb, 0, 0, ett_drop, NULL,
        packet->copy_released && !packet->dropped ? "Copy released" : "Drop");
    add_fields(tree, view, true);
}

/* A text where there is none, so that each hop has one. */
static void add_edge(const struct hop_view *view)
{
    const struct frame_hop *hop = view->hop;
    const struct record *record = view->of->record;

    fields_add_number(view->tree, record, PKTMON_FIELD_EDGE, hop->event.packet.edge);
    if (hop->edge_name)
        fields_add_text(view->tree, record, PKTMON_FIELD_EDGE_NAME, hop->edge_name);
    else if (view->of->hops->view == PKTMON_VIEW_PACKETS)
        fields_add_text(view->tree, record, PKTMON_FIELD_EDGE_NAME, "");
    fields_add_number(view->tree, record, PKTMON_FIELD_DIRECTION, hop->event.packet.direction);
}

static void add_component(const struct hop_view *view)
{
    const struct record *record = view->of->record;
    const struct frame_hop *hop = view->hop;
    bool is_journey = view->of->hops->view == PKTMON_VIEW_PACKETS;
    const struct component_description *known = view->of->known;

    if (is_journey)
        known =
            components_find(view->of->hops->capture_id, hop->event.component, view->of->pinfo->num);
    fields_add_number(view->tree, record, PKTMON_FIELD_COMPONENT, hop->event.component);
    if (is_journey || hop->name)
        fields_add_text(view->tree, record, PKTMON_FIELD_COMPONENT_NAME,
                        hop_text_component(hop, view->of->pinfo->pool));
    if (known && known->type)
        fields_add_text(view->tree, record, PKTMON_FIELD_COMPONENT_TYPE, known->type);
    if (known && known->description)
        fields_add_text(view->tree, record, PKTMON_FIELD_COMPONENT_DESCRIPTION, known->description);
}

/* The pieces of a run have a line each: their numbers, and their times since the piece before. */
static void add_pieces(const struct hop_view *view)
{
    tvbuff_t *tvb = view->of->record->tvb;
    const struct frame_hop *hop = view->hop;

    if (hop->piece_count == 1) {
        if (view->steps)
            journey_add_delta(view->tree, tvb, view->steps);
        return;
    }
    proto_tree *tree = proto_tree_add_subtree_format(view->tree, tvb, 0, 0, ett_pieces, NULL,
                                                     "%u pieces", (unsigned)hop->piece_count);
    for (size_t i = 0; i < hop->piece_count; i++) {
        if (hop->pieces[i].number != 0)
            fields_add_number(tree, view->of->record, PKTMON_FIELD_PACKET_NUMBER,
                              hop->pieces[i].number);
        if (view->steps)
            journey_add_delta(tree, tvb, &view->steps[i]);
    }
}

static void add_nbl_of_record(proto_tree *tree, const struct record *record, wmem_allocator_t *pool)
{
    for (unsigned field = JOURNEY_FIRST_NBL; field <= JOURNEY_LAST_NBL; field++) {
        if (!record_has(record, field))
            continue;
        if (pktmon_field_kind((uint16_t)field) == PKTMON_KIND_STRING)
            fields_add_text(tree, record, field, record_string(record, field, pool));
        else
            fields_add_number(tree, record, field, record_number(record, field));
    }
}

static void add_nbl_of_hop(proto_tree *tree, const struct record *record,
                           const struct pktmon_nbl *nbl)
{
    for (size_t i = 0; i < nbl->count; i++) {
        const struct pktmon_nbl_value *value = &nbl->values[i];

        if (value->text)
            fields_add_text(tree, record, value->field, value->text);
        else
            fields_add_number(tree, record, value->field, value->number);
    }
}

static bool has_nbl(const struct hop_view *view)
{
    if (view->of->hops->view == PKTMON_VIEW_PACKETS)
        return view->hop->event.packet.nbl;
    for (unsigned field = JOURNEY_FIRST_NBL; field <= JOURNEY_LAST_NBL; field++) {
        if (record_has(view->of->record, field))
            return true;
    }
    return false;
}

static void add_nbl(const struct hop_view *view)
{
    const struct record *record = view->of->record;

    if (!has_nbl(view))
        return;
    proto_tree *tree =
        proto_tree_add_subtree(view->tree, record->tvb, 0, 0, ett_nbl, NULL, "Out-of-band data");
    if (view->of->hops->view == PKTMON_VIEW_PACKETS)
        add_nbl_of_hop(tree, record, view->hop->event.packet.nbl);
    else
        add_nbl_of_record(tree, record, view->of->pinfo->pool);
}

static void add_tunnel(const struct hop_view *view, const struct hop_tunnel *tunnel)
{
    tvbuff_t *tvb = view->of->record->tvb;

    if (!tunnel->type)
        return;
    proto_tree *tree = proto_tree_add_subtree_format(view->tree, tvb, 0, 0, ett_tunnel, NULL,
                                                     "Tunnel: %s, %s to %s", tunnel->type,
                                                     tunnel->source, tunnel->destination);
    proto_tree_add_string(tree, hf_tunnel_type, tvb, 0, 0, tunnel->type);
    proto_tree_add_string(tree, hf_tunnel_source, tvb, 0, 0, tunnel->source);
    proto_tree_add_string(tree, hf_tunnel_destination, tvb, 0, 0, tunnel->destination);
    if (tunnel->port != 0)
        proto_tree_add_uint(tree, hf_tunnel_port, tvb, 0, 0, tunnel->port);
    if (tunnel->has_id)
        proto_tree_add_uint(tree, hf_tunnel_id, tvb, 0, 0, tunnel->id);
}

static void add_changed(const struct hop_view *view, const char *changed)
{
    proto_item_set_generated(
        proto_tree_add_string(view->tree, hf_changed, view->of->record->tvb, 0, 0, changed));
}

/* Of a form that is not the first one, the first hop differs by what made it. */
static void add_changes(const struct hop_view *view)
{
    const struct pktmon_journey *journey = &view->of->hops->journey;
    const struct frame_hop *before = view->steps ? view->steps->previous_hop : NULL;
    const char *changes[HOP_MAX_CHANGES];
    struct hop_way way;

    if (!journey_tree_wants_bytes(view->of->tree))
        return;
    if (before) {
        size_t count = hop_changes(changes, &before->event.packet, &view->hop->event.packet);

        for (size_t i = 0; i < count; i++)
            add_changed(view, changes[i]);
    } else if (view->index == 0 && hop_begins_form(journey)) {
        add_changed(view, hop_form_change(journey));
    }
    hop_way_read(&way, &view->hop->event.packet);
    for (size_t i = 0; i < way.vlan_count; i++)
        proto_tree_add_uint(view->tree, hf_vlan, view->of->record->tvb, 0, 0, way.vlans[i]);
    add_tunnel(view, &way.tunnel);
}

static proto_tree *add_line(const struct journey_tree *view, const struct frame_hop *hop)
{
    const struct record_value *value = &view->record->values[PKTMON_FIELD_JOURNEY];
    bool is_wanted = proto_field_is_referenced(view->tree, hf_hop);
    int size = value->present ? value->length : (int)tvb_captured_length(view->record->tvb);
    proto_item *item =
        proto_tree_add_string(view->tree, hf_hop, view->record->tvb, (int)value->offset, size,
                              is_wanted ? hop_text(hop, view->pinfo->pool) : "");

    return proto_item_add_subtree(item, ett_hop);
}

static void add_hop(struct hop_view *view)
{
    view->tree = add_line(view->of, view->hop);
    add_component(view);
    add_edge(view);
    if (view->of->hops->journey.group != 0)
        journey_add_elapsed(view->tree, view->of->record->tvb, view->hop, view->of->state);
    add_pieces(view);
    if (view->of->hops->view == PKTMON_VIEW_PACKETS)
        add_changes(view);
    add_fields(view->tree, view, false);
    add_drop(view);
    add_nbl(view);
}

static void add_hops(const struct journey_tree *view)
{
    size_t count;
    const struct journey_step *steps =
        journey_get_steps(view->hops, view->interface, view->pinfo, &count);

    for (size_t i = 0; i < view->hops->count; i++) {
        struct hop_view hop = {.of = view, .index = i, .hop = &view->hops->hops[i], .steps = steps};

        add_hop(&hop);
        if (steps)
            steps += hop.hop->piece_count;
    }
}

/* --- the whole --- */

static void add_uint(const struct journey_tree *view, int field, uint32_t number)
{
    const struct record_value *value = &view->record->values[PKTMON_FIELD_JOURNEY];

    proto_tree_add_uint(view->tree, field, view->record->tvb, (int)value->offset, value->length,
                        number);
}

static void add_flag(const struct journey_tree *view, int field, bool is_set)
{
    const struct record_value *value = &view->record->values[PKTMON_FIELD_JOURNEY];

    if (is_set)
        proto_tree_add_boolean(view->tree, field, view->record->tvb, (int)value->offset,
                               value->length, true);
}

static void add_path(const struct journey_tree *view)
{
    const struct record_value *value = &view->record->values[PKTMON_FIELD_JOURNEY];

    if (view->hops->path)
        proto_tree_add_string(view->tree, hf_path, view->record->tvb, (int)value->offset,
                              value->length, view->hops->path);
}

static void add_forms(const struct journey_tree *view)
{
    const struct pktmon_journey *journey = &view->hops->journey;

    add_uint(view, hf_form, journey->form);
    add_uint(view, hf_forms, journey->forms);
    if (journey->side != 0)
        add_uint(view, hf_side, journey->side);
    add_flag(view, hf_open, journey->open);
    add_flag(view, hf_continued, journey->continued);
    if (journey->merged_into != 0)
        proto_tree_add_uint64(view->tree, hf_merged_into, view->record->tvb, 0, 0,
                              journey->merged_into);
}

static void add_drops(const struct journey_tree *view)
{
    wmem_allocator_t *pool = view->pinfo->pool;

    for (size_t i = 0; i < view->hops->count; i++) {
        const struct frame_hop *hop = &view->hops->hops[i];

        if (hop->event.packet.dropped)
            proto_item_set_generated(proto_tree_add_string_format(
                view->tree, hf_drop_component, view->record->tvb, 0, 0,
                hop_text_component(hop, pool), "Dropped: %s", hop_text_drop(hop, pool)));
    }
}

static void add_journey(const struct journey_tree *view)
{
    const struct pktmon_journey *journey = &view->hops->journey;
    const nstime_t total = frame_hops_duration(journey->total);

    proto_tree_add_time(view->tree, hf_total, view->record->tvb, 0, 0, &total);
    add_forms(view);
    add_uint(view, hf_hops, journey->observations);
}

/* What became of the frame's bytes, if it has any. */
static void add_bytes(const struct journey_tree *view)
{
    const struct pktmon_journey *journey = &view->hops->journey;

    if (journey->data)
        add_uint(view, hf_bytes_hop, journey->bytes_hop + 1u);
    add_flag(view, hf_composed, journey->composed);
    if (journey->caplen < journey->origlen && !record_has(view->record, PKTMON_FIELD_TRUNCATED))
        fields_add_number(view->tree, view->record, PKTMON_FIELD_TRUNCATED, true);
}

bool journey_tree_wants_bytes(proto_tree *tree)
{
    const int fields[] = {
        hf_changed,     hf_vlan,     hf_tunnel_type, hf_tunnel_source, hf_tunnel_destination,
        hf_tunnel_port, hf_tunnel_id};

    if (!tree)
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++) {
        if (proto_field_is_referenced(tree, fields[i]))
            return true;
    }
    return false;
}

void journey_tree_add(const struct journey_tree *view)
{
    bool is_journey = view->hops->view == PKTMON_VIEW_PACKETS;

    add_path(view);
    journey_add_fate(view->tree, view->record->tvb, view->state);
    if (is_journey)
        add_journey(view);
    add_drops(view);
    journey_add_links(view->tree, view->record->tvb, view->state);
    if (is_journey || record_has(view->record, PKTMON_FIELD_GROUP))
        fields_add_number(view->tree, view->record, PKTMON_FIELD_GROUP, view->hops->journey.group);
    if (proto_field_is_referenced(view->tree, proto_journeys))
        add_hops(view);
    if (is_journey)
        add_bytes(view);
    add_uint(view, hf_view, view->hops->view);
    fields_add_items(view->tree, view->pinfo, view->record, NULL);
    if (view->hops->malformed)
        expert_add_info(view->pinfo, proto_tree_get_parent(view->tree), &ei_journey);
}

void journey_tree_register(int proto)
{
    static hf_register_info fields[] = {
        {&hf_view,
         {"View", "pktmon.view", FT_UINT8, BASE_DEC, VALS(views), 0,
          "What a frame is: a packet with its journey, or one observation of it", HFILL}},
        {&hf_hop,
         {"Hop", "pktmon.hop", FT_STRING, BASE_NONE, NULL, 0,
          "Where the packet was observed, and what happened there", HFILL}},
        {&hf_path,
         {"Path", "pktmon.path", FT_STRING, BASE_NONE, NULL, 0,
          "The way of the packet, in one line", HFILL}},
        {&hf_hops,
         {"Hops", "pktmon.hops", FT_UINT32, BASE_DEC, NULL, 0, "How often the packet was observed",
          HFILL}},
        {&hf_form,
         {"Form", "pktmon.form", FT_UINT32, BASE_DEC, NULL, 0,
          "Which form of the packet this frame is: address translation makes another one", HFILL}},
        {&hf_forms,
         {"Forms", "pktmon.forms", FT_UINT32, BASE_DEC, NULL, 0, "How many forms the packet has",
          HFILL}},
        {&hf_side,
         {"Side", "pktmon.side", FT_UINT8, BASE_DEC, NULL, 0,
          "Side of an address translation: 1 is that of the connection's first packet", HFILL}},
        {&hf_open,
         {"Open", "pktmon.open", FT_BOOLEAN, BASE_NONE, NULL, 0,
          "The packet had not ended when this was written", HFILL}},
        {&hf_continued,
         {"Continued", "pktmon.continued", FT_BOOLEAN, BASE_NONE, NULL, 0,
          "The rest of a journey that was written before it had ended, or that was too long",
          HFILL}},
        {&hf_merged_into,
         {"Merged into", "pktmon.merged_into", FT_UINT64, BASE_DEC, NULL, 0,
          "Group of the packet that this piece became a part of", HFILL}},
        {&hf_bytes_hop,
         {"Bytes of hop", "pktmon.bytes_hop", FT_UINT32, BASE_DEC, NULL, 0,
          "The hop, from 1, that the frame's headers are from", HFILL}},
        {&hf_composed,
         {"Composed", "pktmon.composed", FT_BOOLEAN, BASE_NONE, NULL, 0,
          "The frame's bytes are those of more than one hop", HFILL}},
        {&hf_drop_component,
         {"Dropped by", "pktmon.drop.component", FT_STRING, BASE_NONE, NULL, 0,
          "Component that the packet, or a copy of it, was dropped at", HFILL}},
        {&hf_total,
         {"Total time", "pktmon.total", FT_RELATIVE_TIME, BASE_NONE, NULL, 0,
          "From the first to the last observation of the packet", HFILL}},
        {&hf_changed,
         {"Changed", "pktmon.hop.changed", FT_STRING, BASE_NONE, NULL, 0,
          "What differs from the hop before: MAC, VLAN, tunnel, NAT, new form, TTL, DSCP, "
          "transport, "
          "payload",
          HFILL}},
        {&hf_vlan,
         {"VLAN", "pktmon.hop.vlan", FT_UINT16, BASE_DEC, NULL, 0, "VLAN id of a tag at this hop",
          HFILL}},
        {&hf_tunnel_type,
         {"Type", "pktmon.tunnel.type", FT_STRING, BASE_NONE, NULL, 0,
          "The outermost tunnel that the packet is in at this hop", HFILL}},
        {&hf_tunnel_source,
         {"Source", "pktmon.tunnel.source", FT_STRING, BASE_NONE, NULL, 0,
          "Source address of the tunnel", HFILL}},
        {&hf_tunnel_destination,
         {"Destination", "pktmon.tunnel.destination", FT_STRING, BASE_NONE, NULL, 0,
          "Destination address of the tunnel", HFILL}},
        {&hf_tunnel_port,
         {"Port", "pktmon.tunnel.port", FT_UINT16, BASE_DEC, NULL, 0,
          "Destination port of a tunnel over UDP", HFILL}},
        {&hf_tunnel_id,
         {"Id", "pktmon.tunnel.id", FT_UINT32, BASE_DEC, NULL, 0,
          "VXLAN's or Geneve's network identifier, GRE's key", HFILL}},
    };
    static int *subtrees[] = {&ett_hop, &ett_drop, &ett_pieces, &ett_tunnel, &ett_nbl};
    static ei_register_info infos[] = {
        {&ei_journey,
         {"pktmon.malformed.journey", PI_MALFORMED, PI_ERROR,
          "A part of the packet's journey cannot be read", EXPFILL}},
    };

    proto_journeys = proto;
    proto_register_field_array(proto, fields, G_N_ELEMENTS(fields));
    proto_register_subtree_array(subtrees, G_N_ELEMENTS(subtrees));
    expert_register_field_array(expert_register_protocol(proto), infos, G_N_ELEMENTS(infos));
}
