/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sink that makes journeys for another: what that one gets, when, and what it finds in the
 * registry then. */
#include <glib.h>

#include "capture/journey-sink.h"
#include "model/clock.h"
#include "pktmon/errors.h"

#define MS    PKTMON_NS_PER_MS
#define BEGAN (1000 * MS)

static const uint8_t frame[60] = {[12] = 0x08, [14] = 0x45, [17] = 46, [22] = 64, [23] = 17};

/* The inner sink writes down what it gets: "NAME component" or "NAME group component", and what it
 * missed with a "!" before. Names are those of its registry. */
struct inner {
    struct capture_sink base;
    const struct pktmon_registry *registry;
    GString *got;
    uint64_t newest;
    enum pktmon_fate fate; /* of the newest journey */
    int left;              /* writes until it fails; -1: it does not */
    bool freed;
};

static struct inner inner;
static struct pktmon_registry *registry;
static struct capture_sink *sink;

static const char *name_of(uint32_t id)
{
    const struct pktmon_component *component = id ? pktmon_registry_find(inner.registry, id) : NULL;

    return component && component->name ? component->name : "-";
}

static void note(const struct pktmon_event *event)
{
    static const char *const names[] = {
        [PKTMON_RECORD_COMPONENT] = "described",
        [PKTMON_RECORD_COUNTERS] = "counters",
        [PKTMON_RECORD_EVENT] = "notice",
        [PKTMON_RECORD_RETIRED] = "retired",
    };

    if (event->record == PKTMON_RECORD_JOURNEY)
        inner.fate = event->journey->fate;
    if (event->record == PKTMON_RECORD_JOURNEY)
        g_string_append_printf(inner.got, "journey %u %s %u %s", (unsigned)event->journey->group,
                               name_of(event->component), (unsigned)event->journey->hop_count,
                               event->journey->path);
    else
        g_string_append_printf(inner.got, "%s %s", names[event->record], name_of(event->component));
    g_string_append_c(inner.got, '\n');
}

static bool inner_open(struct capture_sink *base, const struct capture_view *view, GError **error)
{
    (void)base, (void)error;
    inner.registry = view->registry;
    return true;
}

static bool inner_begin(struct capture_sink *base, const struct capture_beginning *beginning,
                        GError **error)
{
    (void)base, (void)error;
    g_assert_cmpuint(beginning->time, ==, BEGAN);
    return true;
}

static bool inner_write(struct capture_sink *base, const struct pktmon_event *event, GError **error)
{
    (void)base;
    if (inner.left == 0) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_FAILED, "It is full.");
        return false;
    }
    inner.left -= inner.left > 0;
    g_assert_cmpuint(event->time, >=, inner.newest);
    inner.newest = event->time;
    note(event);
    return true;
}

static void inner_miss(struct capture_sink *base, const struct pktmon_event *event)
{
    (void)base;
    g_string_append_c(inner.got, '!');
    note(event);
}

static bool inner_repeat(struct capture_sink *base, uint64_t time, GError **error)
{
    (void)base, (void)error;
    g_string_append_printf(inner.got, "again %g\n", (double)(time - BEGAN) / MS);
    return true;
}

static bool inner_wants_again(const struct capture_sink *base, uint32_t component)
{
    (void)base, (void)component;
    return false;
}

static bool inner_flush(struct capture_sink *base, uint64_t until, GError **error)
{
    (void)base, (void)until, (void)error;
    g_string_append(inner.got, "flushed\n");
    return true;
}

static bool inner_end(struct capture_sink *base, uint64_t time, GError **error)
{
    (void)base, (void)error;
    g_string_append_printf(inner.got, "end %g\n", (double)(time - BEGAN) / MS);
    return true;
}

static bool inner_is_closed(const struct capture_sink *base)
{
    (void)base;
    return false;
}

static void inner_free(struct capture_sink *base)
{
    (void)base;
    inner.freed = true;
}

