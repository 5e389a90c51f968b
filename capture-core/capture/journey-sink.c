/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "journey-sink.h"

#include "journey/assemble.h"
#include "journey/losses.h"
#include "journey/registry-places.h"
#include "model/clock.h"
#include "model/event-copy.h"
#include "model/registry-copy.h"
#include "model/registry-stage.h"
#include "model/salted-hash.h"

#define HOLD_MS 200 /* if the options have none */
/* Losses that go on are written as one for each such time. */
#define LOSSES_NS (1000 * PKTMON_NS_PER_MS)

#define RECENT 64 /* components whose packets are taken without a look at the tables */

struct journey_sink {
    struct capture_sink base;
    struct capture_sink *inner;
    struct journey_options options;
    struct journey_assembler *assembler; /* NULL: it has not begun */
    uint64_t now;                        /* no event that comes is older, ns since 1970 */
    uint64_t written;                    /* time of the newest event that the inner sink got */
    bool failed;                         /* the inner sink takes no more */
    GError *error;                       /* why; NULL where the reader left */
    struct event_copy *loss;             /* that is not written yet; NULL: none */
    uint64_t loss_due, loss_until;       /* when it is written; until when it went on */

    /* Components as they are described now, and as they were when the events that leave came in. */
    const struct pktmon_registry *present;
    struct registry_stage past;
    GHashTable *described;   /* ids of all that have come */
    GHashTable *observed;    /* ids of those with packets */
    uint32_t recent[RECENT]; /* ids of some that are in both, by their lowest bits; 0: none */
};

static struct journey_sink *journey_of(const struct capture_sink *sink)
{
    return (struct journey_sink *)sink;
}

/* What the capture is told. */
static bool give_result(struct journey_sink *sink, GError **error)
{
    if (sink->error)
        g_propagate_error(error, g_steal_pointer(&sink->error));
    return !sink->failed;
}

/* What leaves ----------------------------------------------------------------------------------
 */

static void hand_on(struct journey_sink *sink, const struct pktmon_event *event)
{
    const struct capture_sink_ops *ops = sink->inner->ops;

    if (sink->failed) {
        if (ops->miss)
            ops->miss(sink->inner, event);
        return;
    }
    sink->written = MAX(sink->written, event->time);
    sink->failed = !ops->write(sink->inner, event, &sink->error);
}

static void write_journey(void *context, const struct pktmon_journey *journey)
{
    const struct pktmon_event event = journey_event(journey);

    hand_on(context, &event);
}

static void write_event(void *context, const struct pktmon_event *event)
{
    struct journey_sink *sink = context;

    if (event->record == PKTMON_RECORD_COMPONENT)
        registry_stage_leave(&sink->past, event->component);
    hand_on(sink, event);
    if (event->record == PKTMON_RECORD_RETIRED)
        pktmon_registry_remove(sink->past.registry, event->component);
}

/* Once the inner sink has failed nothing is held any more. */
static bool end_call(struct journey_sink *sink, GError **error)
{
    if (sink->failed && sink->assembler)
        journey_assembler_finish(sink->assembler);
    return give_result(sink, error);
}

/* What comes -----------------------------------------------------------------------------------
 */

static void describe(struct journey_sink *sink, uint32_t id)
{
    registry_stage_enter(&sink->past, sink->present, id, false);
    g_hash_table_add(sink->described, GUINT_TO_POINTER(id));
}

/* The event that describes a component may come after the first one that names it. */
static void describe_if_new(struct journey_sink *sink, const struct pktmon_event *event)
{
    const struct pktmon_event description = {
        .record = PKTMON_RECORD_COMPONENT, .time = event->time, .component = event->component};

    if (event->record == PKTMON_RECORD_COMPONENT) {
        describe(sink, event->component);
    } else if (event->component != 0 && event->record != PKTMON_RECORD_RETIRED &&
               !g_hash_table_contains(sink->described, GUINT_TO_POINTER(event->component))) {
        describe(sink, event->component);
        journey_assembler_take(sink->assembler, &description);
    }
}

static void note_component(struct journey_sink *sink, const struct pktmon_event *event)
{
    gpointer id = GUINT_TO_POINTER(event->component);

    if (event->record == PKTMON_RECORD_PACKET) {
        g_hash_table_add(sink->observed, id);
        sink->recent[event->component % RECENT] = event->component;
    } else if (event->record == PKTMON_RECORD_RETIRED) {
        g_hash_table_remove(sink->described, id);
        g_hash_table_remove(sink->observed, id);
        sink->recent[event->component % RECENT] = 0;
    }
}

static bool is_recent(const struct journey_sink *sink, const struct pktmon_event *event)
{
    return event->record == PKTMON_RECORD_PACKET && event->component != 0 &&
           sink->recent[event->component % RECENT] == event->component;
}

/* A provider tells losses at once, and again and again. */
static void take_loss(struct journey_sink *sink, const struct pktmon_event *event)
{
    journey_assembler_note_loss(sink->assembler, event);
    sink->loss_until = MAX(sink->loss_until, event->notice.until);
    if (sink->loss)
        return;
    sink->loss = event_copy_new(event);
    sink->loss_due = event->time + LOSSES_NS;
}

static void write_loss(struct journey_sink *sink)
{
    struct pktmon_event event;

    if (!sink->loss)
        return;
    event = sink->loss->event;
    event.time = sink->now;
    event.notice.until = sink->loss_until;
    journey_assembler_take(sink->assembler, &event);
    g_clear_pointer(&sink->loss, event_copy_unref);
}

static void write_loss_if_due(struct journey_sink *sink)
{
    if (sink->loss && sink->now >= sink->loss_due)
        write_loss(sink);
}

