/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "journey-json.h"

#include <string.h>

#include "journey/form-text.h"
#include "journey/hop-changes.h"
#include "journey-names.h"
#include "journey-text.h"
#include "json-text.h"
#include "model/edges.h"

#define FIELD_PREFIX "pktmon."

#define X(NAME, number, kind, field) [number] = field,
static const char *const field_names[] = {PKTMON_FIELDS(X)};
#undef X

/* --- members --- */

/* A value without a name is shown as a number. */
static void put_named(GString *json, const char *key, const char *name, uint64_t value)
{
    if (name)
        cli_json_put_text(json, key, name);
    else
        cli_json_put_number(json, key, value);
}

static void put_value(GString *json, const char *key, uint64_t value)
{
    if (value != 0)
        cli_json_put_number(json, key, value);
}

static void put_flag(GString *json, const char *key, bool flag)
{
    if (flag)
        cli_json_put_true(json, key);
}

static void put_edge(GString *json, uint16_t edge, const char *given)
{
    cli_json_put_number(json, "edge", edge);
    cli_json_put_text(json, "edge_name", given ? given : edge_common_name(edge));
}

static void put_component(GString *json, const struct cli_json_options *options,
                          const struct pktmon_event *event, const char *name)
{
    cli_json_put_number(json, "component", event->component);
    cli_json_put_text(json, "component_name",
                      cli_component_name(options->registry, event->component, name));
}

/* --- an observation --- */

static void put_nbl(GString *json, const struct pktmon_nbl *nbl)
{
    for (size_t i = 0; nbl && i < nbl->count; i++) {
        const struct pktmon_nbl_value *value = &nbl->values[i];
        enum pktmon_kind kind = pktmon_field_kind(value->field);
        if (kind == PKTMON_KIND_NONE)
            continue;
        g_autofree char *key = g_strdup(field_names[value->field] + strlen(FIELD_PREFIX));
        g_strdelimit(key, ".", '_');
        if (kind == PKTMON_KIND_STRING)
            cli_json_put_text(json, key, value->text);
        else
            cli_json_put_number(json, key, value->number);
    }
}

static void put_drop(GString *json, const struct pktmon_packet *packet)
{
    if (!packet->dropped && !packet->copy_released)
        return;
    put_flag(json, "dropped", packet->dropped);
    put_flag(json, "copy_released", packet->copy_released);
    cli_json_put_text(json, "drop_reason", packet->drop_reason);
    cli_json_put_number(json, "drop_code", packet->drop_code);
    cli_json_put_text(json, "drop_location", packet->drop_location);
    put_value(json, "drop_location_code", packet->drop_location_code);
}

static void put_context(GString *json, const struct pktmon_packet *packet)
{
    if (packet->cpu >= 0)
        cli_json_put_number(json, "cpu", (uint64_t)packet->cpu);
    put_value(json, "pid", packet->pid);
    cli_json_put_text(json, "comm", packet->comm);
    cli_json_put_text(json, "cgroup", packet->cgroup);
    cli_json_put_text(json, "netns", packet->netns);
    if (packet->queue >= 0)
        cli_json_put_number(json, "queue", (uint64_t)packet->queue);
}

/* All but the component, the time and the group. What nearly all hops of a live capture have is
 * left out. */
static void put_observation(GString *json, const struct pktmon_packet *packet,
                            uint32_t usual_length)
{
    put_edge(json, packet->edge, packet->edge_name);
    put_named(json, "direction", cli_direction_name(packet->direction), packet->direction);
    put_value(json, "copy", packet->copy);
    put_value(json, "copy_of", packet->copy_of);
    put_value(json, "appearance", packet->appearance);
    if (packet->packet_number || packet->has_packet_number)
        cli_json_put_number(json, "packet_number", packet->packet_number);
    if (packet->origlen != usual_length)
        cli_json_put_number(json, "length", packet->origlen);
    put_flag(json, "truncated", packet->caplen < packet->origlen);
    put_flag(json, "l2_synthesised", packet->l2_synthesised);
    if (packet->packet_type > PKTMON_PACKET_ETHERNET)
        put_named(json, "packet_type", cli_packet_type_name(packet->packet_type),
                  packet->packet_type);
    if (packet->linked > PKTMON_LINKED_BY_BUFFER)
        put_named(json, "linked", cli_link_name(packet->linked), packet->linked);
    if (packet->filter_id || packet->has_filter_id)
        cli_json_put_number(json, "filter_id", packet->filter_id);
    if (packet->end)
        put_named(json, "end", cli_end_name(packet->end), packet->end);
    put_drop(json, packet);
    put_context(json, packet);
    put_value(json, "gso_size", packet->gso_size);
    put_value(json, "gso_segs", packet->gso_segs);
    put_value(json, "lost", packet->lost);
    put_flag(json, "incomplete", packet->incomplete);
    put_nbl(json, packet->nbl);
}

