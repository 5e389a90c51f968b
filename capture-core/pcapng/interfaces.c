/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "interfaces.h"

#include <string.h>

#include "pcapng-blocks.h"
#include "model/salted-hash.h"

struct pcapng_interfaces {
    GPtrArray *entries;       /* of struct pcapng_interface, owned, in order */
    uint32_t count;           /* number of blocks in this section */
    GHashTable *entry_of_key; /* uint64_t -> the newest struct pcapng_interface */
    GHashTable *entries_of;   /* component -> its newest entry, which leads to the older ones */
    struct pcapng_interface *newest; /* the last one found, as packets come in runs; NULL = none */
    bool renamed;                    /* a component has had several names */
    GHashTable *losses;              /* component id -> struct interface_loss, owned */
};

/* Of one component. */
struct interface_loss {
    uint64_t reported;      /* by packets */
    uint64_t pending;       /* of these, reported on interfaces without statistics so far */
    uint64_t in_statistics; /* reported in the statistics of this section and earlier ones */
    GArray *edges;          /* of struct edge_loss: reported by its counters */
};

/* What packets on an interface reported of a component. */
struct reported_loss {
    uint32_t component;
    uint64_t lost;
};

struct edge_loss {
    uint16_t edge;
    uint64_t lost; /* in all */
};

static struct interface_loss *loss_new(void)
{
    struct interface_loss *loss = g_new0(struct interface_loss, 1);

    loss->edges = g_array_new(FALSE, FALSE, sizeof(struct edge_loss));
    return loss;
}

static void loss_free(void *data)
{
    struct interface_loss *loss = data;

    g_array_unref(loss->edges);
    g_free(loss);
}

static void interface_free(void *data)
{
    struct pcapng_interface *interface = data;

    g_free(interface->name);
    g_array_unref(interface->lost);
    g_free(interface);
}

struct pcapng_interfaces *pcapng_interfaces_new(void)
{
    struct pcapng_interfaces *interfaces = g_new0(struct pcapng_interfaces, 1);

    interfaces->entries = g_ptr_array_new_with_free_func(interface_free);
    interfaces->entry_of_key = g_hash_table_new(salted_int64, g_int64_equal);
    interfaces->entries_of = g_hash_table_new(salted_number, NULL);
    interfaces->losses = g_hash_table_new_full(salted_number, NULL, NULL, loss_free);
    return interfaces;
}

void pcapng_interfaces_free(struct pcapng_interfaces *interfaces)
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

static void make_newest(struct pcapng_interfaces *interfaces, struct pcapng_interface *entry)
{
    g_hash_table_replace(interfaces->entry_of_key, &entry->key, entry);
    entry->before = g_hash_table_lookup(interfaces->entries_of, GUINT_TO_POINTER(entry->component));
    g_hash_table_insert(interfaces->entries_of, GUINT_TO_POINTER(entry->component), entry);
}

struct pcapng_interface *pcapng_interfaces_add(struct pcapng_interfaces *interfaces,
                                               uint32_t component, uint16_t link_type,
                                               const char *name)
{
    struct pcapng_interface *entry = g_new0(struct pcapng_interface, 1);

    entry->key = interface_key(component, link_type);
    entry->number = interfaces->count++;
    entry->component = component;
    entry->name = g_strdup(name);
    entry->lost = g_array_new(FALSE, FALSE, sizeof(struct reported_loss));
    g_ptr_array_add(interfaces->entries, entry);
    make_newest(interfaces, entry);
    return entry;
}

struct pcapng_interface *pcapng_interfaces_resume(struct pcapng_interfaces *interfaces,
                                                  uint32_t component, uint16_t link_type,
                                                  const char *name)
{
    uint64_t key = interface_key(component, link_type);

    for (guint i = 0; interfaces->renamed && i < interfaces->entries->len; i++) {
        struct pcapng_interface *entry = g_ptr_array_index(interfaces->entries, i);

        if (entry->key == key && strcmp(entry->name, name) == 0) {
            make_newest(interfaces, entry);
            return entry;
        }
    }
    return NULL;
}

