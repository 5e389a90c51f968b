/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Delivery of events in the order of time, and of packets in their groups. */
#include "pcap-delivery.h"

#include <glib.h>
#include <string.h>

#include "groups.h"
#include "link-layer.h"
#include "model/clock.h"
#include "model/edges.h"
#include "order.h"
#include "packet-content.h"
#include "pcap-state.h"
#include "providers/netdev/topology.h"
#include "providers/pcap/pcap-protocol.h"

uint64_t pcap_monotonic(const struct pcap_provider *provider, uint64_t time)
{
    /* A change of the clock must not put packets into the future. */
    return MIN(time - (uint64_t)provider->clock_offset, clock_monotonic());
}

static struct pcap_waiting *push(struct pcap_provider *provider, enum pktmon_record record,
                                 uint32_t component, const void *payload, size_t size)
{
    const struct pktmon_event event = {
        .record = record, .time = clock_monotonic(), .component = component};

    return pcap_order_add(provider->order, &event, 0, payload, size);
}

void pcap_push_component(struct pcap_provider *provider, uint32_t component)
{
    push(provider, PKTMON_RECORD_COMPONENT, component, NULL, 0);
}

void pcap_push_retired(struct pcap_provider *provider, uint32_t component)
{
    push(provider, PKTMON_RECORD_RETIRED, component, NULL, 0);
}

void pcap_push_counters(struct pcap_provider *provider, uint32_t component,
                        const struct pktmon_counters *counters)
{
    struct pcap_waiting *waiting =
        push(provider, PKTMON_RECORD_COUNTERS, component, counters->reasons,
             counters->reason_count * sizeof(*counters->reasons));

    waiting->event.counters = *counters;
    waiting->event.counters.reasons = (const struct pktmon_drop_count *)waiting->payload;
}

void pcap_push_notice(struct pcap_provider *provider, enum pktmon_notice_id id,
                      enum pktmon_level level, uint32_t component, const char *format, ...)
{
    g_autofree char *message = NULL;
    struct pcap_waiting *waiting;
    va_list arguments;

    va_start(arguments, format);
    message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    waiting = push(provider, PKTMON_RECORD_EVENT, component, message, strlen(message) + 1);
    waiting->event.notice = (struct pktmon_notice){
        .provider = "pktmon", .id = id, .level = level, .message = (const char *)waiting->payload};
}

/* The start of the room for a link header, which precedes the bytes. */
static uint8_t *with_room(uint8_t *bytes)
{
    return bytes - PCAP_MAX_GROWTH;
}

void pcap_push_packet(struct pcap_provider *provider, const struct pcap_device *device,
                      const struct pcap_agent_message *message, uint8_t *bytes)
{
    struct pktmon_event event = {.record = PKTMON_RECORD_PACKET,
                                 .time = pcap_monotonic(provider, message->time)};
    struct pktmon_packet *packet = &event.packet;
    struct pcap_waiting *waiting;
    size_t offset;

    if (!pcap_fill_frame(packet, message->link, bytes, message->size,
                         (uint32_t)MIN(message->number, UINT32_MAX / 2)))
        return;
    event.component = device->component;
    packet->edge = PKTMON_EDGE_LOWER;
    packet->edge_name = edge_name(packet->edge);
    packet->direction = message->direction;
    packet->packet_type = PKTMON_PACKET_ETHERNET;
    packet->cpu = -1;
    packet->queue = -1;
    offset = packet->data - with_room(bytes);
    waiting = pcap_order_add(provider->order, &event, device->rank, with_room(bytes),
                             PCAP_MAX_GROWTH + message->size);
    waiting->ifindex = message->ifindex;
    waiting->event.packet.data = waiting->payload + offset;
}

static void complete_packet(struct pcap_provider *provider, struct pcap_waiting *waiting)
{
    struct pcap_device *device =
        g_hash_table_lookup(provider->devices, GUINT_TO_POINTER(waiting->ifindex));
    struct pktmon_packet *packet = &waiting->event.packet;
    const struct pcap_content content = pcap_content_of(packet->data, packet->caplen);
    uint64_t place = (uint64_t)waiting->event.component << 8 | packet->direction;
    struct pcap_membership membership =
        pcap_groups_join(provider->groups, provider->newest, &content, place,
                         packet->origlen - MIN(packet->origlen, content.network));

    packet->group = membership.group;
    packet->appearance = membership.appearance;
    packet->repeats = membership.repeats;
    packet->linked = membership.appearance > 1 ? PKTMON_LINKED_BY_CONTENT : 0;
    if (device && device->pending_lost > 0 && waiting->event.time > device->pending_time) {
        packet->lost = device->pending_lost;
        device->pending_lost = 0;
    }
    if (provider->options.pkt_size)
        packet->caplen = MIN(packet->caplen, provider->options.pkt_size);
}

static gboolean is_retired(void *key, void *value, void *data)
{
    const struct pcap_device *device = value;

    (void)key;
    return device->is_retired && device->component == GPOINTER_TO_UINT(data);
}

/* Unless another device has taken its place. */
static void forget_device(struct pcap_provider *provider, uint32_t component)
{
    g_hash_table_foreach_remove(provider->devices, is_retired, GUINT_TO_POINTER(component));
    netdev_forget_component(provider->topology, component);
}

void pcap_deliver(struct pcap_provider *provider, uint64_t time)
{
    struct pcap_waiting *waiting;

    while ((waiting = pcap_order_take(provider->order, time))) {
        /* Times never decrease, even for an event that came too late to be sorted. */
        provider->newest = MAX(provider->newest, waiting->event.time);
        if (waiting->event.record == PKTMON_RECORD_PACKET)
            complete_packet(provider, waiting);
        waiting->event.time = provider->newest + (uint64_t)provider->offset;
        provider->base.sink->event(provider->base.sink, &waiting->event);
        if (waiting->event.record == PKTMON_RECORD_RETIRED)
            forget_device(provider, waiting->event.component);
        g_free(waiting);
    }
}

void pcap_tell_loss(struct pcap_provider *provider, uint64_t from, uint64_t until)
{
    const uint64_t offset = (uint64_t)provider->offset;
    const struct pktmon_event event = {
        .record = PKTMON_RECORD_EVENT,
        .time = provider->newest + offset,
        .notice = {.provider = "pktmon",
                   .id = PKTMON_NOTICE_LOST,
                   .level = PKTMON_LEVEL_WARNING,
                   .message =
                       "Packets did not fit in the buffer: choose a larger buffer size, or a "
                       "smaller packet size.",
                   .from = from + offset,
                   .until = until + offset},
    };

    provider->base.sink->event(provider->base.sink, &event);
}
