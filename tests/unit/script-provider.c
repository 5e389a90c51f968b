/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "script-provider.h"

#include <string.h>

#include "model/clock.h"
#include "filter/expression.h"
#include "veth.h"

#define FRAME_SIZE   60
#define PORT_AT      36
#define NUMBER_AT    42
#define READ_MS      2
#define DELAY_NS     (100 * PKTMON_NS_PER_MS) /* that an event needs to come, at most */
#define CHANGE_READS 3                        /* calls of read() until a change is carried out */

struct script script;

/* An entry of the script, for all providers; protected by the mutex. */
struct script_entry {
    enum pktmon_record record;
    uint32_t component;
    uint64_t time;
    uint8_t frame[FRAME_SIZE];
    bool unjudged;
    char *name;
};

static GMutex mutex;
static GPtrArray *entries;
static GPtrArray *providers;
static int started, changes;
static uint64_t packets_of[3]; /* by component */

/* A reading of the counters, delivered in its turn. */
struct reading {
    uint64_t time;
    guint at; /* before this entry */
    uint64_t packets[3];
};

struct script_provider {
    struct provider base;
    struct provider_options options, next;
    guint at;         /* the next entry */
    int reads_to_go;  /* of a change; 0: none */
    GArray *readings; /* that are to be delivered, of struct reading */
    uint64_t group;
    bool selects; /* the change is of namespaces only */
    bool wants[2];
};

const char *const script_namespaces[2] = {"red", "blue"};

/* In the thread of the provider, as wants_netns() requires. */
static void note_wants(struct script_provider *provider)
{
    const struct provider_options *options = &provider->options;

    for (size_t i = 0; i < G_N_ELEMENTS(script_namespaces); i++) {
        provider->wants[i] =
            !options->wants_netns || options->wants_netns(options->context, script_namespaces[i]);
    }
}

static void entry_free(void *data)
{
    struct script_entry *entry = data;

    g_free(entry->name);
    g_free(entry);
}

void script_reset(void)
{
    g_mutex_lock(&mutex);
    g_assert_true(!providers || providers->len == 0);
    g_clear_pointer(&entries, g_ptr_array_unref);
    g_clear_pointer(&providers, g_ptr_array_unref);
    entries = g_ptr_array_new_with_free_func(entry_free);
    providers = g_ptr_array_new();
    changes = started = 0;
    memset(packets_of, 0, sizeof(packets_of));
    g_mutex_unlock(&mutex);
    memset(&script, 0, sizeof(script));
}

struct script_state script_state(void)
{
    struct script_state state;

    g_mutex_lock(&mutex);
    state = (struct script_state){
        .providers = (int)providers->len, .started = started, .changes = changes};
    if (providers->len > 0) {
        const struct script_provider *youngest = providers->pdata[providers->len - 1];
        state.asked = youngest->options;
        memcpy(state.wants, youngest->wants, sizeof(state.wants));
    }
    g_mutex_unlock(&mutex);
    return state;
}

static void add_entry(struct script_entry entry)
{
    g_mutex_lock(&mutex);
    entry.time = clock_real();
    if (entry.record == PKTMON_RECORD_PACKET)
        packets_of[entry.component]++;
    g_ptr_array_add(entries, g_memdup2(&entry, sizeof(entry)));
    g_mutex_unlock(&mutex);
}

static void send_frame(uint32_t component, uint16_t port, uint32_t number, bool unjudged)
{
    struct script_entry entry = {
        .record = PKTMON_RECORD_PACKET,
        .component = component,
        .frame = {[12] = 0x08, [14] = 0x45, [17] = FRAME_SIZE - 14, [22] = 64, [23] = 17},
        .unjudged = unjudged,
    };

    entry.frame[PORT_AT] = port >> 8;
    entry.frame[PORT_AT + 1] = port & 0xff;
    memcpy(entry.frame + NUMBER_AT, &number, sizeof(number));
    add_entry(entry);
}

void script_send(uint32_t component, uint16_t port, uint32_t number)
{
    send_frame(component, port, number, false);
}

void script_send_unjudged(uint32_t component, uint16_t port, uint32_t number)
{
    send_frame(component, port, number, true);
}

void script_rename(uint32_t component, const char *name)
{
    add_entry((struct script_entry){
        .record = PKTMON_RECORD_COMPONENT, .component = component, .name = g_strdup(name)});
}

uint32_t script_number(const struct pktmon_event *packet)
{
    uint32_t number;

    memcpy(&number, packet->packet.data + NUMBER_AT, sizeof(number));
    return number;
}