/* --- what the bytes say --- */

static void put_endpoint(GString *json, const struct journey_tuple *tuple, int which,
                         const char *address_key, const char *port_key)
{
    char address[INET6_ADDRSTRLEN];
    journey_write_address(address, tuple, which);
    cli_json_put_text(json, address_key, address);
    if (journey_has_ports(tuple))
        cli_json_put_number(json, port_key, tuple->ports[which]);
}

static void put_protocol(GString *json, const struct journey_form *form)
{
    const char *name = journey_protocol_name(form);
    char number[sizeof("255")];
    if (!name && form->key.tuple.version) {
        g_snprintf(number, sizeof(number), "%u", form->key.tuple.protocol);
        name = number;
    }
    cli_json_put_text(json, "protocol", name);
}

/* packet: its bytes alone are looked at. */
static void put_bytes(GString *json, const struct cli_json_options *options,
                      const struct pktmon_packet *packet)
{
    struct journey_form form;
    journey_form_read(&form, packet, options->vxlan_port);
    const struct journey_tuple *tuple = &form.key.tuple;
    if (tuple->version) {
        put_endpoint(json, tuple, form.backward, "source", "source_port");
        put_endpoint(json, tuple, !form.backward, "destination", "destination_port");
    }
    put_protocol(json, &form);
    g_autoptr(GString) summary = g_string_new(NULL);
    journey_append_summary(summary, packet, &form);
    cli_json_put_text(json, "summary", summary->str);
}

/* --- a packet --- */

static void put_changes(GString *json, const struct pktmon_journey *journey, size_t index)
{
    const char *changes[HOP_MAX_CHANGES];
    size_t count = hop_changes_in(changes, journey, index);
    if (count == 0)
        return;
    cli_json_open(json, "changed", '[');
    for (size_t i = 0; i < count; i++)
        cli_json_put_text(json, NULL, changes[i]);
    cli_json_close(json, '[');
}

static void put_hop(GString *json, const struct cli_json_options *options,
                    const struct pktmon_journey *journey, size_t index)
{
    const struct pktmon_hop *hop = &journey->hops[index];
    const struct pktmon_event *event = hop->event;
    cli_json_open(json, NULL, '{');
    put_component(json, options, event, hop->name);
    cli_json_put_number(json, "elapsed",
                        event->time > journey->time ? event->time - journey->time : 0);
    put_observation(json, &event->packet, journey->data ? journey->origlen : 0);
    if (hop->count > 1) {
        cli_json_put_number(json, "count", hop->count);
        cli_json_put_number(json, "elapsed_last",
                            hop->last > journey->time ? hop->last - journey->time : 0);
        cli_json_put_number(json, "packet_number_last", hop->last_number);
    }
    put_changes(json, journey, index);
    cli_json_close(json, '{');
}

static void put_journey(GString *json, const struct cli_json_options *options,
                        const struct pktmon_event *event)
{
    const struct pktmon_journey *journey = event->journey;
    const struct pktmon_packet packet = cli_journey_packet(journey);
    cli_json_put_text(json, "record", "packet");
    cli_json_put_text(json, "view", "packets");
    cli_json_put_time(json, "time", journey->time);
    cli_json_put_id(json, "group", journey->group);
    put_bytes(json, options, &packet);
    if (journey->data)
        cli_json_put_number(json, "length", journey->origlen);
    put_flag(json, "truncated", journey->data && journey->caplen < journey->origlen);
    cli_json_put_text(json, "path", journey->path);
    put_named(json, "fate", cli_fate_name(journey->fate), journey->fate);
    cli_json_put_number(json, "total", journey->total);
    put_flag(json, "open", journey->open);
    put_flag(json, "continued", journey->continued);
    cli_json_put_number(json, "form", journey->form);
    cli_json_put_number(json, "forms", journey->forms);
    put_value(json, "side", journey->side);
    if (journey->merged_into)
        cli_json_put_id(json, "merged_into", journey->merged_into);
    put_flag(json, "composed", journey->composed);
    if (!journey->continued)
        cli_json_put_number(json, "bytes_hop", journey->bytes_hop);
    cli_json_put_number(json, "observations", journey->observations);
    cli_json_open(json, "hops", '[');
    for (size_t i = 0; i < journey->hop_count; i++)
        put_hop(json, options, journey, i);
    cli_json_close(json, '[');
}

