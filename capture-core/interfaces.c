/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "interfaces.h"

#include <string.h>

#include "pcapng.h"
#include "salted.h"

struct pktmon_interfaces {
    GPtrArray *entries;              /* of struct pktmon_interface, owned, in order */
    uint32_t count;                  /* of all blocks in this section */
    GHashTable *entry_of_key;        /* uint64_t -> the newest struct pktmon_interface */
    GHashTable *entries_of;          /* component -> its newest entry, and through it the others */
    struct pktmon_interface *newest; /* found last: packets come in runs; NULL = none */
    GHashTable *losses;              /* component id -> struct loss, owned */
};

/* Of one component. */
struct loss {
    uint64_t reported; /* by its packets */
    uint64_t told;     /* by the statistics of this section and those before */
    GArray *edges;     /* of struct edge_loss: by its counters */
};

struct edge_loss {
    uint16_t edge;
    uint64_t lost; /* in all */
};

static struct loss *loss_new(void)
{
    struct loss *loss = g_new0(struct loss, 1);

    loss->edges = g_array_new(FALSE, FALSE, sizeof(struct edge_loss));
    return loss;
}

static void loss_free(void *data)
{
    struct loss *loss = data;

    g_array_unref(loss->edges);
    g_free(loss);
}

static void interface_free(void *data)
{
    struct pktmon_interface *interface = data;

    g_free(interface->name);
    g_free(interface);
}

struct pktmon_interfaces *pktmon_interfaces_new(void)
{
    struct pktmon_interfaces *interfaces = g_new0(struct pktmon_interfaces, 1);

    interfaces->entries = g_ptr_array_new_with_free_func(interface_free);
    interfaces->entry_of_key = g_hash_table_new(salted_int64, g_int64_equal);
    interfaces->entries_of = g_hash_table_new(salted_number, NULL);
    interfaces->losses = g_hash_table_new_full(salted_number, NULL, NULL, loss_free);
    return interfaces;
}

void pktmon_interfaces_free(struct pktmon_interfaces *interfaces)
{
    g_hash_table_unref(interfaces->entry_of_key);
    g_hash_table_unref(interfaces->entries_of);
    g_ptr_array_unref(interfaces->entries);
    g_hash_table_unref(interfaces->losses);
    g_free(interfaces);
}

static uint64_t interface_key(uint32_t component, uint16_t link_type)
{
    return (uint64_t)component << 16 | link_type;
}

struct pktmon_interface *pktmon_interfaces_add(struct pktmon_interfaces *interfaces,
                                               uint32_t component, uint16_t link_type,
                                               const char *name)
{
    struct pktmon_interface *entry = g_new0(struct pktmon_interface, 1);

    entry->key = interface_key(component, link_type);
    entry->number = interfaces->count++;
    entry->component = component;
    entry->name = g_strdup(name);
    g_ptr_array_add(interfaces->entries, entry);
    g_hash_table_replace(interfaces->entry_of_key, &entry->key, entry);
    entry->before = g_hash_table_lookup(interfaces->entries_of, GUINT_TO_POINTER(component));
    g_hash_table_insert(interfaces->entries_of, GUINT_TO_POINTER(component), entry);
    return entry;
}

struct pktmon_interface *pktmon_interfaces_find(struct pktmon_interfaces *interfaces,
                                                uint32_t component, uint16_t link_type)
{
    uint64_t key = interface_key(component, link_type);

    if (!interfaces->newest || interfaces->newest->key != key)
        interfaces->newest = g_hash_table_lookup(interfaces->entry_of_key, &key);
    return interfaces->newest;
}

void pktmon_interfaces_rename(struct pktmon_interfaces *interfaces, uint32_t component,
                              const char *name)
{
    struct pktmon_interface *entry =
        g_hash_table_lookup(interfaces->entries_of, GUINT_TO_POINTER(component));
    struct pktmon_interface *kept = NULL, *before;

    for (; entry; entry = before) {
        before = entry->before;
        if (strcmp(entry->name, name) == 0) {
            entry->before = kept;
            kept = entry;
        } else if (g_hash_table_lookup(interfaces->entry_of_key, &entry->key) == entry) {
            g_hash_table_remove(interfaces->entry_of_key, &entry->key);
        }
    }
    g_hash_table_insert(interfaces->entries_of, GUINT_TO_POINTER(component), kept);
    interfaces->newest = NULL;
}

void pktmon_interfaces_visit_news(struct pktmon_interfaces *interfaces,
                                  pktmon_interfaces_visitor *visitor, void *context)
{
    for (guint i = 0; i < interfaces->entries->len; i++) {
        struct pktmon_interface *entry = g_ptr_array_index(interfaces->entries, i);

        if (entry->received > entry->noted)
            visitor(context, entry->component);
        entry->noted = entry->received;
    }
}

static struct loss *get_loss(struct pktmon_interfaces *interfaces, uint32_t component)
{
    struct loss *loss = g_hash_table_lookup(interfaces->losses, GUINT_TO_POINTER(component));

