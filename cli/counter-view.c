/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "counter-view.h"

#include "salted.h"
#include "table.h"

/* The counters of one component within the list. */
struct range {
    guint first, count;
};

static GHashTable *ranges_of(const counter_list *counters)
{
    GHashTable *ranges = g_hash_table_new_full(salted_number, NULL, NULL, g_free);
    struct range *range = NULL;
    uint32_t component = 0;
    for (guint i = 0; i < counters->len; i++) {
        const struct counter *counter = &g_array_index(counters, struct counter, i);
        if (!range || counter->component != component) {
            component = counter->component;
            range = g_new0(struct range, 1);
            range->first = i;
            g_hash_table_insert(ranges, GUINT_TO_POINTER(component), range);
        }
        range->count++;
    }
    return ranges;
}

static bool is_shown(const struct counter_view *view, const struct counter *counter)
{
    if (counter->drops ? !view->drops : !view->flow)
        return false;
    return view->zero || view->json || counter->packets_in || counter->packets_out ||
           counter->bytes_in || counter->bytes_out;
}

static const char *name_of(const struct counter *counter)
{
    if (counter->drops)
        return "Drop";
    return counter->edge ? counter->edge : "Edge";
}

/* --- a table --- */

static void put_amounts(struct table *table, uint64_t packets_in, uint64_t bytes_in,
                        uint64_t packets_out, uint64_t bytes_out)
{
    table_number(table, packets_in);
    table_number(table, bytes_in);
    table_number(table, packets_out);
    table_number(table, bytes_out);
}

static void put_reasons(struct table *table, const struct counter *counter)
{
    for (size_t i = 0; i < counter->reason_count; i++) {
        const struct pktmon_drop_count *count = &counter->reasons[i];
        g_autofree char *name = g_strdup_printf("  %s", count->reason);
        table_row(table);
        table_text(table, "");
        table_text(table, "");
        table_text(table, name);
        put_amounts(table, count->packets_in, count->bytes_in, count->packets_out,
                    count->bytes_out);
    }
}

static void put_row(struct table *table, const struct counter_view *view,
                    const struct stacks *stacks, const struct counter *counter, bool live)
{
    table_row(table);
    table_number(table, counter->component);
    table_text(table, stacks_name(stacks, counter->component));
    table_text(table, name_of(counter));
    put_amounts(table, counter->packets_in, counter->bytes_in, counter->packets_out,
                counter->bytes_out);
    if (live)
        table_text(table, text_or_empty(counter->reason));
    if (view->reasons)
        put_reasons(table, counter);
}

static void put_stack_member(struct table *table, const struct counter_view *view,
                             const struct stacks *stacks, const counter_list *counters,
                             const struct range *range, const struct stack_member *member,
                             bool live)
{
    for (guint i = 0; i < range->count; i++) {
        const struct counter *counter = &g_array_index(counters, struct counter, range->first + i);
        if (!is_shown(view, counter))
            continue;
        table_under(table, member->heading);
        put_row(table, view, stacks, counter, live);
    }
}

char *counter_view_text(const struct counter_view *view, const struct stacks *stacks,
                        const counter_list *counters, bool live)
{
    static const struct table_column of_log[] = {
        {"Id", true},       {"Name", false},      {"Counter", false}, {"Rx packets", true},
        {"Rx bytes", true}, {"Tx packets", true}, {"Tx bytes", true}};
    static const struct table_column of_host[] = {{"Id", true},           {"Name", false},
                                                  {"Counter", false},     {"Rx/in packets", true},
                                                  {"Rx/in bytes", true},  {"Tx/out packets", true},
                                                  {"Tx/out bytes", true}, {"Last drop", false}};
    struct table *table =
        live ? table_new(of_host, G_N_ELEMENTS(of_host)) : table_new(of_log, G_N_ELEMENTS(of_log));
    g_autoptr(GHashTable) ranges = ranges_of(counters);
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < stacks->members->len; i++) {
        const struct stack_member *member = &g_array_index(stacks->members, struct stack_member, i);
        const struct range *range =
            g_hash_table_lookup(ranges, GUINT_TO_POINTER(member->component));
        if (range)
            put_stack_member(table, view, stacks, counters, range, member, live);
    }
    if (!table_is_empty(table))
        table_put(table, text);
    table_free(table);
    return g_string_free(text, FALSE);
}

/* --- JSON --- */

struct json_view {
    const struct counter_view *view;
    const counter_list *counters;
    GHashTable *ranges;
};

static void put_way(JsonBuilder *json, const char *name, uint64_t packets, uint64_t bytes)
{
    json_builder_set_member_name(json, name);
    json_builder_begin_object(json);
    json_put_number(json, "Packets", packets);
    json_put_number(json, "Bytes", bytes);
    json_builder_end_object(json);
}

static void put_json_reasons(JsonBuilder *json, const struct counter *counter)
{
    json_put_string(json, "LastReason", text_or_empty(counter->reason));
    json_builder_set_member_name(json, "Reasons");
    json_builder_begin_array(json);
    for (size_t i = 0; i < counter->reason_count; i++) {
        const struct pktmon_drop_count *count = &counter->reasons[i];
        json_builder_begin_object(json);
        json_put_string(json, "Name", count->reason);
        put_way(json, "Inbound", count->packets_in, count->bytes_in);
        put_way(json, "Outbound", count->packets_out, count->bytes_out);
        json_builder_end_object(json);
    }
    json_builder_end_array(json);
}

static void put_counter(JsonBuilder *json, const struct counter *counter)
{
    json_builder_begin_object(json);
    json_put_string(json, "Name", counter->drops ? "Drop" : text_or_empty(counter->edge));
    json_put_string(json, "Type", counter->drops ? "Drop" : "Flow");
    put_way(json, "Inbound", counter->packets_in, counter->bytes_in);
    put_way(json, "Outbound", counter->packets_out, counter->bytes_out);
    if (counter->reason_count > 0)
        put_json_reasons(json, counter);
    json_builder_end_object(json);
}

static void put_component(JsonBuilder *json, const struct stacks *stacks, uint32_t component,
                          const void *user)
{
    const struct json_view *shown = user;
    const struct range *range = g_hash_table_lookup(shown->ranges, GUINT_TO_POINTER(component));
    json_builder_begin_object(json);
    /* Counters are shown also where the log does not say whose they are. */
    json_put_string(json, "Name", stacks_name(stacks, component));
    json_put_string(json, "Type", stacks_type(stacks, component));
    json_put_number(json, "Id", component);
    json_builder_set_member_name(json, "Counters");
    json_builder_begin_array(json);
    for (guint i = 0; range && i < range->count; i++) {
        const struct counter *counter =
            &g_array_index(shown->counters, struct counter, range->first + i);
        if (is_shown(shown->view, counter))
            put_counter(json, counter);
    }
    json_builder_end_array(json);
    json_builder_end_object(json);
}

void counter_view_print_json(const struct counter_view *view, const struct stacks *stacks,
                             const counter_list *counters)
{
    g_autoptr(GHashTable) ranges = ranges_of(counters);
    const struct json_view shown = {.view = view, .counters = counters, .ranges = ranges};
    stacks_print_json(stacks, put_component, &shown);
}