static void put_appearance(GString *json, const struct cli_json_options *options,
                           const struct pktmon_event *event)
{
    cli_json_put_text(json, "record", "packet");
    cli_json_put_text(json, "view", "appearances");
    cli_json_put_time(json, "time", event->time);
    cli_json_put_id(json, "group", event->packet.group);
    put_bytes(json, options, &event->packet);
    put_component(json, options, event, NULL);
    put_observation(json, &event->packet, 0);
}

/* --- other events --- */

static void put_reasons(GString *json, const struct pktmon_counters *counters)
{
    if (counters->reason_count == 0)
        return;
    cli_json_open(json, "reasons", '[');
    for (size_t i = 0; i < counters->reason_count; i++) {
        const struct pktmon_drop_count *count = &counters->reasons[i];
        cli_json_open(json, NULL, '{');
        cli_json_put_text(json, "drop_reason", count->reason);
        cli_json_put_number(json, "counters_drops_in", count->packets_in);
        cli_json_put_number(json, "counters_drop_bytes_in", count->bytes_in);
        cli_json_put_number(json, "counters_drops_out", count->packets_out);
        cli_json_put_number(json, "counters_drop_bytes_out", count->bytes_out);
        cli_json_close(json, '{');
    }
    cli_json_close(json, '[');
}

static void put_counters(GString *json, const struct cli_json_options *options,
                         const struct pktmon_event *event)
{
    const struct pktmon_counters *counters = &event->counters;
    cli_json_put_text(json, "record", "counters");
    cli_json_put_time(json, "time", event->time);
    put_component(json, options, event, NULL);
    if (counters->has_flow || counters->edge != PKTMON_EDGE_NONE)
        put_edge(json, counters->edge, counters->edge_name);
    if (counters->has_flow) {
        cli_json_put_number(json, "counters_packets_in", counters->packets_in);
        cli_json_put_number(json, "counters_bytes_in", counters->bytes_in);
        cli_json_put_number(json, "counters_packets_out", counters->packets_out);
        cli_json_put_number(json, "counters_bytes_out", counters->bytes_out);
        put_value(json, "counters_taken_back", counters->taken_back);
        put_value(json, "counters_taken_back_bytes", counters->taken_back_bytes);
    }
    if (counters->has_drops) {
        cli_json_put_number(json, "counters_drops_in", counters->drops_in);
        cli_json_put_number(json, "counters_drops_out", counters->drops_out);
        cli_json_put_number(json, "counters_drop_bytes_in", counters->drop_bytes_in);
        cli_json_put_number(json, "counters_drop_bytes_out", counters->drop_bytes_out);
    }
    cli_json_put_text(json, "drop_reason", counters->drop_reason);
    put_value(json, "lost", counters->lost);
    put_reasons(json, counters);
}

static void put_notice(GString *json, const struct cli_json_options *options,
                       const struct pktmon_event *event)
{
    const struct pktmon_notice *notice = &event->notice;
    cli_json_put_text(json, "record", "event");
    cli_json_put_time(json, "time", event->time);
    if (event->component)
        put_component(json, options, event, NULL);
    if (notice->group)
        cli_json_put_id(json, "group", notice->group);
    cli_json_put_text(json, "event_provider", notice->provider);
    cli_json_put_number(json, "event_id", notice->id);
    put_named(json, "event_level", cli_level_name(notice->level), notice->level);
    cli_json_put_text(json, "event_message", notice->message);
}

bool cli_json_append_event(GString *json, const struct cli_json_options *options,
                           const struct pktmon_event *event)
{
    static void (*const put[])(GString *, const struct cli_json_options *,
                               const struct pktmon_event *) = {
        [PKTMON_RECORD_JOURNEY] = put_journey,
        [PKTMON_RECORD_PACKET] = put_appearance,
        [PKTMON_RECORD_COUNTERS] = put_counters,
        [PKTMON_RECORD_EVENT] = put_notice,
    };
    if (event->record >= G_N_ELEMENTS(put) || !put[event->record])
        return false;
    cli_json_open(json, NULL, '{');
    put[event->record](json, options, event);
    if (options->capture_id)
        cli_json_put_id(json, "capture_id", options->capture_id);
    cli_json_close(json, '{');
    g_string_append_c(json, '\n');
    return true;
}
