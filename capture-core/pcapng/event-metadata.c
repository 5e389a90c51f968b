/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "event-metadata.h"

#include <inttypes.h>

#include "event-fields.h"
#include "model/edges.h"
#include "model/plural.h"
#include "pcapng-blocks.h"

#define MAC_TEXT_SIZE sizeof("00:00:00:00:00:00")

static const char *name_of_edge(uint16_t edge, const char *given)
{
    return given ? given : edge_common_name(edge);
}

/* For fields in which 0 means "no value". */
static void put_value(struct pktmon_metadata_writer *writer, enum pktmon_field field,
                      uint64_t value)
{
    if (value != 0)
        pktmon_metadata_put(writer, field, value);
}

/* For fields in which 0 is a value if known says so. */
static void put_known(struct pktmon_metadata_writer *writer, enum pktmon_field field,
                      uint64_t value, bool known)
{
    if (value != 0 || known)
        pktmon_metadata_put(writer, field, value);
}

static void put_edge(struct pktmon_metadata_writer *writer, uint16_t edge, const char *name)
{
    pktmon_metadata_put(writer, PKTMON_FIELD_EDGE, edge);
    pktmon_metadata_put_string(writer, PKTMON_FIELD_EDGE_NAME, name_of_edge(edge, name));
}

/* Of a row of event-fields.h, in a function whose event is "from". */
#define PUT_ALWAYS(FIELD, member) pktmon_metadata_put(writer, PKTMON_FIELD_##FIELD, from->member);
#define PUT_VALUE(FIELD, member)  put_value(writer, PKTMON_FIELD_##FIELD, from->member);
#define PUT_KNOWN(FIELD, member, known)                                                            \
    put_known(writer, PKTMON_FIELD_##FIELD, from->member, from->known);
#define PUT_TEXT(FIELD, member)                                                                    \
    pktmon_metadata_put_string(writer, PKTMON_FIELD_##FIELD, from->member);

static void put_drop(struct pktmon_metadata_writer *writer, const struct pktmon_packet *from)
{
    if (from->dropped || from->copy_released) {
        EVENT_DROP_FIELDS(PUT_ALWAYS, PUT_VALUE, PUT_TEXT)
    }
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

void pcapng_record_put_packet(struct pktmon_metadata_writer *writer,
                              const struct pktmon_event *event)
{
    const struct pktmon_packet *from = &event->packet;

    pktmon_metadata_put(writer, PKTMON_FIELD_COMPONENT, event->component);
    put_edge(writer, from->edge, from->edge_name);
    EVENT_PACKET_FIELDS(PUT_ALWAYS, PUT_VALUE, PUT_KNOWN)
    put_drop(writer, from);
    if (from->cpu >= 0)
        pktmon_metadata_put(writer, PKTMON_FIELD_CPU, from->cpu);
    EVENT_CONTEXT_FIELDS(PUT_VALUE, PUT_TEXT)
    put_nbl(writer, from->nbl);
}

/* A reading of zero is a value. */
void pcapng_record_put_counters(struct pktmon_metadata_writer *writer,
                                const struct pktmon_event *event)
{
    const struct pktmon_counters *from = &event->counters;

    pktmon_metadata_put(writer, PKTMON_FIELD_COMPONENT, event->component);
    if (from->has_flow || from->edge != PKTMON_EDGE_NONE)
        put_edge(writer, from->edge, from->edge_name);
    if (from->has_flow) {
        EVENT_FLOW_FIELDS(PUT_ALWAYS, PUT_VALUE)
    }
    if (from->has_drops) {
        EVENT_DROPS_FIELDS(PUT_ALWAYS)
    }
    EVENT_READING_FIELDS(PUT_VALUE, PUT_TEXT)
}

void pcapng_record_put_notice(struct pktmon_metadata_writer *writer,
                              const struct pktmon_event *event)
{
    const struct pktmon_notice *from = &event->notice;

    put_value(writer, PKTMON_FIELD_COMPONENT, event->component);
    EVENT_NOTICE_FIELDS(PUT_ALWAYS, PUT_VALUE, PUT_TEXT)
}

void pcapng_record_put_filter(struct pktmon_metadata_writer *writer,
                              const struct pktmon_filter_description *from)
{
    EVENT_FILTER_FIELDS(PUT_ALWAYS, PUT_TEXT)
}

/* Writes both of the pair or neither, so that a full record keeps its pairs. */
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

static void put_speed(struct pktmon_metadata_writer *writer, uint64_t speed)
{
    char text[sizeof("18446744073709551615")];

    g_snprintf(text, sizeof(text), "%" G_GUINT64_FORMAT, speed);
    put_property(writer, EVENT_SPEED_PROPERTY, text);
}

static const char *mac_text(const struct pktmon_component *component, char text[MAC_TEXT_SIZE])
{
    const uint8_t *mac = component->mac;

    g_snprintf(text, MAC_TEXT_SIZE, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
               mac[4], mac[5]);
    return text;
}

void pcapng_record_put_component(struct pktmon_metadata_writer *writer,
                                 const struct pktmon_component *from)
{
    char mac[MAC_TEXT_SIZE];

    pktmon_metadata_put(writer, PKTMON_FIELD_COMPONENT, from->id);
    EVENT_COMPONENT_FIELDS(PUT_VALUE, PUT_TEXT)
    if (from->has_mac && !pktmon_component_property(from, EVENT_MAC_PROPERTY))
        put_property(writer, EVENT_MAC_PROPERTY, mac_text(from, mac));
    if (from->speed > 0 && !pktmon_component_property(from, EVENT_SPEED_PROPERTY))
        put_speed(writer, from->speed);
    for (guint i = 0; i < from->properties->len; i++) {
        const struct pktmon_property *property = g_ptr_array_index(from->properties, i);

        put_property(writer, property->name, property->value);
    }
}

void pcapng_record_put_capture(struct pktmon_metadata_writer *writer,
                               const struct pktmon_capture_info *from)
{
    EVENT_CAPTURE_FIELDS(PUT_TEXT)
    for (guint i = 0; i < from->missing->len; i++)
        pktmon_metadata_put_string(writer, PKTMON_FIELD_CAPTURE_MISSING,
                                   g_ptr_array_index(from->missing, i));
}

uint32_t pcapng_direction_flags(const struct pktmon_packet *packet)
{
    static const uint8_t of_traffic[] = {
        [PKTMON_TRAFFIC_INBOUND] = PKTMON_PCAPNG_INBOUND,
        [PKTMON_TRAFFIC_OUTBOUND] = PKTMON_PCAPNG_OUTBOUND,
        [PKTMON_TRAFFIC_THROUGH] = 0,
    };
    static const uint8_t of_direction[] = {
        [PKTMON_DIRECTION_IN] = PKTMON_PCAPNG_INBOUND,
        [PKTMON_DIRECTION_OUT] = PKTMON_PCAPNG_OUTBOUND,
        [PKTMON_DIRECTION_RX] = PKTMON_PCAPNG_INBOUND,
        [PKTMON_DIRECTION_TX] = PKTMON_PCAPNG_OUTBOUND,
        [PKTMON_DIRECTION_INGRESS] = PKTMON_PCAPNG_INBOUND,
        [PKTMON_DIRECTION_EGRESS] = PKTMON_PCAPNG_OUTBOUND,
    };

    if (packet->traffic != PKTMON_TRAFFIC_AS_DIRECTION)
        return of_traffic[packet->traffic];
    return packet->direction < G_N_ELEMENTS(of_direction) ? of_direction[packet->direction] : 0;
}

/* " eth0 lower" */
static void put_place(GString *line, const char *name, uint16_t edge, const char *given)
{
    const char *text = name_of_edge(edge, given);
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

void pcapng_line_put_counters(GString *line, const char *name, const struct pktmon_event *event)
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
    if (counters->taken_back > 0)
        g_string_append_printf(line, ", taken back %" G_GUINT64_FORMAT, counters->taken_back);
    if (counters->has_drops)
        put_amounts(line, counters->has_flow ? "; dropped" : ": dropped", drops_in, drops_out);
    if (counters->drop_reason)
        g_string_append_printf(line, ", newest %s", counters->drop_reason);
    if (counters->lost > 0)
        g_string_append_printf(line, "; %" G_GUINT64_FORMAT " %s lost", counters->lost,
                               PLURAL(counters->lost, "event", "events"));
}

void pcapng_line_put_notice(GString *line, const char *name, const struct pktmon_event *event)
{
    const struct pktmon_notice *notice = &event->notice;

    g_string_append_printf(line, "event %s %u", notice->provider ? notice->provider : "",
                           notice->id);
    if (event->component != 0)
        g_string_append_printf(line, " %s", name);
    g_string_append_printf(line, ": %s", notice->message ? notice->message : "");
}

void pcapng_line_put_filter(GString *line, const struct pktmon_filter_description *filter)
{
    g_string_append_printf(line, "filter %u", filter->id);
    if (filter->name)
        g_string_append_printf(line, " %s", filter->name);
    g_string_append_printf(line, ": %s", filter->text ? filter->text : "");
}

void pcapng_line_put_component(GString *line, const struct pktmon_component *component)
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

void pcapng_line_put_capture(GString *line, const struct pktmon_capture_info *capture)
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

const char *pcapng_drop_comment(char text[PKTMON_COMMENT_SIZE], const char *name,
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

void pcapng_drops_add(struct pcapng_drops *drops, const char *name,
                      const struct pktmon_packet *packet, uint32_t count)
{
    char text[PKTMON_COMMENT_SIZE];

    if (!packet->dropped)
        return;
    if (drops->count++ >= PCAPNG_DROPS_MAX) {
        drops->more += count;
        return;
    }
    g_string_append_printf(drops->text, "%s%s", drops->text->len > 0 ? "; " : "",
                           pcapng_drop_comment(text, name, packet));
    if (count > 1)
        g_string_append_printf(drops->text, " (%u pieces)", count);
}

const char *pcapng_drops_end(struct pcapng_drops *drops)
{
    if (drops->more > 0)
        g_string_append_printf(drops->text, "; and %" PRIu64 " more", drops->more);
    return drops->count > 0 ? drops->text->str : NULL;
}
