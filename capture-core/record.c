/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "record.h"
#include "plural.h"

#define MAC_PROPERTY  "MAC"
#define MAC_TEXT_SIZE sizeof("00:00:00:00:00:00")

/* The usual name of an edge, where the event gives none. */
static const char *edge_name(uint16_t edge, const char *given)
{
    static const char *const usual[] = {
        [PKTMON_EDGE_UPPER] = "Upper",
        [PKTMON_EDGE_LOWER] = "Lower",
    };

    if (given)
        return given;
    return edge < G_N_ELEMENTS(usual) ? usual[edge] : NULL;
}

/* For fields where 0 means that there is no value. */
static void put_value(struct pktmon_metadata_writer *writer, enum pktmon_field field,
                      uint64_t value)
{
    if (value != 0)
        pktmon_metadata_put(writer, field, value);
}

static void put_edge(struct pktmon_metadata_writer *writer, uint16_t edge, const char *name)
{
    pktmon_metadata_put(writer, PKTMON_FIELD_EDGE, edge);
    pktmon_metadata_put_string(writer, PKTMON_FIELD_EDGE_NAME, edge_name(edge, name));
}

static void put_drop(struct pktmon_metadata_writer *writer, const struct pktmon_packet *packet)
{
    if (!packet->dropped && !packet->copy_released)
        return;
    put_value(writer, PKTMON_FIELD_DROPPED, packet->dropped);
    put_value(writer, PKTMON_FIELD_COPY_RELEASED, packet->copy_released);
    pktmon_metadata_put_string(writer, PKTMON_FIELD_DROP_REASON, packet->drop_reason);
    pktmon_metadata_put(writer, PKTMON_FIELD_DROP_CODE, packet->drop_code);
    pktmon_metadata_put_string(writer, PKTMON_FIELD_DROP_LOCATION, packet->drop_location);
    put_value(writer, PKTMON_FIELD_DROP_LOCATION_CODE, packet->drop_location_code);
}

static void put_context(struct pktmon_metadata_writer *writer, const struct pktmon_packet *packet)
{
    if (packet->cpu >= 0)
        pktmon_metadata_put(writer, PKTMON_FIELD_CPU, packet->cpu);
    put_value(writer, PKTMON_FIELD_PID, packet->pid);
    pktmon_metadata_put_string(writer, PKTMON_FIELD_COMM, packet->comm);
    pktmon_metadata_put_string(writer, PKTMON_FIELD_CGROUP, packet->cgroup);
    pktmon_metadata_put_string(writer, PKTMON_FIELD_NETNS, packet->netns);
}

static void put_nbl(struct pktmon_metadata_writer *writer, const struct pktmon_nbl *nbl)
{
    for (size_t i = 0; nbl && i < nbl->count; i++) {
        const struct pktmon_nbl_value *value = &nbl->values[i];

        if (pktmon_field_kind(value->field) == PKTMON_KIND_STRING)
            pktmon_metadata_put_string(writer, value->field, value->text);
        else
            pktmon_metadata_put(writer, value->field, value->number);
    }
}

