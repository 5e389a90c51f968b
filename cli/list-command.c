/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pktmon list: shows the components of this host or of a log, in the order of their bindings. */
#include <stdio.h>

#include "capture-arguments.h"
#include "command.h"
#include "command-line.h"
#include "live.h"
#include "windows-log.h"
#include "output-file.h"
#include "model/edges.h"
#include "table.h"

struct cli_list_command {
    gboolean all, hidden, json;
    char **logs;
    struct cli_option_arguments capture;
};

static bool parse(struct cli_list_command *command, int argc, char **argv, GError **error)
{
    const GOptionEntry entries[] = {
        {"all", 'a', 0, G_OPTION_ARG_NONE, &command->all,
         "Include protocol layers and the rest of the kernel, not only devices (always done for a "
         "log)",
         NULL},
        {"include-hidden", 'i', 0, G_OPTION_ARG_NONE, &command->hidden,
         "Include the devices that tunnel modules create in every namespace", NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &command->json, "Print JSON; implies -a and -i", NULL},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &command->logs, NULL, NULL},
        {0},
    };
    cli_init_capture_arguments(&command->capture, FRONTEND_LIST, entries);
    return cli_parse_command_line(
        &argc, &argv, cli_option_entries(&command->capture),
        "[LOG...] - show the components of this host, or of a log",
        "Components are listed from the wire up: a bridge after its ports, a VLAN after the device "
        "below it,\nthen the layers of the network namespace. Captures use the same ids, and "
        "--components accepts them.",
        error);
}

static bool check(const struct cli_list_command *command, GError **error)
{
    if (!command->logs || !cli_has_option_arguments(&command->capture))
        return true;
    g_set_error_literal(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                        "All of a log is shown: leave out --components and --netns, which select "
                        "components of this host.");
    return false;
}

/* Description and binding, if there is more to say than name and type; the caller frees the text.
 */
static char *note_on(const struct cli_stacks *stacks, const struct pktmon_component *component)
{
    GString *note = g_string_new(NULL);
    /* For a component of this host the description only repeats type and name. */
    if (component->description &&
        !(component->name && g_str_has_suffix(component->description, component->name)))
        g_string_append(note, component->description);
    if (component->parent)
        g_string_append_printf(note, "%sbound to %s", note->len > 0 ? ", " : "",
                               cli_stacks_get_name(stacks, component->parent));
    return g_string_free(note, FALSE);
}

/* In Linux notation; for a log in that of Windows. */
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

/* A component that is not in the registry but has a name is built in bare. NULL: unknown id. */
static const struct pktmon_component *component_of(const struct cli_stacks *stacks, uint32_t id,
                                                   struct pktmon_component *bare)
{
    const struct pktmon_component *component = pktmon_registry_find(stacks->registry, id);
    const char *name = cli_stacks_get_name(stacks, id);
    if (component || !*name)
        return component;
    *bare = (struct pktmon_component){.id = id, .name = (char *)name};
    return bare;
}

static void put_row(struct cli_table *table, const struct cli_stacks *stacks,
                    const struct pktmon_component *component, bool of_log)
{
    g_autofree char *mac = mac_text(component, of_log), *note = note_on(stacks, component);
    cli_table_begin_row(table);
    cli_table_add_number(table, component->id);
    cli_table_add_text(table, cli_text_or_empty(component->type));
    cli_table_add_text(table, mac);
    cli_table_add_text(table, cli_text_or_empty(component->name));
    cli_table_add_text(table, note);
}

static void print_text(const struct cli_stacks *stacks, bool of_log)
{
    static const struct cli_table_column columns[] = {
        {"Id", true}, {"Type", false}, {"MAC Address", false}, {"Name", false}, {"", false}};
    struct cli_table *table = cli_table_new(columns, G_N_ELEMENTS(columns));
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < stacks->members->len; i++) {
        const struct cli_stack_member *member =
            &g_array_index(stacks->members, struct cli_stack_member, i);
        struct pktmon_component bare;
        const struct pktmon_component *component = component_of(stacks, member->component, &bare);
        if (!component)
            continue;
        cli_table_begin_section(table, member->heading);
        put_row(table, stacks, component, of_log);
    }
    cli_table_append_to(table, text);
    fputs(text->str, stdout);
    cli_table_free(table);
}

static void put_property(JsonBuilder *json, const char *name, const char *value)
{
    json_builder_begin_object(json);
    cli_json_add_string(json, "Name", name);
    cli_json_add_string(json, "Value", value);
    json_builder_end_object(json);
}

static void put_edge(JsonBuilder *json, uint16_t id, const char *name)
{
    json_builder_begin_object(json);
    cli_json_add_number(json, "Id", id);
    cli_json_add_string(json, "Name", cli_text_or_empty(name));
    json_builder_end_object(json);
}

