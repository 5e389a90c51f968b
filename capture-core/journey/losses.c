/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "losses.h"

#include <glib.h>

#include "model/clock.h"

/* Readings of all components at one time come one after the other within this. */
#define READING_SPAN_NS (10 * PKTMON_NS_PER_MS)
/* A packet may rest as long between two observations, such as in a queue. */
#define LONGEST_REST_NS (1000 * PKTMON_NS_PER_MS)
/* More become one with the oldest ones. */
#define MAX_SPANS 1024

struct loss {
    uint64_t from, to;
};

struct journey_losses {
    bool has_spans;                   /* losses come with the times between which they happened */
    uint64_t reading, reading_before; /* time of the newest reading of counters; of that before */
    GArray *spans;                    /* of struct loss, both times ascending */
};

struct journey_losses *journey_losses_new(void)
{
    struct journey_losses *losses = g_new0(struct journey_losses, 1);

    losses->spans = g_array_new(FALSE, FALSE, sizeof(struct loss));
    return losses;
}

void journey_losses_free(struct journey_losses *losses)
{
    g_array_unref(losses->spans);
    g_free(losses);
}

static bool is_of_reading(const struct journey_losses *losses, uint64_t time)
{
    return time <= losses->reading || time - losses->reading <= READING_SPAN_NS;
}

static void take_reading(struct journey_losses *losses, uint64_t time)
{
    if (is_of_reading(losses, time))
        return;
    losses->reading_before = losses->reading;
    losses->reading = time;
}

static void add_span(struct journey_losses *losses, struct loss loss)
{
    guint count = losses->spans->len;
    struct loss *newest = count > 0 ? &g_array_index(losses->spans, struct loss, count - 1) : NULL;

    if (newest && newest->from >= loss.from) {
        newest->to = MAX(newest->to, loss.to);
        return;
    }
    if (newest)
        loss.to = MAX(newest->to, loss.to);
    g_array_append_val(losses->spans, loss);
    if (count < MAX_SPANS)
        return;
    g_array_index(losses->spans, struct loss, 1).from =
        g_array_index(losses->spans, struct loss, 0).from;
    g_array_remove_index(losses->spans, 0);
}

static void add_loss(struct journey_losses *losses, uint64_t from, uint64_t to)
{
    const struct loss loss = {.from = from > LONGEST_REST_NS ? from - LONGEST_REST_NS : 0,
                              .to = to};

    add_span(losses, loss);
}

static void take_loss(struct journey_losses *losses, const struct pktmon_event *event)
{
    const struct pktmon_notice *notice = &event->notice;

    if (notice->until > 0) {
        losses->has_spans = true;
        add_loss(losses, notice->from, notice->until);
    } else if (!losses->has_spans) {
        add_loss(losses,
                 is_of_reading(losses, event->time) ? losses->reading_before : losses->reading,
                 event->time);
    }
}

static bool is_loss_notice(const struct pktmon_event *event)
{
    return event->record == PKTMON_RECORD_EVENT && event->notice.id == PKTMON_NOTICE_LOST &&
           g_strcmp0(event->notice.provider, "pktmon") == 0;
}

bool journey_losses_has_times(const struct pktmon_event *event)
{
    return is_loss_notice(event) && event->component == 0 && event->notice.until > 0;
}

/* Without a component and without times, the loss may have happened at any time of the capture. */
static bool is_loss(const struct pktmon_event *event)
{
    return is_loss_notice(event) && (event->component != 0 || event->notice.until > 0);
}

void journey_losses_take(struct journey_losses *losses, const struct pktmon_event *event)
{
    if (event->record == PKTMON_RECORD_COUNTERS)
        take_reading(losses, event->time);
    else if (is_loss(event))
        take_loss(losses, event);
}

bool journey_losses_cover(const struct journey_losses *losses, uint64_t last)
{
    guint low = 0, high = losses->spans->len;

    while (low < high) {
        guint middle = low + (high - low) / 2;

        if (g_array_index(losses->spans, struct loss, middle).to < last)
            low = middle + 1;
        else
            high = middle;
    }
    return low < losses->spans->len && g_array_index(losses->spans, struct loss, low).from <= last;
}

size_t journey_losses_size(const struct journey_losses *losses)
{
    return sizeof(*losses) + losses->spans->len * sizeof(struct loss);
}