static bool script_enumerate(struct provider *base, GError **error)
{
    (void)error;
    for (uint32_t id = 1; id <= 2; id++) {
        struct pktmon_component *component =
            add_veth(base->registry, id, id == 1 ? "eth0" : "eth1");

        pktmon_component_set_property(component, "ifindex", "7");
        pktmon_component_set(&component->netns, script_namespaces[id - 1]);
    }
    return true;
}

static bool script_start(struct provider *base, GError **error)
{
    struct script_provider *provider = (struct script_provider *)base;

    if (script.fail_start) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_PERMISSION, "Join the group.");
        return false;
    }
    g_mutex_lock(&mutex);
    provider->at = entries->len;
    note_wants(provider);
    started++;
    g_mutex_unlock(&mutex);
    return true;
}

static uint64_t judge(const struct script_provider *provider, const uint8_t *frame)
{
    const struct provider_options *options = &provider->options;
    uint64_t matching = 0;

    for (size_t i = 0; i < options->filter_count; i++) {
        const struct provider_filter *filter = &options->filters[i];

        if (!filter->unused && (!filter->expression ||
                                filter_expression_matches(filter->expression, FILTER_FORM_ETHERNET,
                                                          frame, FRAME_SIZE, FRAME_SIZE))) {
            matching |= 1ULL << i;
        }
    }
    return matching;
}

static void deliver_packet(struct script_provider *provider, const struct script_entry *entry)
{
    const struct provider_options *options = &provider->options;
    bool judged = options->filter_count > 0 && !entry->unjudged;
    const struct pktmon_event event = {.record = PKTMON_RECORD_PACKET,
                                       .time = entry->time,
                                       .component = entry->component,
                                       .judged = judged,
                                       .filters = judged ? judge(provider, entry->frame) : 0,
                                       .packet = {.group = ++provider->group,
                                                  .appearance = 1,
                                                  .edge = 1,
                                                  .cpu = -1,
                                                  .queue = -1,
                                                  .comm = "sender",
                                                  .link_type = 1,
                                                  .data = entry->frame,
                                                  .caplen = options->pkt_size && judged
                                                                ? MIN(options->pkt_size, FRAME_SIZE)
                                                                : FRAME_SIZE,
                                                  .origlen = FRAME_SIZE}};

    if (!judged || event.filters)
        provider->base.sink->event(provider->base.sink, &event);
}

static void deliver_counters(struct script_provider *provider, const struct reading *reading,
                             uint32_t component)
{
    const struct pktmon_drop_count reasons[] = {{.reason = "NO_SOCKET", .packets_in = 5},
                                                {.reason = "OLD", .packets_in = 2}};
    struct pktmon_event event = {
        .record = PKTMON_RECORD_COUNTERS,
        .time = reading->time,
        .component = component,
        .counters = {.edge = 1, .has_flow = true, .packets_in = reading->packets[component]}};

    provider->base.sink->event(provider->base.sink, &event);
    event.counters = (struct pktmon_counters){.has_drops = true,
                                              .drops_in = 7,
                                              .drop_reason = "NO_SOCKET",
                                              .reasons = reasons,
                                              .reason_count = G_N_ELEMENTS(reasons)};
    provider->base.sink->event(provider->base.sink, &event);
}

static void take_reading(struct script_provider *provider)
{
    struct reading reading;

    g_mutex_lock(&mutex);
    reading = (struct reading){.time = clock_real(), .at = entries->len};
    memcpy(reading.packets, packets_of, sizeof(packets_of));
    g_mutex_unlock(&mutex);
    g_array_append_val(provider->readings, reading);
}

/* Delivers the readings that were taken before the next entry. */
static void deliver_readings(struct script_provider *provider)
{
    while (provider->readings->len > 0 &&
           g_array_index(provider->readings, struct reading, 0).at <= provider->at) {
        const struct reading reading = g_array_index(provider->readings, struct reading, 0);

        g_array_remove_index(provider->readings, 0);
        deliver_counters(provider, &reading, 1);
        deliver_counters(provider, &reading, 2);
    }
}

static void deliver(struct script_provider *provider, const struct script_entry *entry)
{
    if (entry->record == PKTMON_RECORD_PACKET) {
        deliver_packet(provider, entry);
        return;
    }
    const struct pktmon_event event = {
        .record = PKTMON_RECORD_COMPONENT, .time = entry->time, .component = entry->component};
    add_veth(provider->base.registry, entry->component, entry->name);
    provider->base.sink->event(provider->base.sink, &event);
}