static const struct etl_counter *counter_at(const GArray *counters, guint i)
{
    return &g_array_index(counters, struct etl_counter, i);
}

/* Index of the first counter with this id or a greater one: they are sorted. */
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

static void put_log_edges(JsonBuilder *json, const struct cli_windows_log *log, uint32_t id)
{
    const GArray *counters = etl_catalogue_counters(log->catalogue);
    for (guint i = first_counter(counters, id);
         i < counters->len && counter_at(counters, i)->component == id; i++) {
        const struct etl_counter *counter = counter_at(counters, i);
        if (!counter->drops)
            put_edge(json, counter->edge, counter->edge_name);
    }
}

static void put_cli_host_get_edges(JsonBuilder *json, const struct pktmon_component *component)
{
    for (const uint16_t *edge = cli_host_get_edges(component); *edge; edge++)
        put_edge(json, *edge, edge_name(*edge));
}

static void put_properties(JsonBuilder *json, const struct cli_stacks *stacks,
                           const struct pktmon_component *component, bool of_log)
{
    g_autofree char *mac = mac_text(component, of_log);
    json_builder_set_member_name(json, "Properties");
    json_builder_begin_array(json);
    for (guint i = 0; component->properties && i < component->properties->len; i++) {
        const struct pktmon_property *property = g_ptr_array_index(component->properties, i);
        put_property(json, property->name, property->value);
    }
    if (*mac && !of_log) /* a log has the address among the properties */
        put_property(json, "MAC Address", mac);
    if (component->netns)
        put_property(json, "Network namespace", component->netns);
    if (component->parent)
        put_property(json, "Bound to", cli_stacks_get_name(stacks, component->parent));
    json_builder_end_array(json);
}

/* user: the log, or NULL. */
static void put_component(JsonBuilder *json, const struct cli_stacks *stacks, uint32_t id,
                          const void *user)
{
    struct pktmon_component bare;
    const struct pktmon_component *component = component_of(stacks, id, &bare);
    const struct cli_windows_log *log = user;
    if (!component)
        return;
    json_builder_begin_object(json);
    cli_json_add_string(json, "Name", cli_text_or_empty(component->name));
    cli_json_add_string(json, "Description", cli_text_or_empty(component->description));
    cli_json_add_string(json, "Type", cli_text_or_empty(component->type));
    cli_json_add_number(json, "Id", id);
    cli_json_add_number(json, "SecondaryId", 0); /* each component has one id */
    put_properties(json, stacks, component, log != NULL);
    json_builder_set_member_name(json, "Edges");
    json_builder_begin_array(json);
    if (log)
        put_log_edges(json, log, id);
    else
        put_cli_host_get_edges(json, component);
    json_builder_end_array(json);
    json_builder_end_object(json);
}

static bool list_log(const struct cli_list_command *command, GError **error)
{
    struct cli_windows_log log;
    if (!cli_log_open(&log, command->logs, error))
        return false;
    if (command->json)
        cli_stacks_print_json(log.stacks, put_component, &log);
    else
        print_text(log.stacks, true);
    cli_output_warn(log.provider);
    if (cli_log_explain_lack(&log))
        fprintf(stderr, "%s\n", cli_log_explain_lack(&log));
    cli_log_close(&log);
    return true;
}

static bool is_chosen(void *chosen, uint32_t component)
{
    return g_hash_table_contains(chosen, GUINT_TO_POINTER(component));
}

/* A component that was named is shown even if it would be hidden otherwise. */
static bool list_host(const struct cli_list_command *command, GError **error)
{
    struct pktmon_session_options settings;
    if (!cli_store_capture_arguments(&command->capture, &settings, error))
        return false;
    bool named = settings.components != NULL;
    struct cli_host_selection selection = {.all = command->all || command->json || named,
                                           .hidden = command->hidden || command->json || named};
    struct pktmon_registry *registry = pktmon_registry_new();
    g_autoptr(GHashTable) chosen = NULL;
    bool done = cli_live_list(registry, &settings, &chosen, error);
    if (done) {
        selection.wants = chosen ? is_chosen : NULL;
        selection.context = chosen;
        struct cli_stacks *stacks = cli_host_build_stacks(registry, &selection);
        if (command->json)
            cli_stacks_print_json(stacks, put_component, NULL);
        else
            print_text(stacks, false);
        cli_stacks_free(stacks);
    }
    pktmon_registry_free(registry);
    return done;
}

bool cli_run_list(int argc, char **argv, GError **error)
{
    struct cli_list_command command = {0};
    bool done = parse(&command, argc, argv, error) &&
                cli_log_check_names(command.logs, "list", error) && check(&command, error) &&
                (command.logs ? list_log : list_host)(&command, error);
    g_strfreev(command.logs);
    cli_clear_option_arguments(&command.capture);
    return done;
}
