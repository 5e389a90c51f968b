/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pktmon list: the components of this host or of a log, in the order of their bindings. */
#include <stdio.h>

#include "command.h"
#include "live.h"
#include "log.h"
#include "output.h"
#include "table.h"

struct arguments {
    gboolean all, hidden, json;
    char *components, *netns;
    char **logs;
};

static bool parse(struct arguments *arguments, int argc, char **argv, GError **error)
{
    const GOptionEntry entries[] = {
        {"all", 'a', 0, G_OPTION_ARG_NONE, &arguments->all,
         "Also protocol layers and the rest of the kernel, not only devices (of a log everything "
         "is always shown)",
         NULL},
        {"include-hidden", 'i', 0, G_OPTION_ARG_NONE, &arguments->hidden,
         "Also the devices that tunnel modules make in every namespace", NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &arguments->json, "As JSON; implies -a and -i", NULL},
        {"components", 0, 0, G_OPTION_ARG_STRING, &arguments->components,
         "Only these ids or names, separated by commas", "LIST"},
        LIVE_OPTION_NETNS(&arguments->netns),
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &arguments->logs, NULL, NULL},
        {0},
    };
    return output_parse(
        &argc, &argv, entries, "[LOG...] - show the components of this host, or of a log",
        "Components are listed from the wire up: a bridge after its ports, a VLAN "
        "after the device that it is on,\nthen the layers of the network namespace. "
        "--components takes their ids, and captures have the same ids.",
        error);
}

static bool check(const struct arguments *arguments, GError **error)
{
    if (!arguments->logs || (!arguments->components && !arguments->netns))
        return true;
    g_set_error_literal(
        error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
        "All of a log is shown: leave out --components and --netns, which are about "
        "this host.");
    return false;
}

/* What else there is to say of it; the caller frees the text. */
static char *note_on(const struct stacks *stacks, const struct pktmon_component *component)
{
    if (component->parent)
        return g_strdup_printf("bound to %s", stacks_name(stacks, component->parent));
    /* That of a component of this host is made of its type and name. */
    if (component->description && !g_str_has_suffix(component->description, component->name))
        return g_strdup(component->description);
    return g_strdup("");
}

/* As Linux writes it, or in a log as Windows does. */
static char *mac_text(const struct pktmon_component *component, bool of_log)
{
    const uint8_t *mac = component->mac;
    if (!component->has_mac)
        return g_strdup("");
    if (of_log)
        return etl_mac_text(mac);
    return g_strdup_printf("%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
                           mac[5]);
}

static void put_row(struct table *table, const struct stacks *stacks,
                    const struct pktmon_component *component, bool of_log)
{
    g_autofree char *mac = mac_text(component, of_log), *note = note_on(stacks, component);
    table_row(table);
    table_number(table, component->id);
    table_text(table, text_or_empty(component->type));
    table_text(table, mac);
    table_text(table, text_or_empty(component->name));
    table_text(table, note);
}

static void print_text(const struct stacks *stacks, bool of_log)
{
    static const struct table_column columns[] = {
        {"Id", true}, {"Type", false}, {"MAC Address", false}, {"Name", false}, {"", false}};
    struct table *table = table_new(columns, G_N_ELEMENTS(columns));
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < stacks->members->len; i++) {
        const struct stack_member *member = &g_array_index(stacks->members, struct stack_member, i);
        const struct pktmon_component *component =
            pktmon_registry_find(stacks->registry, member->component);
        if (!component)
            continue;
        table_under(table, member->heading);
        put_row(table, stacks, component, of_log);
    }
    table_put(table, text);
    fputs(text->str, stdout);
    table_free(table);
}

static void put_property(JsonBuilder *json, const char *name, const char *value)
{
    json_builder_begin_object(json);
    json_put_string(json, "Name", name);
    json_put_string(json, "Value", value);
    json_builder_end_object(json);
}

static void put_edge(JsonBuilder *json, uint16_t id, const char *name)
{
    json_builder_begin_object(json);
    json_put_number(json, "Id", id);
    json_put_string(json, "Name", text_or_empty(name));
    json_builder_end_object(json);
}

static const struct etl_counter *counter_at(const GArray *counters, guint i)
{
    return &g_array_index(counters, struct etl_counter, i);
}