static bool journey_write(struct capture_sink *base, const struct pktmon_event *event,
                          GError **error)
{
    struct journey_sink *sink = journey_of(base);
    struct pktmon_event taken = *event;

    /* One that came too late to be sorted, or the capture's own. */
    taken.time = sink->now = MAX(sink->now, event->time);
    if (journey_losses_has_times(&taken)) {
        take_loss(sink, &taken);
        return end_call(sink, error);
    }
    write_loss_if_due(sink);
    if (!is_recent(sink, &taken)) {
        describe_if_new(sink, &taken);
        note_component(sink, &taken);
    }
    journey_assembler_take(sink->assembler, &taken);
    return end_call(sink, error);
}

static void journey_miss(struct capture_sink *base, const struct pktmon_event *event)
{
    struct journey_sink *sink = journey_of(base);

    if (sink->inner->ops->miss)
        sink->inner->ops->miss(sink->inner, event);
}

/* Its life -------------------------------------------------------------------------------------
 */

static bool journey_open(struct capture_sink *base, const struct capture_view *view, GError **error)
{
    struct journey_sink *sink = journey_of(base);
    struct capture_view own = *view;

    sink->present = view->registry;
    own.registry = sink->past.registry;
    return sink->inner->ops->open(sink->inner, &own, error);
}

static void copy_components(struct journey_sink *sink)
{
    g_autoptr(GPtrArray) components = pktmon_registry_list(sink->present);

    registry_copy_all(sink->past.registry, sink->present);
    for (guint i = 0; i < components->len; i++) {
        const struct pktmon_component *component = components->pdata[i];

        g_hash_table_add(sink->described, GUINT_TO_POINTER(component->id));
    }
}

static bool journey_begin(struct capture_sink *base, const struct capture_beginning *beginning,
                          GError **error)
{
    struct journey_sink *sink = journey_of(base);
    const struct journey_output output = {write_journey, write_event, sink};

    copy_components(sink);
    sink->now = sink->written = beginning->time;
    sink->options.join = beginning->join;
    sink->options.context = sink->present;
    sink->assembler = journey_assembler_new(&sink->options, &output);
    return sink->inner->ops->begin(sink->inner, beginning, error);
}

static bool journey_repeat(struct capture_sink *base, uint64_t time, GError **error)
{
    struct journey_sink *sink = journey_of(base);

    (void)time; /* what was written is older */
    return sink->inner->ops->repeat_descriptions(sink->inner, sink->written, error);
}

/* Its packets may still be held, or be no first hops. */
static bool journey_wants_again(const struct capture_sink *base, uint32_t component)
{
    const struct journey_sink *sink = journey_of(base);

    return g_hash_table_contains(sink->observed, GUINT_TO_POINTER(component)) ||
           sink->inner->ops->wants_again(sink->inner, component);
}

static bool journey_flush(struct capture_sink *base, uint64_t until, GError **error)
{
    struct journey_sink *sink = journey_of(base);

    sink->now = MAX(sink->now, until);
    write_loss_if_due(sink);
    journey_assembler_advance(sink->assembler, sink->now);
    if (!end_call(sink, error))
        return false;
    return sink->inner->ops->flush(sink->inner, until, error);
}

static bool journey_end(struct capture_sink *base, uint64_t time, GError **error)
{
    struct journey_sink *sink = journey_of(base);

    write_loss(sink);
    journey_assembler_finish(sink->assembler);
    if (!end_call(sink, error))
        return false;
    return sink->inner->ops->end(sink->inner, MAX(time, sink->written), error);
}

static bool journey_is_closed(const struct capture_sink *base)
{
    const struct journey_sink *sink = journey_of(base);

    return sink->inner->ops->is_closed(sink->inner);
}

static void journey_free(struct capture_sink *base)
{
    struct journey_sink *sink = journey_of(base);

    g_clear_pointer(&sink->assembler, journey_assembler_free);
    event_copy_unref(sink->loss);
    sink->inner->ops->free(sink->inner);
    registry_stage_clear(&sink->past);
    g_hash_table_unref(sink->described);
    g_hash_table_unref(sink->observed);
    g_clear_error(&sink->error);
    g_free(sink);
}

static const struct capture_sink_ops journey_ops = {
    .open = journey_open,
    .begin = journey_begin,
    .write = journey_write,
    .miss = journey_miss,
    .repeat_descriptions = journey_repeat,
    .wants_again = journey_wants_again,
    .flush = journey_flush,
    .end = journey_end,
    .is_closed = journey_is_closed,
    .free = journey_free,
};

struct capture_sink *journey_sink_new(const struct pktmon_session_options *options, size_t memory,
                                      struct capture_sink *inner)
{
    struct journey_sink *sink = g_new0(struct journey_sink, 1);

    sink->base.ops = &journey_ops;
    sink->base.wants_repeated_descriptions = inner->wants_repeated_descriptions;
    sink->inner = inner;
    sink->options = (struct journey_options){
        .hold = (options->hold_ms ? options->hold_ms : HOLD_MS) * PKTMON_NS_PER_MS,
        .settle = JOURNEY_SETTLE_NS,
        .memory = memory,
        .dropped_only = options->type == PKTMON_CAPTURE_DROPPED,
        .slower = options->slower_ms * PKTMON_NS_PER_MS,
        .find_merged = true,
        .vxlan_port = options->vxlan_port,
        .name = registry_place_name,
        .hands_out = registry_place_hands_out,
    };
    registry_stage_init(&sink->past, registry_copy);
    sink->described = g_hash_table_new(salted_number, NULL);
    sink->observed = g_hash_table_new(salted_number, NULL);
    return &sink->base;
}
