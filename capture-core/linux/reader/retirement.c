/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "retirement.h"

#include <bpf/bpf.h>

#include "clock.h"
#include "ebpf_provider.h"
#include "ids.h"
#include "readings.h"
#include "sums.h"

#define INTERVAL_NS (2000 * PKTMON_NS_PER_MS)
/* Records of what has gone come after the word that it has. */
#define GRACE_NS (2000 * PKTMON_NS_PER_MS)
/* A namespace that the agent never told of may only be hidden from it: it goes when nothing has
 * been counted in it for so long, and comes back with its next packet. */
#define IDLE_NS (6000 * PKTMON_NS_PER_MS)

/* Entries deleted in one go: the packets of the time that this takes wait in the rings. */
#define MOST_ENTRIES 2048
#define MOST_ASKED   64 /* messages that are not answered yet */
#define TIMEOUT_MS   1000

/* What was counted in all of a namespace, or of a device, that the agent does not know. */
struct idle {
    struct component_key key; /* first: it is the key of the table */
    uint64_t sum;
    uint64_t before; /* the same, in the last pass */
    uint64_t since;  /* ns */
};

struct retirement {
    GHashTable *kept; /* sums.h */
    GHashTable *idle; /* struct idle by its key */
    GArray *entries;  /* of struct agent_entry, to be deleted */
    unsigned asked;   /* entries that the agent has not answered */
    uint64_t next;    /* pass, ns */
};

struct retirement *retirement_new(void)
{
    struct retirement *retirement = g_new0(struct retirement, 1);

    retirement->kept = sums_new();
    retirement->idle = g_hash_table_new_full(component_key_hash, component_key_equal, NULL, g_free);
    retirement->entries = g_array_new(FALSE, FALSE, sizeof(struct agent_entry));
    return retirement;
}

void retirement_free(struct retirement *retirement)
{
    g_hash_table_unref(retirement->kept);
    g_hash_table_unref(retirement->idle);
    g_array_unref(retirement->entries);
    g_free(retirement);
}

bool retirement_is_under_way(const struct retirement *retirement)
{
    return retirement->asked > 0;
}

GHashTable *retirement_kept(const struct retirement *retirement)
{
    return retirement->kept;
}

/* --- which entries --- */

/* All of the entries that are given up together. */
static struct component_key group_of(const struct ebpf_provider *provider, uint64_t cookie,
                                     uint32_t ifindex)
{
    bool whole = !topology_lists_netns(provider->topology, cookie);

    return (struct component_key){
        .cookie = cookie, .number = whole ? 0 : ifindex, .is_layer = whole};
}

static void note_activity(struct ebpf_provider *provider, uint64_t cookie, uint32_t ifindex,
                          uint64_t counted)
{
    GHashTable *all = provider->retirement->idle;
    struct component_key key;
    struct idle *idle;

    if (topology_standing(provider->topology, cookie, ifindex) != TOPOLOGY_UNKNOWN)
        return;
    key = group_of(provider, cookie, ifindex);
    idle = g_hash_table_lookup(all, &key);
    if (!idle) {
        idle = g_new0(struct idle, 1);
        idle->key = key;
        idle->before = UINT64_MAX;
        g_hash_table_insert(all, &idle->key, idle);
    }
    idle->sum += counted;
}

static gboolean settle_activity(void *key, void *value, void *data)
{
    struct idle *idle = value;
    uint64_t now = *(uint64_t *)data;

    (void)key;
    if (idle->sum == 0) /* it has no entry any more */
        return TRUE;
    if (idle->sum != idle->before)
        idle->since = now;
    idle->before = idle->sum;
    idle->sum = 0;
    return FALSE;
}

static bool is_idle(const struct ebpf_provider *provider, uint64_t cookie, uint32_t ifindex,
                    uint64_t now)
{
    const struct component_key key = group_of(provider, cookie, ifindex);
    const struct idle *idle = g_hash_table_lookup(provider->retirement->idle, &key);

    return idle && now - idle->since >= IDLE_NS;
}