/* The first counter of the component, or of one behind it: they are sorted. */
static guint first_counter(const GArray *counters, uint32_t id)
{
    guint low = 0, high = counters->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (counter_at(counters, middle)->component < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void put_log_edges(JsonBuilder *json, const struct log *log, uint32_t id)
{
    const GArray *counters = etl_catalogue_counters(log->catalogue);
    for (guint i = first_counter(counters, id);
         i < counters->len && counter_at(counters, i)->component == id; i++) {
        const struct etl_counter *counter = counter_at(counters, i);
        if (!counter->drops)
            put_edge(json, counter->edge, counter->edge_name);
    }
}

static void put_host_edges(JsonBuilder *json, const struct pktmon_component *component)
{
    for (const struct host_edge *edge = host_edges(component); edge->id; edge++)
        put_edge(json, edge->id, edge->name);
}

static void put_properties(JsonBuilder *json, const struct stacks *stacks,
                           const struct pktmon_component *component, bool of_log)
{
    g_autofree char *mac = mac_text(component, of_log);
    json_builder_set_member_name(json, "Properties");
    json_builder_begin_array(json);
    for (guint i = 0; i < component->properties->len; i++) {
        const struct pktmon_property *property = g_ptr_array_index(component->properties, i);
        put_property(json, property->name, property->value);
    }
    if (*mac && !of_log) /* a log has it among the properties */
        put_property(json, "MAC Address", mac);
    if (component->netns)
        put_property(json, "Network namespace", component->netns);
    if (component->parent)
        put_property(json, "Bound to", stacks_name(stacks, component->parent));
    json_builder_end_array(json);
}

/* user: the log, or NULL. */
static void put_component(JsonBuilder *json, const struct stacks *stacks, uint32_t id,
                          const void *user)
{
    const struct pktmon_component *component = pktmon_registry_find(stacks->registry, id);
    const struct log *log = user;
    if (!component)
        return;
    json_builder_begin_object(json);
    json_put_string(json, "Name", text_or_empty(component->name));
    json_put_string(json, "Description", text_or_empty(component->description));
    json_put_string(json, "Type", text_or_empty(component->type));
    json_put_number(json, "Id", id);
    json_put_number(json, "SecondaryId", 0); /* there is one id for each */
    put_properties(json, stacks, component, log != NULL);
    json_builder_set_member_name(json, "Edges");
    json_builder_begin_array(json);
    if (log)
        put_log_edges(json, log, id);
    else
        put_host_edges(json, component);
    json_builder_end_array(json);
    json_builder_end_object(json);
}

static bool list_log(const struct arguments *arguments, GError **error)
{
    struct log log;
    if (!log_open(&log, arguments->logs, error))
        return false;
    if (arguments->json)
        stacks_print_json(log.stacks, put_component, &log);
    else
        print_text(log.stacks, true);
    log_close(&log);
    return true;
}

static bool is_chosen(void *chosen, uint32_t component)
{
    return g_hash_table_contains(chosen, GUINT_TO_POINTER(component));
}

/* What is named is shown, whatever it is. */
static bool list_host(const struct arguments *arguments, GError **error)
{
    bool named = arguments->components && *arguments->components;
    struct host_selection selection = {.all = arguments->all || arguments->json || named,
                                       .hidden = arguments->hidden || arguments->json || named};
    struct pktmon_registry *registry = pktmon_registry_new();
    g_autoptr(GHashTable) chosen = NULL;
    bool done = live_list(registry, arguments->components, arguments->netns, &chosen, error);
    if (done) {
        selection.wants = chosen ? is_chosen : NULL;
        selection.context = chosen;
        struct stacks *stacks = host_stacks(registry, &selection);
        if (arguments->json)
            stacks_print_json(stacks, put_component, NULL);
        else
            print_text(stacks, false);
        stacks_free(stacks);
    }
    pktmon_registry_free(registry);
    return done;
}

bool command_list(int argc, char **argv, GError **error)
{
    struct arguments arguments = {0};
    bool done = parse(&arguments, argc, argv, error) &&
                log_names_check(arguments.logs, "list", error) && check(&arguments, error) &&
                (arguments.logs ? list_log : list_host)(&arguments, error);
    g_free(arguments.components);
    g_free(arguments.netns);
    g_strfreev(arguments.logs);
    return done;
}
