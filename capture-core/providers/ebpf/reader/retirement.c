/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "retirement.h"

#include <bpf/bpf.h>
#include <glib.h>
#include <string.h>

#include "agent-client.h"
#include "conversation.h"
#include "copies.h"
#include "counter-sums.h"
#include "ebpf-state.h"
#include "event-delivery.h"
#include "model/clock.h"
#include "netns-selection.h"
#include "providers/netdev/component-ids.h"
#include "providers/netdev/topology.h"
#include "readings.h"
#include "rings.h"
#include "sums.h"
#include "table-shares.h"

#define INTERVAL_NS (2000 * PKTMON_NS_PER_MS)
/* Records of a component may come after the report that it has gone. */
#define GRACE_NS (2000 * PKTMON_NS_PER_MS)
/* A namespace that the agent never reported may only be hidden from it: it is retired when nothing
 * has been counted in it for this long, and returns with its next packet. */
#define IDLE_NS (6000 * PKTMON_NS_PER_MS)

/* Entries that are deleted in one pass, during which packets wait in the rings. */
#define MOST_ENTRIES 2048
#define MOST_ASKED   64 /* outstanding requests */
#define TIMEOUT_MS   1000

/* Activity in a whole namespace, or of a device, that the agent does not know. */
struct idle_entries {
    struct netdev_component_key key; /* first: it is the key of the table */
    uint64_t sum;
    uint64_t before; /* sum in the previous pass */
    uint64_t since;  /* ns */
};

struct ebpf_retirement {
    GHashTable *kept; /* sums.h */
    GHashTable *idle; /* struct idle_entries by its key */
    GArray *entries;  /* of struct agent_entry, to be deleted */
    unsigned asked;   /* entries that the agent has not answered */
    uint64_t next;    /* time of the next pass, ns */
};

struct ebpf_retirement *ebpf_retirement_new(void)
{
    struct ebpf_retirement *retirement = g_new0(struct ebpf_retirement, 1);

    retirement->kept = ebpf_sums_new();
    retirement->idle =
        g_hash_table_new_full(netdev_component_key_hash, netdev_component_key_equal, NULL, g_free);
    retirement->entries = g_array_new(FALSE, FALSE, sizeof(struct agent_entry));
    return retirement;
}

void ebpf_retirement_free(struct ebpf_retirement *retirement)
{
    g_hash_table_unref(retirement->kept);
    g_hash_table_unref(retirement->idle);
    g_array_unref(retirement->entries);
    g_free(retirement);
}

GHashTable *ebpf_retirement_kept(const struct ebpf_retirement *retirement)
{
    return retirement->kept;
}

/* --- which entries --- */

/* The key of all entries that are retired together. */
static struct netdev_component_key group_of(const struct ebpf_provider *provider, uint64_t cookie,
                                            uint32_t ifindex)
{
    bool whole = !netdev_is_listed_netns(provider->topology, cookie);

    return (struct netdev_component_key){
        .cookie = cookie, .number = whole ? 0 : ifindex, .is_layer = whole};
}

static void note_activity(struct ebpf_provider *provider, uint64_t cookie, uint32_t ifindex,
                          uint64_t counted)
{
    GHashTable *all = provider->retirement->idle;
    struct netdev_component_key key;
    struct idle_entries *idle;

    if (netdev_get_standing(provider->topology, cookie, ifindex) != NETDEV_UNKNOWN)
        return;
    key = group_of(provider, cookie, ifindex);
    idle = g_hash_table_lookup(all, &key);
    if (!idle) {
        idle = g_new0(struct idle_entries, 1);
        idle->key = key;
        idle->before = UINT64_MAX;
        g_hash_table_insert(all, &idle->key, idle);
    }
    idle->sum += counted;
}

static gboolean settle_activity(void *key, void *value, void *data)
{
    struct idle_entries *idle = value;
    uint64_t now = *(uint64_t *)data;

    (void)key;
    if (idle->sum == 0) /* it has no entries any more */
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
    const struct netdev_component_key key = group_of(provider, cookie, ifindex);
    const struct idle_entries *idle = g_hash_table_lookup(provider->retirement->idle, &key);

    return idle && now - idle->since >= IDLE_NS;
}

static bool is_over(const struct ebpf_provider *provider, uint64_t cookie, uint32_t ifindex,
                    uint64_t now)
{
    switch (netdev_get_standing(provider->topology, cookie, ifindex)) {
    case NETDEV_GONE:
        return true;
    case NETDEV_UNKNOWN:
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
        const struct ebpf_edge_reading *edge = &g_array_index(edges, struct ebpf_edge_reading, i);
        note_activity(provider, edge->key.net_cookie, edge->key.ifindex, counted_at(&edge->sum));
    }
    for (guint i = 0; i < drops->len; i++) {
        const struct ebpf_drop_reading *drop = &g_array_index(drops, struct ebpf_drop_reading, i);
        note_activity(provider, drop->key.net_cookie, drop->key.ifindex, 1 + drop->sum.packets);
    }
    for (guint i = 0; i < devices->len; i++) {
        const struct device_key *device = &g_array_index(devices, struct device_key, i);
        note_activity(provider, device->net_cookie, device->ifindex, 1);
    }
    g_hash_table_foreach_remove(provider->retirement->idle, settle_activity, &now);
}

static void add_entry(struct ebpf_retirement *retirement, const struct agent_entry *entry)
{
    g_array_append_vals(retirement->entries, entry, 1);
}