static const struct capture_sink_ops inner_ops = {
    .open = inner_open,
    .begin = inner_begin,
    .write = inner_write,
    .miss = inner_miss,
    .repeat_descriptions = inner_repeat,
    .wants_again = inner_wants_again,
    .flush = inner_flush,
    .end = inner_end,
    .is_closed = inner_is_closed,
    .free = inner_free,
};

/* --- a capture --- */

static void describe(uint32_t id, const char *name)
{
    struct pktmon_component *component = pktmon_registry_get(registry, id);

    pktmon_component_set(&component->name, name);
    pktmon_component_set(&component->type, "veth");
}

static void begin(void)
{
    const struct pktmon_session_options options = {.view = PKTMON_VIEW_PACKETS};
    const struct capture_beginning beginning = {.time = BEGAN};

    inner = (struct inner){
        .base = {.ops = &inner_ops}, .got = g_string_new(NULL), .newest = BEGAN, .left = -1};
    registry = pktmon_registry_new();
    describe(1, "a");
    describe(2, "b");
    sink = journey_sink_new(&options, 1 << 20, &inner.base);
    const struct capture_view view = {.registry = registry};
    g_assert_true(sink->ops->open(sink, &view, NULL));
    g_assert_true(sink->ops->begin(sink, &beginning, NULL));
}

static void check(const char *expected)
{
    g_assert_cmpstr(inner.got->str, ==, expected);
    g_string_truncate(inner.got, 0);
}

static void done(void)
{
    sink->ops->free(sink);
    g_assert_true(inner.freed);
    g_string_free(inner.got, TRUE);
    pktmon_registry_free(registry);
}

static bool give(struct pktmon_event event, double ms, uint32_t component, GError **error)
{
    event.time = BEGAN + (uint64_t)(ms * MS);
    event.component = component;
    return sink->ops->write(sink, &event, error);
}

static struct pktmon_event packet(uint64_t group, bool is_last)
{
    return (struct pktmon_event){
        .record = PKTMON_RECORD_PACKET,
        .packet = {.group = group,
                   .appearance = 1,
                   .copy = 1,
                   .edge = PKTMON_EDGE_LOWER,
                   .direction = PKTMON_DIRECTION_RX,
                   .end = is_last ? PKTMON_END_CONSUMED : PKTMON_END_NONE,
                   .link_type = 1,
                   .data = frame,
                   .caplen = sizeof(frame),
                   .origlen = sizeof(frame)},
    };
}

static struct pktmon_event other(enum pktmon_record record)
{
    return (struct pktmon_event){.record = record, .notice = {.provider = "pktmon"}};
}

static void flush(double until_ms)
{
    g_assert_true(sink->ops->flush(sink, BEGAN + (uint64_t)(until_ms * MS), NULL));
}

/* --- tests --- */

static void test_order(void)
{
    begin();
    give(packet(7, false), 1, 1, NULL);
    give(other(PKTMON_RECORD_COUNTERS), 2, 1, NULL);
    give(packet(7, true), 3, 2, NULL);
    check("");
    flush(12.9);
    check("flushed\n");
    /* 10 ms after the end */
    flush(13);
    check("journey 7 a 2 a → b\ncounters a\nflushed\n");
    /* an open one after the hold */
    give(packet(8, false), 20, 1, NULL);
    flush(219);
    check("flushed\n");
    flush(220);
    check("journey 8 a 1 a\nflushed\n");
    /* at the end whatever there is */
    give(packet(9, false), 230, 1, NULL);
    g_assert_true(sink->ops->end(sink, BEGAN + 240 * MS, NULL));
    check("journey 9 a 1 a\nend 240\n");
    done();
}

/* Nothing that comes is written as older than what was written. */
static void test_late(void)
{
    begin();
    flush(50);
    give(other(PKTMON_RECORD_EVENT), 10, 0, NULL);
    check("flushed\nnotice -\n");
    g_assert_cmpuint(inner.newest, ==, BEGAN + 50 * MS);
    give(packet(7, true), 40, 1, NULL);
    flush(60);
    check("journey 7 a 1 a\nflushed\n");
    sink->ops->repeat_descriptions(sink, BEGAN + 90 * MS, NULL);
    check("again 50\n");
    done();
}

