/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events in the order of time, and packets in their groups. */
#include <string.h>

#include "clock.h"
#include "link_layer.h"
#include "pcap_provider.h"

uint64_t pcap_monotonic(const struct pcap_provider *provider, uint64_t time)
{
    /* Whoever sets the clock must not make packets of the future. */
    return MIN(time - (uint64_t)provider->clock_offset, pktmon_clock_monotonic());
}

static struct waiting *push(struct pcap_provider *provider, enum pktmon_record record,
                            uint32_t component, const void *payload, size_t size)
{
    const struct pktmon_event event = {
        .record = record, .time = pktmon_clock_monotonic(), .component = component};

    return order_add(provider->order, &event, 0, payload, size);
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
    struct waiting *waiting = push(provider, PKTMON_RECORD_COUNTERS, component, counters->reasons,
                                   counters->reason_count * sizeof(*counters->reasons));

    waiting->event.counters = *counters;
    waiting->event.counters.reasons = (const struct pktmon_drop_count *)waiting->payload;
}

void pcap_push_notice(struct pcap_provider *provider, enum pktmon_notice_id id,
                      enum pktmon_level level, uint32_t component, const char *format, ...)
{
    g_autofree char *message = NULL;
    struct waiting *waiting;
    va_list arguments;

    va_start(arguments, format);
    message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    waiting = push(provider, PKTMON_RECORD_EVENT, component, message, strlen(message) + 1);
    waiting->event.notice = (struct pktmon_notice){
        .provider = "pktmon", .id = id, .level = level, .message = (const char *)waiting->payload};
}

/* Room for a link header comes before the bytes. */
static uint8_t *with_room(uint8_t *bytes)
{
    return bytes - LINK_LAYER_MAX_GROWTH;
}

void pcap_push_packet(struct pcap_provider *provider, const struct pcap_device *device,
                      const struct pcap_agent_message *message, uint8_t *bytes)
{
    struct pktmon_event event = {.record = PKTMON_RECORD_PACKET,
                                 .time = pcap_monotonic(provider, message->time)};
    struct pktmon_packet *packet = &event.packet;
    struct waiting *waiting;
    size_t offset;

    if (!link_layer_frame(packet, message->link, bytes, message->size,
                          (uint32_t)MIN(message->number, UINT32_MAX / 2)))
        return;
    event.component = device->component;
    packet->edge = PKTMON_EDGE_LOWER;
    packet->edge_name = "Lower";
    packet->direction = message->direction;
    packet->packet_type = PKTMON_PACKET_ETHERNET;
    packet->cpu = -1;
    packet->queue = -1;
    offset = packet->data - with_room(bytes);
    waiting = order_add(provider->order, &event, device->rank, with_room(bytes),
                        LINK_LAYER_MAX_GROWTH + message->size);
    waiting->ifindex = message->ifindex;
    waiting->event.packet.data = waiting->payload + offset;
}

static void complete_packet(struct pcap_provider *provider, struct waiting *waiting)
{
    struct pcap_device *device =
        g_hash_table_lookup(provider->devices, GUINT_TO_POINTER(waiting->ifindex));
    struct pktmon_packet *packet = &waiting->event.packet;
    const struct content content = content_of(packet->data, packet->caplen);
    uint64_t place = (uint64_t)waiting->event.component << 8 | packet->direction;
    struct membership membership = groups_join(provider->groups, provider->newest, &content, place);

    packet->group = membership.group;
    packet->appearance = membership.appearance;
    packet->linked = membership.appearance > 1 ? PKTMON_LINKED_BY_CONTENT : 0;
    if (device && device->pending_lost > 0 && waiting->event.time > device->pending_time) {
        packet->lost = device->pending_lost;
        device->pending_lost = 0;
    }
    if (provider->options.pkt_size)
        packet->caplen = MIN(packet->caplen, provider->options.pkt_size);
}

void pcap_deliver(struct pcap_provider *provider, uint64_t time)
{
    struct waiting *waiting;

    while ((waiting = order_take(provider->order, time))) {
        /* What came too late to be put in order does not go back in time. */
        provider->newest = MAX(provider->newest, waiting->event.time);
        if (waiting->event.record == PKTMON_RECORD_PACKET)
            complete_packet(provider, waiting);
        waiting->event.time = provider->newest + (uint64_t)provider->offset;
        provider->base.sink->event(provider->base.sink, &waiting->event);
        if (waiting->event.record == PKTMON_RECORD_RETIRED)
            pcap_forget_device(provider, waiting->event.component);
        g_free(waiting);
    }
}