/* Descriptions of devices come last: readings need them. */
static void choose_entries(struct ebpf_provider *provider, const GArray *edges, const GArray *drops,
                           const GArray *devices, uint64_t now)
{
    struct ebpf_retirement *retirement = provider->retirement;

    for (guint i = 0; i < edges->len; i++) {
        const struct device_key *key = &g_array_index(edges, struct ebpf_edge_reading, i).key;
        if (is_over(provider, key->net_cookie, key->ifindex, now))
            add_entry(retirement, &(struct agent_entry){.kind = AGENT_ENTRY_EDGE, .device = *key});
    }
    for (guint i = 0; i < drops->len; i++) {
        const struct drop_key *key = &g_array_index(drops, struct ebpf_drop_reading, i).key;
        if (is_over(provider, key->net_cookie, key->ifindex, now))
            add_entry(retirement, &(struct agent_entry){.kind = AGENT_ENTRY_DROP, .drop = *key});
    }
    for (guint i = 0; i < devices->len; i++) {
        const struct device_key *key = &g_array_index(devices, struct device_key, i);
        if (is_over(provider, key->net_cookie, key->ifindex, now))
            add_entry(retirement,
                      &(struct agent_entry){.kind = AGENT_ENTRY_DEVICE, .device = *key});
    }
}

/* --- their deletion --- */

void ebpf_take_forgotten(struct ebpf_provider *provider, const struct agent_forgotten *forgotten)
{
    struct ebpf_retirement *retirement = provider->retirement;
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
        ebpf_copies_forget(provider->copies, &entry->drop);
    }
}

G_STATIC_ASSERT(sizeof(struct edge_counters) <= sizeof((struct agent_forgotten){}.last));
G_STATIC_ASSERT(sizeof(struct drop_counters) <= sizeof((struct agent_forgotten){}.last));

static bool await_answers(struct ebpf_provider *provider, unsigned most, uint64_t deadline)
{
    while (provider->retirement->asked > most) {
        if (ebpf_receive(provider, 10, NULL) < 0 || clock_monotonic() > deadline)
            return false;
    }
    return true;
}

bool ebpf_settle_retirement(struct ebpf_provider *provider)
{
    return await_answers(provider, 0, clock_monotonic() + TIMEOUT_MS * PKTMON_NS_PER_MS);
}

/* Deletes the chosen entries, up to a limit. False: not all of them. */
static bool delete_entries(struct ebpf_provider *provider)
{
    struct ebpf_retirement *retirement = provider->retirement;
    uint64_t deadline = clock_monotonic() + TIMEOUT_MS * PKTMON_NS_PER_MS;
    guint count = MIN(retirement->entries->len, MOST_ENTRIES);
    bool ok = true, full;

    for (guint next = 0; ok && next < count;) {
        struct agent_request request = {.protocol = AGENT_PROTOCOL, .type = AGENT_FORGET};
        guint some = MIN(count - next, AGENT_FORGET_MOST);

        request.forget.count = some;
        memcpy(request.forget.entries,
               &g_array_index(retirement->entries, struct agent_entry, next),
               some * sizeof(struct agent_entry));
        /* Where there is no room, the next pass continues. */
        ok = ebpf_agent_try_send(&provider->agent, &request, &full, NULL) && !full;
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

/* Pushes the last events of a component, after which everybody forgets it. */
static void retire_component(void *data, uint32_t id, const struct netdev_component_key *key)
{
    struct ebpf_provider *provider = data;
    const struct device_key device = {.net_cookie = key->cookie, .ifindex = key->number};

    ebpf_push_last_counters(provider, provider->retirement->kept, id,
                            key->is_layer ? NULL : &device);
    ebpf_push(provider, PKTMON_RECORD_RETIRED, id);
}

static void forget_netns(void *data, uint64_t cookie)
{
    struct ebpf_provider *provider = data;

    ebpf_shares_forget(provider->shares_reported, cookie);
    ebpf_selection_forget(&provider->selection, cookie);
    add_entry(provider->retirement,
              &(struct agent_entry){.kind = AGENT_ENTRY_NETNS, .netns = cookie});
}

static void choose_retired(struct ebpf_provider *provider, uint64_t now)
{
    g_autoptr(GArray) edges = ebpf_read_edges(provider->maps[AGENT_MAP_COUNTERS]);
    g_autoptr(GArray) drops = ebpf_read_drops(provider->maps[AGENT_MAP_DROPS]);
    g_autoptr(GArray) devices = ebpf_read_devices(provider->maps[AGENT_MAP_DEVICES]);

    note_all_activity(provider, edges, drops, devices, now);
    choose_entries(provider, edges, drops, devices, now);
    ebpf_copies_prune(provider->copies, provider->maps[AGENT_MAP_DROPS]);
}

void ebpf_advance_retirement(struct ebpf_provider *provider)
{
    struct ebpf_retirement *retirement = provider->retirement;
    uint64_t now = clock_monotonic();
    uint64_t read = MIN(ebpf_rings_watermark(provider->rings), now);

    netdev_set_time(provider->topology, now, read > GRACE_NS ? read - GRACE_NS : 0);
    if (now < retirement->next || provider->changing || retirement->asked > 0)
        return;
    retirement->next = now + INTERVAL_NS;
    choose_retired(provider, now);
    if (!delete_entries(provider)) {
        retirement->next = now; /* continues soon */
        return;
    }
    netdev_visit_retired(provider->topology, now - IDLE_NS, retire_component, provider);
    netdev_end_namespaces(provider->topology, now - IDLE_NS, forget_netns, provider);
    delete_entries(provider);
}