static bool is_over(const struct ebpf_provider *provider, uint64_t cookie, uint32_t ifindex,
                    uint64_t now)
{
    switch (topology_standing(provider->topology, cookie, ifindex)) {
    case TOPOLOGY_GONE:
        return true;
    case TOPOLOGY_UNKNOWN:
        return is_idle(provider, cookie, ifindex, now);
    default:
        return false;
    }
}

static uint64_t counted_at(const struct edge_counters *counters)
{
    return 1 + counters->packets[RECORD_RX] + counters->packets[RECORD_TX];
}

static void note_all_activity(struct ebpf_provider *provider, const GArray *edges,
                              const GArray *drops, const GArray *devices, uint64_t now)
{
    for (guint i = 0; i < edges->len; i++) {
        const struct edge_reading *edge = &g_array_index(edges, struct edge_reading, i);
        note_activity(provider, edge->key.net_cookie, edge->key.ifindex, counted_at(&edge->sum));
    }
    for (guint i = 0; i < drops->len; i++) {
        const struct drop_reading *drop = &g_array_index(drops, struct drop_reading, i);
        note_activity(provider, drop->key.net_cookie, drop->key.ifindex, 1 + drop->sum.packets);
    }
    for (guint i = 0; i < devices->len; i++) {
        const struct device_key *device = &g_array_index(devices, struct device_key, i);
        note_activity(provider, device->net_cookie, device->ifindex, 1);
    }
    g_hash_table_foreach_remove(provider->retirement->idle, settle_activity, &now);
}

static void want(struct retirement *retirement, const struct agent_entry *entry)
{
    g_array_append_vals(retirement->entries, entry, 1);
}

/* Descriptions of devices come last: they are needed for the readings. */
static void choose_entries(struct ebpf_provider *provider, const GArray *edges, const GArray *drops,
                           const GArray *devices, uint64_t now)
{
    struct retirement *retirement = provider->retirement;

    for (guint i = 0; i < edges->len; i++) {
        const struct device_key *key = &g_array_index(edges, struct edge_reading, i).key;
        if (is_over(provider, key->net_cookie, key->ifindex, now))
            want(retirement, &(struct agent_entry){.kind = AGENT_ENTRY_EDGE, .device = *key});
    }
    for (guint i = 0; i < drops->len; i++) {
        const struct drop_key *key = &g_array_index(drops, struct drop_reading, i).key;
        if (is_over(provider, key->net_cookie, key->ifindex, now))
            want(retirement, &(struct agent_entry){.kind = AGENT_ENTRY_DROP, .drop = *key});
    }
    for (guint i = 0; i < devices->len; i++) {
        const struct device_key *key = &g_array_index(devices, struct device_key, i);
        if (is_over(provider, key->net_cookie, key->ifindex, now))
            want(retirement, &(struct agent_entry){.kind = AGENT_ENTRY_DEVICE, .device = *key});
    }
}

/* --- their deletion --- */

void retirement_take(struct ebpf_provider *provider, const struct agent_forgotten *forgotten)
{
    struct retirement *retirement = provider->retirement;
    const struct agent_entry *entry = &forgotten->entry;

    if (retirement->asked > 0)
        retirement->asked--;
    if (entry->kind == AGENT_ENTRY_EDGE && forgotten->existed)
        ebpf_add_edge(provider, retirement->kept, &entry->device,
                      (const struct edge_counters *)forgotten->last);
    if (entry->kind == AGENT_ENTRY_DROP) {
        if (forgotten->existed)
            ebpf_add_drops(provider, retirement->kept, &entry->drop,
                           (const struct drop_counters *)forgotten->last);
        copies_forget(provider->copies, &entry->drop);
    }
}

G_STATIC_ASSERT(sizeof(struct edge_counters) <= sizeof((struct agent_forgotten){}.last));
G_STATIC_ASSERT(sizeof(struct drop_counters) <= sizeof((struct agent_forgotten){}.last));