static const struct script_entry *next_entry(struct script_provider *provider)
{
    const struct script_entry *entry = NULL;

    g_mutex_lock(&mutex);
    if (provider->at < entries->len)
        entry = entries->pdata[provider->at++];
    g_mutex_unlock(&mutex);
    return entry;
}

static bool is_too_much(const struct provider_options *options)
{
    int limit = g_atomic_int_get(&script.refuse), expressions = 0;

    for (size_t i = 0; i < options->filter_count; i++)
        expressions += options->filters[i].expression != NULL;
    return limit > 0 && expressions >= limit;
}

static void advance_change(struct script_provider *provider)
{
    if (provider->reads_to_go == 0 || --provider->reads_to_go > 0)
        return;
    g_clear_error(&provider->base.refused);
    if (is_too_much(&provider->next)) {
        provider->base.refused =
            g_error_new(PKTMON_ERROR, PKTMON_ERROR_UNSUPPORTED, "It is too much.");
    } else {
        g_mutex_lock(&mutex);
        provider->options = provider->next;
        note_wants(provider);
        changes += !provider->selects;
        g_mutex_unlock(&mutex);
    }
    provider->base.changes++;
}

static void deliver_all(struct script_provider *provider)
{
    const struct script_entry *entry;

    deliver_readings(provider);
    while ((entry = next_entry(provider))) {
        deliver(provider, entry);
        deliver_readings(provider);
    }
}

static int script_read(struct provider *base, int timeout_ms, GError **error)
{
    struct script_provider *provider = (struct script_provider *)base;

    if (g_atomic_int_get(&script.fail)) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_FAILED, "The agent has ended: start again.");
        return -1;
    }
    g_usleep((gulong)MIN(timeout_ms, READ_MS) * 1000);
    uint64_t now = clock_real();
    deliver_all(provider);
    base->until = now - DELAY_NS;
    advance_change(provider);
    return 1;
}

static bool script_read_counters(struct provider *base, GError **error)
{
    (void)error;
    take_reading((struct script_provider *)base);
    return true;
}

static bool script_change(struct provider *base, const struct provider_options *options,
                          GError **error)
{
    struct script_provider *provider = (struct script_provider *)base;

    if (provider->reads_to_go > 0) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_FAILED, "One at a time.");
        return false;
    }
    provider->next = *options;
    provider->selects = false;
    provider->reads_to_go = CHANGE_READS;
    return true;
}

static bool script_select(struct provider *base, const struct provider_options *options,
                          GError **error)
{
    bool good = script_change(base, options, error);

    ((struct script_provider *)base)->selects = good;
    return good;
}

static bool script_stop(struct provider *base, GError **error)
{
    struct script_provider *provider = (struct script_provider *)base;

    (void)error;
    take_reading(provider);
    deliver_all(provider);
    g_mutex_lock(&mutex);
    started--;
    g_mutex_unlock(&mutex);
    return true;
}

static void script_free(struct provider *base)
{
    g_mutex_lock(&mutex);
    g_ptr_array_remove(providers, base);
    g_mutex_unlock(&mutex);
    g_array_unref(((struct script_provider *)base)->readings);
    g_clear_error(&base->refused);
    g_free(base);
}

static const struct provider_ops script_ops = {
    .name = "script",
    .enumerate = script_enumerate,
    .start = script_start,
    .read = script_read,
    .read_counters = script_read_counters,
    .change = script_change,
    .select = script_select,
    .stop = script_stop,
    .free = script_free,
};

static const struct provider_ops rigid_ops = {
    .name = "rigid",
    .enumerate = script_enumerate,
    .start = script_start,
    .read = script_read,
    .read_counters = script_read_counters,
    .stop = script_stop,
    .free = script_free,
};

struct provider *script_new(const struct provider_options *options,
                            struct pktmon_registry *registry, struct pktmon_capture_info *capture,
                            struct pktmon_sink *sink, GError **error)
{
    struct script_provider *provider = g_new0(struct script_provider, 1);

    (void)error;
    provider->base = (struct provider){.ops = script.cannot_change ? &rigid_ops : &script_ops,
                                       .registry = registry,
                                       .capture = capture,
                                       .sink = sink};
    provider->options = *options;
    provider->readings = g_array_new(FALSE, FALSE, sizeof(struct reading));
    g_mutex_lock(&mutex);
    g_ptr_array_add(providers, provider);
    g_mutex_unlock(&mutex);
    return &provider->base;
}