/* The inner sink finds components as they were when what it gets came in. */
static void test_descriptions(void)
{
    begin();
    give(packet(7, false), 1, 1, NULL);
    describe(1, "c");
    give(other(PKTMON_RECORD_COMPONENT), 2, 1, NULL);
    give(packet(8, true), 3, 1, NULL);
    give(other(PKTMON_RECORD_RETIRED), 4, 1, NULL);
    pktmon_registry_remove(registry, 1);
    describe(1, "again");
    give(packet(9, true), 5, 1, NULL);
    describe(3, "new");
    give(packet(10, true), 6, 3, NULL);
    flush(300);
    check("journey 7 a 1 a\ndescribed c\njourney 8 c 1 c\nretired c\ndescribed again\n"
          "journey 9 again 1 again\ndescribed new\njourney 10 new 1 new\nflushed\n");
    done();
}

/* What is held when the inner sink fails, it has missed. */
static void test_failure(void)
{
    g_autoptr(GError) error = NULL;

    begin();
    give(packet(7, false), 1, 1, NULL);
    give(packet(8, true), 2, 1, NULL);
    give(other(PKTMON_RECORD_EVENT), 3, 1, NULL);
    inner.left = 1;
    g_assert_false(sink->ops->flush(sink, BEGAN + 250 * MS, &error));
    g_assert_error(error, PKTMON_ERROR, PKTMON_ERROR_FAILED);
    check("journey 7 a 1 a\n!notice a\n");
    done();
}

/* Losses that go on are one notice for each second, and journeys of that time have no fate. */
static void test_losses(void)
{
    struct pktmon_event loss = other(PKTMON_RECORD_EVENT);

    struct pktmon_event sent = packet(7, false);

    loss.notice.id = PKTMON_NOTICE_LOST;
    sent.packet.direction = PKTMON_DIRECTION_TX;
    begin();
    pktmon_component_set(&pktmon_registry_get(registry, 1)->type, "physical");
    give(sent, 0, 1, NULL);
    flush(10);
    g_assert_cmpint(inner.fate, ==, PKTMON_FATE_FORWARDED);
    sent.packet.group = 8;
    give(sent, 11, 1, NULL);
    loss.notice.from = BEGAN + 5 * MS;
    loss.notice.until = BEGAN + 15 * MS;
    give(loss, 12, 0, NULL);
    flush(21);
    g_assert_cmpint(inner.fate, ==, PKTMON_FATE_UNKNOWN);
    done();
    begin();
    for (int i = 1; i < 1500; i += 10) {
        loss.notice.from = BEGAN + (uint64_t)i * MS;
        loss.notice.until = loss.notice.from + 10 * MS;
        give(loss, i, 0, NULL);
        flush(i + 1);
    }
    g_assert_cmpuint(inner.got->len, ==, 150 * strlen("flushed\n") + strlen("notice -\n"));
    g_string_truncate(inner.got, 0);
    g_assert_true(sink->ops->end(sink, BEGAN + 1600 * MS, NULL));
    check("notice -\nend 1600\n");
    done();
}

/* The last counters of components with packets are wanted, although these are held, or no first
 * hops. */
static void test_wants_again(void)
{
    begin();
    give(packet(7, false), 1, 1, NULL);
    give(packet(7, false), 1, 2, NULL);
    g_assert_true(sink->ops->wants_again(sink, 1));
    g_assert_true(sink->ops->wants_again(sink, 2));
    g_assert_false(sink->ops->wants_again(sink, 3));
    give(other(PKTMON_RECORD_RETIRED), 2, 2, NULL);
    g_assert_false(sink->ops->wants_again(sink, 2));
    done();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/journey-sink/order", test_order);
    g_test_add_func("/journey-sink/late", test_late);
    g_test_add_func("/journey-sink/descriptions", test_descriptions);
    g_test_add_func("/journey-sink/failure", test_failure);
    g_test_add_func("/journey-sink/losses", test_losses);
    g_test_add_func("/journey-sink/wants-again", test_wants_again);
    return g_test_run();
}