struct pcapng_interface *pcapng_interfaces_find(struct pcapng_interfaces *interfaces,
                                                uint32_t component, uint16_t link_type)
{
    uint64_t key = interface_key(component, link_type);

    if (!interfaces->newest || interfaces->newest->key != key)
        interfaces->newest = g_hash_table_lookup(interfaces->entry_of_key, &key);
    return interfaces->newest;
}

void pcapng_interfaces_rename(struct pcapng_interfaces *interfaces, uint32_t component,
                              const char *name)
{
    struct pcapng_interface *entry =
        g_hash_table_lookup(interfaces->entries_of, GUINT_TO_POINTER(component));
    struct pcapng_interface *kept = NULL, *before;

    for (; entry; entry = before) {
        before = entry->before;
        interfaces->renamed |= strcmp(entry->name, name) != 0;
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

void pcapng_interfaces_visit_active(struct pcapng_interfaces *interfaces,
                                    pcapng_interfaces_visitor *visitor, void *context)
{
    for (guint i = 0; i < interfaces->entries->len; i++) {
        struct pcapng_interface *entry = g_ptr_array_index(interfaces->entries, i);

        if (entry->received > entry->noted)
            visitor(context, entry->component);
        entry->noted = entry->received;
    }
}

static struct interface_loss *get_loss(struct pcapng_interfaces *interfaces, uint32_t component)
{
    struct interface_loss *loss =
        g_hash_table_lookup(interfaces->losses, GUINT_TO_POINTER(component));

    if (!loss) {
        loss = loss_new();
        g_hash_table_insert(interfaces->losses, GUINT_TO_POINTER(component), loss);
    }
    return loss;
}

static struct edge_loss *get_edge_loss(struct interface_loss *loss, uint16_t edge)
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

void pcapng_interfaces_count_loss(struct pcapng_interfaces *interfaces, uint32_t component,
                                  uint16_t edge, uint64_t lost)
{
    if (lost > 0)
        get_edge_loss(get_loss(interfaces, component), edge)->lost = lost;
}

static struct reported_loss *get_reported(struct pcapng_interface *interface, uint32_t component)
{
    const struct reported_loss none = {.component = component};

    for (guint i = 0; i < interface->lost->len; i++) {
        struct reported_loss *known = &g_array_index(interface->lost, struct reported_loss, i);

        if (known->component == component)
            return known;
    }
    g_array_append_val(interface->lost, none);
    return &g_array_index(interface->lost, struct reported_loss, interface->lost->len - 1);
}

void pcapng_interfaces_report_loss(struct pcapng_interfaces *interfaces,
                                   struct pcapng_interface *interface, uint32_t component,
                                   uint64_t lost)
{
    if (lost == 0)
        return;
    struct interface_loss *loss = get_loss(interfaces, component);
    loss->reported += lost;
    if (!interface)
        return;
    loss->pending += lost;
    get_reported(interface, component)->lost += lost;
}

/* Losses of the component that no statistics have reported yet. Its counters include events lost
 * after its last packet; its packets do not report those, or not before the next section. */
static uint64_t unreported(const struct interface_loss *loss)
{
    uint64_t counted = 0;

    for (guint i = 0; i < loss->edges->len; i++)
        counted += g_array_index(loss->edges, struct edge_loss, i).lost;
    counted = MAX(counted, loss->reported);
    return counted > loss->in_statistics ? counted - loss->in_statistics : 0;
}

/* What the interface's packets reported, unless the statistics of earlier sections have it. */
static uint64_t take_reported(struct pcapng_interfaces *interfaces,
                              const struct pcapng_interface *entry)
{
    uint64_t sum = 0;

    for (guint i = 0; i < entry->lost->len; i++) {
        const struct reported_loss *reported = &g_array_index(entry->lost, struct reported_loss, i);
        struct interface_loss *loss =
            g_hash_table_lookup(interfaces->losses, GUINT_TO_POINTER(reported->component));
        uint64_t lost = reported->lost;

        if (loss) { /* it has not been retired */
            loss->pending -= MIN(lost, loss->pending);
            lost = MIN(lost, unreported(loss));
            loss->in_statistics += lost;
        }
        sum += lost;
    }
    return sum;
}

/* What no packet reported, and none will on an interface whose statistics come later. */
static uint64_t take_rest(struct pcapng_interfaces *interfaces,
                          const struct pcapng_interface *entry)
{
    struct interface_loss *loss =
        g_hash_table_lookup(interfaces->losses, GUINT_TO_POINTER(entry->component));

    if (!loss)
        return 0;
    uint64_t rest = unreported(loss);
    rest -= MIN(rest, loss->pending);
    loss->in_statistics += rest;
    return rest;
}

/* Gives each interface the losses that its own packets reported. The component's first interface
 * gets the rest. */
static void share_losses(struct pcapng_interfaces *interfaces, const GPtrArray *entries,
                         uint64_t *lost)
{
    for (guint i = entries->len; i-- > 0;)
        lost[i] = take_reported(interfaces, g_ptr_array_index(entries, i));
    for (guint i = 0; i < entries->len; i++)
        lost[i] += take_rest(interfaces, g_ptr_array_index(entries, i));
}

static void put_statistics(struct pcapng_interfaces *interfaces, const GPtrArray *entries,
                           GByteArray *out, uint64_t start_time, uint64_t end_time)
{
    g_autofree uint64_t *lost = g_new0(uint64_t, entries->len);

    share_losses(interfaces, entries, lost);
    for (guint i = 0; i < entries->len; i++) {
        const struct pcapng_interface *entry = g_ptr_array_index(entries, i);
        const struct pcapng_statistics_block statistics = {
            .interface = entry->number,
            .time = end_time,
            .start_time = start_time,
            .end_time = end_time,
            .received = entry->received,
            .dropped = lost[i],
        };

        pcapng_put_statistics(out, &statistics);
    }
}

void pcapng_interfaces_retire(struct pcapng_interfaces *interfaces, GByteArray *out,
                              uint32_t component, uint64_t start_time, uint64_t end_time)
{
    g_autoptr(GPtrArray) its = g_ptr_array_new();

    for (guint i = 0; i < interfaces->entries->len; i++) {
        struct pcapng_interface *entry = g_ptr_array_index(interfaces->entries, i);

        if (entry->component == component)
            g_ptr_array_add(its, entry);
    }
    put_statistics(interfaces, its, out, start_time, end_time);
    for (guint i = 0; i < its->len; i++) {
        struct pcapng_interface *entry = g_ptr_array_index(its, i);

        if (g_hash_table_lookup(interfaces->entry_of_key, &entry->key) == entry)
            g_hash_table_remove(interfaces->entry_of_key, &entry->key);
        g_ptr_array_remove(interfaces->entries, entry);
    }
    g_hash_table_remove(interfaces->entries_of, GUINT_TO_POINTER(component));
    g_hash_table_remove(interfaces->losses, GUINT_TO_POINTER(component));
    interfaces->newest = NULL;
}

void pcapng_interfaces_put_statistics(struct pcapng_interfaces *interfaces, GByteArray *out,
                                      uint64_t start_time, uint64_t end_time)
{
    put_statistics(interfaces, interfaces->entries, out, start_time, end_time);
}

void pcapng_interfaces_next_section(struct pcapng_interfaces *interfaces)
{
    g_hash_table_remove_all(interfaces->entry_of_key);
    g_hash_table_remove_all(interfaces->entries_of);
    g_ptr_array_set_size(interfaces->entries, 0);
    interfaces->count = 0;
    interfaces->newest = NULL;
}
