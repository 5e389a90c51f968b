/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Delivery in the order of time: records arrive in it, and other events wait for their place among
 * them. */
#include "event-delivery.h"

#include <glib.h>

#include "ebpf-state.h"
#include "model/clock.h"
#include "providers/netdev/topology.h"

/* An event that waits for its place among the records. */
struct pending_event {
    struct pktmon_event event; /* its time is monotonic */
    char *message;             /* of a notice; owned */
    void *reasons;             /* of counters; owned */
};

void ebpf_deliver(struct ebpf_provider *provider, struct pktmon_event *event)
{
    /* Times never decrease, even for a record that came too late to be sorted. */
    provider->newest = MAX(provider->newest, event->time);
    event->time = provider->newest + provider->offset;
    provider->base.sink->event(provider->base.sink, event);
    if (event->record == PKTMON_RECORD_RETIRED)
        netdev_forget_component(provider->topology, event->component);
}

static void pending_free(struct pending_event *pending)
{
    g_free(pending->message);
    g_free(pending->reasons);
    g_free(pending);
}

struct pktmon_event *ebpf_push(struct ebpf_provider *provider, enum pktmon_record record,
                               uint32_t component)
{
    struct pending_event *pending = g_new0(struct pending_event, 1);

    pending->event.record = record;
    pending->event.time = clock_monotonic();
    pending->event.component = component;
    g_queue_push_tail(&provider->pending, pending);
    return &pending->event;
}

struct pktmon_notice *ebpf_push_notice(struct ebpf_provider *provider, enum pktmon_notice_id id,
                                       enum pktmon_level level, uint32_t component,
                                       const char *format, ...)
{
    struct pktmon_event *event = ebpf_push(provider, PKTMON_RECORD_EVENT, component);
    struct pending_event *pending = g_queue_peek_tail(&provider->pending);
    va_list arguments;

    va_start(arguments, format);
    pending->message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    event->notice = (struct pktmon_notice){
        .provider = "pktmon", .id = id, .level = level, .message = pending->message};
    return &event->notice;
}

void ebpf_push_counters(struct ebpf_provider *provider, uint32_t component,
                        const struct pktmon_counters *counters)
{
    struct pktmon_event *event = ebpf_push(provider, PKTMON_RECORD_COUNTERS, component);
    struct pending_event *pending = g_queue_peek_tail(&provider->pending);

    pending->reasons =
        g_memdup2(counters->reasons, counters->reason_count * sizeof(*counters->reasons));
    event->counters = *counters;
    event->counters.reasons = pending->reasons;
}

void ebpf_deliver_pending(struct ebpf_provider *provider, uint64_t time)
{
    struct pending_event *pending;

    while ((pending = g_queue_peek_head(&provider->pending)) && pending->event.time <= time) {
        g_queue_pop_head(&provider->pending);
        ebpf_deliver(provider, &pending->event);
        pending_free(pending);
    }
}

void ebpf_clear_pending(struct ebpf_provider *provider)
{
    g_queue_clear_full(&provider->pending, (GDestroyNotify)pending_free);
}