static bool await_answers(struct ebpf_provider *provider, unsigned most, uint64_t deadline)
{
    while (provider->retirement->asked > most) {
        if (ebpf_listen(provider, 10, NULL) < 0 || pktmon_clock_monotonic() > deadline)
            return false;
    }
    return true;
}

/* Deletes the entries that were chosen, or as many as is good at once. False: not all of them. */
static bool delete_entries(struct ebpf_provider *provider)
{
    struct retirement *retirement = provider->retirement;
    uint64_t deadline = pktmon_clock_monotonic() + TIMEOUT_MS * PKTMON_NS_PER_MS;
    guint count = MIN(retirement->entries->len, MOST_ENTRIES);
    bool ok = true, full;

    for (guint next = 0; ok && next < count;) {
        struct agent_request request = {.protocol = AGENT_PROTOCOL, .type = AGENT_FORGET};
        guint some = MIN(count - next, AGENT_FORGET_MOST);

        request.forget.count = some;
        memcpy(request.forget.entries,
               &g_array_index(retirement->entries, struct agent_entry, next),
               some * sizeof(struct agent_entry));
        /* Where there is no room the next pass goes on. */
        ok = agent_client_try(&provider->agent, &request, &full, NULL) && !full;
        if (!ok)
            break;
        retirement->asked += some;
        next += some;
        ok = await_answers(provider, MOST_ASKED * AGENT_FORGET_MOST, deadline);
    }
    ok = ok && await_answers(provider, 0, deadline) && count == retirement->entries->len;
    g_array_set_size(retirement->entries, 0);
    return ok;
}

/* --- components --- */

/* Has the last word of a component said, and then all take it out of their books. */
static void retire_component(void *data, uint32_t id, const struct component_key *key)
{
    struct ebpf_provider *provider = data;
    const struct device_key device = {.net_cookie = key->cookie, .ifindex = key->number};

    ebpf_push_last_counters(provider, id, key->is_layer ? NULL : &device);
    ebpf_push(provider, PKTMON_RECORD_RETIRED, id);
}

static void forget_netns(void *data, uint64_t cookie)
{
    struct ebpf_provider *provider = data;

    shares_forget(provider->shares_told, cookie);
    selection_forget(&provider->selection, cookie);
    want(provider->retirement, &(struct agent_entry){.kind = AGENT_ENTRY_NETNS, .netns = cookie});
}

static void look(struct ebpf_provider *provider, uint64_t now)
{
    g_autoptr(GArray) edges = readings_edges(provider->maps[AGENT_MAP_COUNTERS]);
    g_autoptr(GArray) drops = readings_drops(provider->maps[AGENT_MAP_DROPS]);
    g_autoptr(GArray) devices = readings_devices(provider->maps[AGENT_MAP_DEVICES]);

    note_all_activity(provider, edges, drops, devices, now);
    choose_entries(provider, edges, drops, devices, now);
    copies_prune(provider->copies, provider->maps[AGENT_MAP_DROPS]);
}

void retirement_advance(struct ebpf_provider *provider)
{
    struct retirement *retirement = provider->retirement;
    uint64_t now = pktmon_clock_monotonic();
    uint64_t read = MIN(rings_watermark(provider->rings), now);

    topology_set_time(provider->topology, now, read > GRACE_NS ? read - GRACE_NS : 0);
    if (now < retirement->next || provider->changing || retirement_is_under_way(retirement))
        return;
    retirement->next = now + INTERVAL_NS;
    look(provider, now);
    if (!delete_entries(provider)) {
        retirement->next = now; /* goes on soon */
        return;
    }
    topology_visit_over(provider->topology, now - IDLE_NS, retire_component, provider);
    topology_end_namespaces(provider->topology, now - IDLE_NS, forget_netns, provider);
    delete_entries(provider);
}
