/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "counter-view.h"

#include "model/salted-hash.h"
#include "table.h"

/* The range of the list that holds the counters of one component. */
struct range {
    guint first, count;
};

static GHashTable *ranges_of(const GArray *counters)
{
    GHashTable *ranges = g_hash_table_new_full(salted_number, NULL, NULL, g_free);
    struct range *range = NULL;
    uint32_t component = 0;
    for (guint i = 0; i < counters->len; i++) {
        const struct cli_counter *counter = &g_array_index(counters, struct cli_counter, i);
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

static bool is_shown(const struct cli_counter_view *view, const struct cli_counter *counter)
{
    if (counter->drops ? !view->drops : !view->flow)
        return false;
    return view->zero || view->json || counter->packets_in || counter->packets_out ||
           counter->bytes_in || counter->bytes_out;
}

static const char *name_of(const struct cli_counter *counter)
{
    if (counter->drops)
        return "Drop";
    return counter->edge ? counter->edge : "Edge";
}

/* --- a table --- */

static void put_amounts(struct cli_table *table, uint64_t packets_in, uint64_t bytes_in,
                        uint64_t packets_out, uint64_t bytes_out)
{
    cli_table_add_number(table, packets_in);
    cli_table_add_number(table, bytes_in);
    cli_table_add_number(table, packets_out);
    cli_table_add_number(table, bytes_out);
}

static void put_reasons(struct cli_table *table, const struct cli_counter *counter)
{
    for (size_t i = 0; i < counter->reason_count; i++) {
        const struct pktmon_drop_count *count = &counter->reasons[i];
        g_autofree char *name = g_strdup_printf("  %s", count->reason);
        cli_table_begin_row(table);
        cli_table_add_text(table, "");
        cli_table_add_text(table, "");
        cli_table_add_text(table, name);
        put_amounts(table, count->packets_in, count->bytes_in, count->packets_out,
                    count->bytes_out);
    }
}

/* Optional columns of a table. */
struct columns {
    bool taken_back; /* if any counter has it */
    bool live;
};

static void put_row(struct cli_table *table, const struct cli_counter_view *view,
                    const struct cli_stacks *stacks, const struct cli_counter *counter,
                    const struct columns *columns)
{
    cli_table_begin_row(table);
    cli_table_add_number(table, counter->component);
    cli_table_add_text(table, cli_stacks_get_name(stacks, counter->component));
    cli_table_add_text(table, name_of(counter));
    put_amounts(table, counter->packets_in, counter->bytes_in, counter->packets_out,
                counter->bytes_out);
    if (columns->taken_back)
        cli_table_add_number(table, counter->taken_back);
    if (columns->live)
        cli_table_add_text(table, cli_text_or_empty(counter->reason));
    if (view->reasons)
        put_reasons(table, counter);
}

static void put_stack_member(struct cli_table *table, const struct cli_counter_view *view,
                             const struct cli_stacks *stacks, const GArray *counters,
                             const struct range *range, const struct cli_stack_member *member,
                             const struct columns *columns)
{
    for (guint i = 0; i < range->count; i++) {
        const struct cli_counter *counter =
            &g_array_index(counters, struct cli_counter, range->first + i);
        if (!is_shown(view, counter))
            continue;
        cli_table_begin_section(table, member->heading);
        put_row(table, view, stacks, counter, columns);
    }
}

static bool any_taken_back(const GArray *counters)
{
    for (guint i = 0; i < counters->len; i++) {
        if (g_array_index(counters, struct cli_counter, i).taken_back > 0)
            return true;
    }
    return false;
}

static struct cli_table *new_table(const struct columns *columns)
{
    static const struct cli_table_column of_log[] = {
        {"Id", true},       {"Name", false},      {"Counter", false}, {"Rx packets", true},
        {"Rx bytes", true}, {"Tx packets", true}, {"Tx bytes", true}};
    static const struct cli_table_column of_host[] = {
        {"Id", true},           {"Name", false},
        {"Counter", false},     {"Rx/in packets", true},
        {"Rx/in bytes", true},  {"Tx/out packets", true},
        {"Tx/out bytes", true}, {"Last drop", false}};
    static const struct cli_table_column taken_back[] = {
        {"Id", true},           {"Name", false},
        {"Counter", false},     {"Rx/in packets", true},
        {"Rx/in bytes", true},  {"Tx/out packets", true},
        {"Tx/out bytes", true}, {"Taken back", true},
        {"Last drop", false}};
    if (!columns->live)
        return cli_table_new(of_log, G_N_ELEMENTS(of_log));
    return columns->taken_back ? cli_table_new(taken_back, G_N_ELEMENTS(taken_back))
                               : cli_table_new(of_host, G_N_ELEMENTS(of_host));
}

char *cli_counters_format(const struct cli_counter_view *view, const struct cli_stacks *stacks,
                          const GArray *counters, bool live)
{
    const struct columns columns = {.live = live, .taken_back = live && any_taken_back(counters)};
    struct cli_table *table = new_table(&columns);
    g_autoptr(GHashTable) ranges = ranges_of(counters);
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < stacks->members->len; i++) {
        const struct cli_stack_member *member =
            &g_array_index(stacks->members, struct cli_stack_member, i);
        const struct range *range =
            g_hash_table_lookup(ranges, GUINT_TO_POINTER(member->component));
        if (range)
            put_stack_member(table, view, stacks, counters, range, member, &columns);
    }
    if (!cli_table_is_empty(table))
        cli_table_append_to(table, text);
    cli_table_free(table);
    return g_string_free(text, FALSE);
}

/* --- JSON --- */

struct json_view {
    const struct cli_counter_view *view;
    const GArray *counters;
    GHashTable *ranges;
};

static void put_way(JsonBuilder *json, const char *name, uint64_t packets, uint64_t bytes)
{
    json_builder_set_member_name(json, name);
    json_builder_begin_object(json);
    cli_json_add_number(json, "Packets", packets);
    cli_json_add_number(json, "Bytes", bytes);
    json_builder_end_object(json);
}

static void put_json_reasons(JsonBuilder *json, const struct cli_counter *counter)
{
    cli_json_add_string(json, "LastReason", cli_text_or_empty(counter->reason));
    json_builder_set_member_name(json, "Reasons");
    json_builder_begin_array(json);
    for (size_t i = 0; i < counter->reason_count; i++) {
        const struct pktmon_drop_count *count = &counter->reasons[i];
        json_builder_begin_object(json);
        cli_json_add_string(json, "Name", count->reason);
        put_way(json, "Inbound", count->packets_in, count->bytes_in);
        put_way(json, "Outbound", count->packets_out, count->bytes_out);
        json_builder_end_object(json);
    }
    json_builder_end_array(json);
}

static void put_counter(JsonBuilder *json, const struct cli_counter *counter)
{
    json_builder_begin_object(json);
    cli_json_add_string(json, "Name", counter->drops ? "Drop" : cli_text_or_empty(counter->edge));
    cli_json_add_string(json, "Type", counter->drops ? "Drop" : "Flow");
    put_way(json, "Inbound", counter->packets_in, counter->bytes_in);
    put_way(json, "Outbound", counter->packets_out, counter->bytes_out);
    if (counter->taken_back > 0)
        put_way(json, "TakenBack", counter->taken_back, counter->taken_back_bytes);
    if (counter->reason_count > 0)
        put_json_reasons(json, counter);
    json_builder_end_object(json);
}

static void put_component(JsonBuilder *json, const struct cli_stacks *stacks, uint32_t component,
                          const void *user)
{
    const struct json_view *shown = user;
    const struct range *range = g_hash_table_lookup(shown->ranges, GUINT_TO_POINTER(component));
    json_builder_begin_object(json);
    /* Counters are shown even if the log does not describe their component. */
    cli_json_add_string(json, "Name", cli_stacks_get_name(stacks, component));
    cli_json_add_string(json, "Type", cli_stacks_get_type(stacks, component));
    cli_json_add_number(json, "Id", component);
    json_builder_set_member_name(json, "Counters");
    json_builder_begin_array(json);
    for (guint i = 0; range && i < range->count; i++) {
        const struct cli_counter *counter =
            &g_array_index(shown->counters, struct cli_counter, range->first + i);
        if (is_shown(shown->view, counter))
            put_counter(json, counter);
    }
    json_builder_end_array(json);
    json_builder_end_object(json);
}

void cli_counters_print_json(const struct cli_counter_view *view, const struct cli_stacks *stacks,
                             const GArray *counters)
{
    g_autoptr(GHashTable) ranges = ranges_of(counters);
    const struct json_view shown = {.view = view, .counters = counters, .ranges = ranges};
    cli_stacks_print_json(stacks, put_component, &shown);
}