void pktmon_record_put_packet(struct pktmon_metadata_writer *writer,
                              const struct pktmon_event *event)
{
    const struct pktmon_packet *packet = &event->packet;

    pktmon_metadata_put(writer, PKTMON_FIELD_COMPONENT, event->component);
    put_edge(writer, packet->edge, packet->edge_name);
    pktmon_metadata_put(writer, PKTMON_FIELD_DIRECTION, packet->direction);
    pktmon_metadata_put(writer, PKTMON_FIELD_GROUP, packet->group);
    pktmon_metadata_put(writer, PKTMON_FIELD_APPEARANCE, packet->appearance);
    put_value(writer, PKTMON_FIELD_PACKET_NUMBER, packet->packet_number);
    put_value(writer, PKTMON_FIELD_COPY, packet->copy);
    put_value(writer, PKTMON_FIELD_COPY_OF, packet->copy_of);
    put_value(writer, PKTMON_FIELD_LINKED, packet->linked);
    put_value(writer, PKTMON_FIELD_PACKET_TYPE, packet->packet_type);
    put_value(writer, PKTMON_FIELD_FILTER_ID, packet->filter_id);
    put_value(writer, PKTMON_FIELD_GOOD_END, packet->end);
    put_value(writer, PKTMON_FIELD_INCOMPLETE, packet->incomplete);
    put_drop(writer, packet);
    put_context(writer, packet);
    put_value(writer, PKTMON_FIELD_GSO_SIZE, packet->gso_size);
    put_value(writer, PKTMON_FIELD_GSO_SEGS, packet->gso_segs);
    put_value(writer, PKTMON_FIELD_L2_SYNTHESISED, packet->l2_synthesised);
    put_value(writer, PKTMON_FIELD_LOST, packet->lost);
    put_nbl(writer, packet->nbl);
}

/* A reading of zero is a value. */
void pktmon_record_put_counters(struct pktmon_metadata_writer *writer,
                                const struct pktmon_event *event)
{
    const struct pktmon_counters *counters = &event->counters;

    pktmon_metadata_put(writer, PKTMON_FIELD_COMPONENT, event->component);
    if (counters->has_flow || counters->edge != PKTMON_EDGE_NONE)
        put_edge(writer, counters->edge, counters->edge_name);
    if (counters->has_flow) {
        pktmon_metadata_put(writer, PKTMON_FIELD_PACKETS_IN, counters->packets_in);
        pktmon_metadata_put(writer, PKTMON_FIELD_BYTES_IN, counters->bytes_in);
        pktmon_metadata_put(writer, PKTMON_FIELD_PACKETS_OUT, counters->packets_out);
        pktmon_metadata_put(writer, PKTMON_FIELD_BYTES_OUT, counters->bytes_out);
    }
    if (counters->has_drops) {
        pktmon_metadata_put(writer, PKTMON_FIELD_DROPS_IN, counters->drops_in);
        pktmon_metadata_put(writer, PKTMON_FIELD_DROPS_OUT, counters->drops_out);
        pktmon_metadata_put(writer, PKTMON_FIELD_DROP_BYTES_IN, counters->drop_bytes_in);
        pktmon_metadata_put(writer, PKTMON_FIELD_DROP_BYTES_OUT, counters->drop_bytes_out);
    }
    pktmon_metadata_put_string(writer, PKTMON_FIELD_DROP_REASON, counters->drop_reason);
    put_value(writer, PKTMON_FIELD_LOST, counters->lost);
}

void pktmon_record_put_notice(struct pktmon_metadata_writer *writer,
                              const struct pktmon_event *event)
{
    const struct pktmon_notice *notice = &event->notice;

    put_value(writer, PKTMON_FIELD_COMPONENT, event->component);
    put_value(writer, PKTMON_FIELD_GROUP, notice->group);
    pktmon_metadata_put_string(writer, PKTMON_FIELD_EVENT_PROVIDER, notice->provider);
    pktmon_metadata_put(writer, PKTMON_FIELD_EVENT_ID, notice->id);
    pktmon_metadata_put(writer, PKTMON_FIELD_EVENT_LEVEL, notice->level);
    pktmon_metadata_put_string(writer, PKTMON_FIELD_EVENT_MESSAGE, notice->message);
}

void pktmon_record_put_filter(struct pktmon_metadata_writer *writer,
                              const struct pktmon_filter_description *filter)
{
    pktmon_metadata_put(writer, PKTMON_FIELD_FILTER_ID, filter->id);
    pktmon_metadata_put_string(writer, PKTMON_FIELD_FILTER_NAME, filter->name);
    pktmon_metadata_put_string(writer, PKTMON_FIELD_FILTER_TEXT, filter->text);
}

