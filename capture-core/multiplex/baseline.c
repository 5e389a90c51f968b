/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "baseline.h"

#include <string.h>

#include "model/event-copy.h"
#include "model/salted-hash.h"

struct baseline {
    GHashTable *readings; /* guint64 key -> struct event_copy */
};

guint64 counter_key(uint32_t component, uint16_t edge, bool drops)
{
    return (guint64)component << 32 | (guint64)edge << 1 | drops;
}

static guint64 key_of(const struct pktmon_event *event)
{
    return counter_key(event->component, event->counters.edge, event->counters.has_drops);
}

struct baseline *baseline_new(void)
{
    struct baseline *baseline = g_new0(struct baseline, 1);

    baseline->readings = g_hash_table_new_full(salted_int64, g_int64_equal, g_free,
                                               (GDestroyNotify)event_copy_unref);
    return baseline;
}

void baseline_free(struct baseline *baseline)
{
    if (baseline) {
        g_hash_table_destroy(baseline->readings);
        g_free(baseline);
    }
}

struct baseline *baseline_copy(const struct baseline *baseline)
{
    struct baseline *copy = baseline_new();
    GHashTableIter iterator;
    void *key, *reading;

    g_hash_table_iter_init(&iterator, baseline->readings);
    while (g_hash_table_iter_next(&iterator, &key, &reading)) {
        g_hash_table_insert(copy->readings, g_memdup2(key, sizeof(guint64)),
                            event_copy_ref(reading));
    }
    return copy;
}

void baseline_forget(struct baseline *baseline, uint32_t component)
{
    for (uint16_t edge = 0; edge < PKTMON_EDGE_COUNT; edge++) {
        for (int drops = 0; drops <= 1; drops++) {
            guint64 key = counter_key(component, edge, drops);

            g_hash_table_remove(baseline->readings, &key);
        }
    }
}

void baseline_note(struct baseline *baseline, const struct pktmon_event *event)
{
    guint64 key = key_of(event);

    g_hash_table_replace(baseline->readings, g_memdup2(&key, sizeof(key)), event_copy_new(event));
}

/* A provider may correct a counter to less than its last reading. */
static void subtract(uint64_t *value, uint64_t before)
{
    *value -= MIN(*value, before);
}

static const struct pktmon_drop_count *find_reason(const struct pktmon_counters *counters,
                                                   const char *reason)
{
    for (size_t i = 0; i < counters->reason_count; i++) {
        if (g_strcmp0(counters->reasons[i].reason, reason) == 0)
            return &counters->reasons[i];
    }
    return NULL;
}

static void subtract_reasons(struct pktmon_counters *counters, const struct pktmon_counters *before,
                             GArray *reasons)
{
    for (size_t i = 0; i < counters->reason_count; i++) {
        struct pktmon_drop_count count = counters->reasons[i];
        const struct pktmon_drop_count *known = find_reason(before, count.reason);

        if (known) {
            subtract(&count.packets_in, known->packets_in);
            subtract(&count.bytes_in, known->bytes_in);
            subtract(&count.packets_out, known->packets_out);
            subtract(&count.bytes_out, known->bytes_out);
        }
        if (count.packets_in + count.packets_out > 0)
            g_array_append_val(reasons, count);
    }
    counters->reasons = (const struct pktmon_drop_count *)reasons->data;
    counters->reason_count = reasons->len;
    counters->drop_reason = reasons->len > 0 ? counters->reasons[0].reason : NULL;
}

struct pktmon_event baseline_subtract(const struct baseline *baseline,
                                      const struct pktmon_event *event, GArray *reasons)
{
    struct pktmon_event rest = *event;
    struct pktmon_counters *counters = &rest.counters;
    guint64 key = key_of(event);
    const struct event_copy *known = g_hash_table_lookup(baseline->readings, &key);

    if (!known)
        return rest;
    const struct pktmon_counters *before = &known->event.counters;
    subtract(&counters->packets_in, before->packets_in);
    subtract(&counters->bytes_in, before->bytes_in);
    subtract(&counters->packets_out, before->packets_out);
    subtract(&counters->bytes_out, before->bytes_out);
    subtract(&counters->taken_back, before->taken_back);
    subtract(&counters->taken_back_bytes, before->taken_back_bytes);
    subtract(&counters->drops_in, before->drops_in);
    subtract(&counters->drops_out, before->drops_out);
    subtract(&counters->drop_bytes_in, before->drop_bytes_in);
    subtract(&counters->drop_bytes_out, before->drop_bytes_out);
    subtract(&counters->lost, before->lost);
    if (counters->has_drops)
        subtract_reasons(counters, before, reasons);
    return rest;
}