    if (!loss) {
        loss = loss_new();
        g_hash_table_insert(interfaces->losses, GUINT_TO_POINTER(component), loss);
    }
    return loss;
}

static struct edge_loss *get_edge_loss(struct loss *loss, uint16_t edge)
{
    const struct edge_loss none = {.edge = edge};

    for (guint i = 0; i < loss->edges->len; i++) {
        struct edge_loss *known = &g_array_index(loss->edges, struct edge_loss, i);

        if (known->edge == edge)
            return known;
    }
    g_array_append_val(loss->edges, none);
    return &g_array_index(loss->edges, struct edge_loss, loss->edges->len - 1);
}

void pktmon_interfaces_count_loss(struct pktmon_interfaces *interfaces, uint32_t component,
                                  uint16_t edge, uint64_t lost)
{
    if (lost > 0)
        get_edge_loss(get_loss(interfaces, component), edge)->lost = lost;
}

/* What the packets of each component said was lost, over its interfaces and all sections. */
static void sum_reported(struct pktmon_interfaces *interfaces, const GPtrArray *entries)
{
    for (guint i = 0; i < entries->len; i++) {
        const struct pktmon_interface *entry = g_ptr_array_index(entries, i);

        if (entry->lost > 0)
            get_loss(interfaces, entry->component)->reported += entry->lost;
    }
}

/* Of all that the component lost, what no statistics told of yet. Its counters know of events lost
 * after its last packet; its packets do not, or not before the next section. */
static uint64_t untold(const struct loss *loss)
{
    uint64_t counted = 0;

    for (guint i = 0; i < loss->edges->len; i++)
        counted += g_array_index(loss->edges, struct edge_loss, i).lost;
    counted = MAX(counted, loss->reported);
    return counted > loss->told ? counted - loss->told : 0;
}

/* What each interface tells: what its own packets reported, where earlier sections did not tell it
 * by the counters; and a component's first one all the rest. */
static void share_losses(struct pktmon_interfaces *interfaces, const GPtrArray *entries)
{
    for (guint i = entries->len; i-- > 0;) {
        struct pktmon_interface *entry = g_ptr_array_index(entries, i);
        struct loss *loss =
            g_hash_table_lookup(interfaces->losses, GUINT_TO_POINTER(entry->component));

        if (loss) {
            entry->lost = MIN(entry->lost, untold(loss));
            loss->told += entry->lost;
        }
    }
    for (guint i = 0; i < entries->len; i++) {
        struct pktmon_interface *entry = g_ptr_array_index(entries, i);
        struct loss *loss =
            g_hash_table_lookup(interfaces->losses, GUINT_TO_POINTER(entry->component));

        if (loss) {
            uint64_t rest = untold(loss);
            entry->lost += rest;
            loss->told += rest;
        }
    }
}

static void put_statistics(struct pktmon_interfaces *interfaces, const GPtrArray *entries,
                           GByteArray *out, uint64_t start_time, uint64_t end_time)
{
    sum_reported(interfaces, entries);
    share_losses(interfaces, entries);
    for (guint i = 0; i < entries->len; i++) {
        const struct pktmon_interface *entry = g_ptr_array_index(entries, i);
        const struct pktmon_pcapng_statistics statistics = {
            .interface = entry->number,
            .time = end_time,
            .start_time = start_time,
            .end_time = end_time,
            .received = entry->received,
            .dropped = entry->lost,
        };

        pktmon_pcapng_put_statistics(out, &statistics);
    }
}

void pktmon_interfaces_retire(struct pktmon_interfaces *interfaces, GByteArray *out,
                              uint32_t component, uint64_t start_time, uint64_t end_time)
{
    g_autoptr(GPtrArray) its = g_ptr_array_new();

    for (guint i = 0; i < interfaces->entries->len; i++) {
        struct pktmon_interface *entry = g_ptr_array_index(interfaces->entries, i);

        if (entry->component == component)
            g_ptr_array_add(its, entry);
    }
    put_statistics(interfaces, its, out, start_time, end_time);
    for (guint i = 0; i < its->len; i++) {
        struct pktmon_interface *entry = g_ptr_array_index(its, i);

        if (g_hash_table_lookup(interfaces->entry_of_key, &entry->key) == entry)
            g_hash_table_remove(interfaces->entry_of_key, &entry->key);
        g_ptr_array_remove(interfaces->entries, entry);
    }
    g_hash_table_remove(interfaces->losses, GUINT_TO_POINTER(component));
    interfaces->newest = NULL;
}

void pktmon_interfaces_put_statistics(struct pktmon_interfaces *interfaces, GByteArray *out,
                                      uint64_t start_time, uint64_t end_time)
{
    put_statistics(interfaces, interfaces->entries, out, start_time, end_time);
}

void pktmon_interfaces_next_section(struct pktmon_interfaces *interfaces)
{
    g_hash_table_remove_all(interfaces->entry_of_key);
    g_hash_table_remove_all(interfaces->entries_of);
    g_ptr_array_set_size(interfaces->entries, 0);
    interfaces->count = 0;
    interfaces->newest = NULL;
}