/* Both of the pair or none of it, so that a full record keeps its pairs. */
static void put_property(struct pktmon_metadata_writer *writer, const char *name, const char *value)
{
    size_t before = writer->length;
    bool overflow = writer->overflow;

    writer->overflow = false;
    pktmon_metadata_put_string(writer, PKTMON_FIELD_PROPERTY_NAME, name);
    pktmon_metadata_put_string(writer, PKTMON_FIELD_PROPERTY_VALUE, value);
    if (writer->overflow)
        writer->length = before;
    writer->overflow |= overflow;
}

static const char *mac_text(const struct pktmon_component *component, char text[MAC_TEXT_SIZE])
{
    const uint8_t *mac = component->mac;

    g_snprintf(text, MAC_TEXT_SIZE, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
               mac[4], mac[5]);
    return text;
}

void pktmon_record_put_component(struct pktmon_metadata_writer *writer,
                                 const struct pktmon_component *component)
{
    char mac[MAC_TEXT_SIZE];

    pktmon_metadata_put(writer, PKTMON_FIELD_COMPONENT, component->id);
    pktmon_metadata_put_string(writer, PKTMON_FIELD_COMPONENT_NAME, component->name);
    pktmon_metadata_put_string(writer, PKTMON_FIELD_COMPONENT_DESCRIPTION, component->description);
    pktmon_metadata_put_string(writer, PKTMON_FIELD_COMPONENT_TYPE, component->type);
    put_value(writer, PKTMON_FIELD_COMPONENT_PARENT, component->parent);
    pktmon_metadata_put_string(writer, PKTMON_FIELD_NETNS, component->netns);
    if (component->has_mac && !pktmon_component_property(component, MAC_PROPERTY))
        put_property(writer, MAC_PROPERTY, mac_text(component, mac));
    for (guint i = 0; i < component->properties->len; i++) {
        const struct pktmon_property *property = g_ptr_array_index(component->properties, i);

        put_property(writer, property->name, property->value);
    }
}

void pktmon_record_put_capture(struct pktmon_metadata_writer *writer,
                               const struct pktmon_capture *capture)
{
    pktmon_metadata_put_string(writer, PKTMON_FIELD_CAPTURE_OS, capture->os);
    pktmon_metadata_put_string(writer, PKTMON_FIELD_CAPTURE_HOST, capture->host);
    pktmon_metadata_put_string(writer, PKTMON_FIELD_CAPTURE_RELEASE, capture->release);
    pktmon_metadata_put_string(writer, PKTMON_FIELD_CAPTURE_PROVIDER, capture->provider);
    for (guint i = 0; i < capture->missing->len; i++)
        pktmon_metadata_put_string(writer, PKTMON_FIELD_CAPTURE_MISSING,
                                   g_ptr_array_index(capture->missing, i));
}

/* " eth0 lower" */
static void put_place(GString *line, const char *name, uint16_t edge, const char *given)
{
    const char *text = edge_name(edge, given);
    g_autofree char *lower = text ? g_ascii_strdown(text, -1) : NULL;

    g_string_append_printf(line, " %s", name);
    if (lower)
        g_string_append_printf(line, " %s", lower);
}

static void put_amounts(GString *line, const char *what, const uint64_t in[2],
                        const uint64_t out[2])
{
    g_string_append_printf(
        line,
        "%s in %" G_GUINT64_FORMAT " %s %" G_GUINT64_FORMAT " %s, out %" G_GUINT64_FORMAT
        " %s %" G_GUINT64_FORMAT " %s",
        what, in[0], PLURAL(in[0], "packet", "packets"), in[1], PLURAL(in[1], "byte", "bytes"),
        out[0], PLURAL(out[0], "packet", "packets"), out[1], PLURAL(out[1], "byte", "bytes"));
}

void pktmon_line_put_counters(GString *line, const char *name, const struct pktmon_event *event)
{
    const struct pktmon_counters *counters = &event->counters;
    const uint64_t in[] = {counters->packets_in, counters->bytes_in};
    const uint64_t out[] = {counters->packets_out, counters->bytes_out};
    const uint64_t drops_in[] = {counters->drops_in, counters->drop_bytes_in};
    const uint64_t drops_out[] = {counters->drops_out, counters->drop_bytes_out};

    g_string_append(line, "counters");
    put_place(line, name, counters->edge, counters->edge_name);
    if (counters->has_flow)
        put_amounts(line, ":", in, out);
    if (counters->has_drops)
        put_amounts(line, counters->has_flow ? "; dropped" : ": dropped", drops_in, drops_out);
    if (counters->drop_reason)
        g_string_append_printf(line, ", newest %s", counters->drop_reason);
    if (counters->lost > 0)
        g_string_append_printf(line, "; %" G_GUINT64_FORMAT " %s lost", counters->lost,
                               PLURAL(counters->lost, "event", "events"));
}

void pktmon_line_put_notice(GString *line, const char *name, const struct pktmon_event *event)
{
    const struct pktmon_notice *notice = &event->notice;

    g_string_append_printf(line, "event %s %u", notice->provider ? notice->provider : "",
                           notice->id);
    if (event->component != 0)
        g_string_append_printf(line, " %s", name);
    g_string_append_printf(line, ": %s", notice->message ? notice->message : "");
}

void pktmon_line_put_filter(GString *line, const struct pktmon_filter_description *filter)
{
    g_string_append_printf(line, "filter %u", filter->id);
    if (filter->name)
        g_string_append_printf(line, " %s", filter->name);
    g_string_append_printf(line, ": %s", filter->text ? filter->text : "");
}

void pktmon_line_put_component(GString *line, const struct pktmon_component *component)
{
    char mac[MAC_TEXT_SIZE];

    g_string_append_printf(line, "component %u", component->id);
    if (component->name)
        g_string_append_printf(line, " %s", component->name);
    if (component->type)
        g_string_append_printf(line, " (%s)", component->type);
    if (component->has_mac)
        g_string_append_printf(line, " MAC %s", mac_text(component, mac));
    if (component->parent != 0)
        g_string_append_printf(line, " parent %u", component->parent);
    if (component->netns)
        g_string_append_printf(line, " in %s", component->netns);
    if (component->description)
        g_string_append_printf(line, ": %s", component->description);
}

void pktmon_line_put_capture(GString *line, const struct pktmon_capture *capture)
{
    g_string_append(line, "capture");
    if (capture->host)
        g_string_append_printf(line, " of %s", capture->host);
    if (capture->os)
        g_string_append_printf(line, ", %s", capture->os);
    if (capture->release)
        g_string_append_printf(line, " %s", capture->release);
    if (capture->provider)
        g_string_append_printf(line, ", provider %s", capture->provider);
    for (guint i = 0; i < capture->missing->len; i++)
        g_string_append_printf(line, "%s %s", i == 0 ? "; missing:" : ";",
                               (const char *)g_ptr_array_index(capture->missing, i));
}

const char *pktmon_drop_comment(char text[PKTMON_COMMENT_SIZE], const char *name,
                                const struct pktmon_packet *packet)
{
    char code[sizeof("reason 4294967295")];
    char location_code[sizeof(" (0xE0001234)")] = "";

    g_snprintf(code, sizeof(code), "reason %u", packet->drop_code);
    if (packet->drop_location_code)
        g_snprintf(location_code, sizeof(location_code), " (0x%08X)", packet->drop_location_code);
    g_snprintf(text, PKTMON_COMMENT_SIZE, "Dropped by %s: %s%s%s%s", name,
               packet->drop_reason ? packet->drop_reason : code,
               packet->drop_location ? " at " : "",
               packet->drop_location ? packet->drop_location : "", location_code);
    return text;
}
