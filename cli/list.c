/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pktmon list: the components of a log, by adapter, in the order of their bindings. */
#include <stdio.h>

#include "command.h"
#include "log.h"
#include "output.h"

struct arguments {
    gboolean all, hidden, json;
    char **logs;
};

static bool parse(struct arguments *arguments, int argc, char **argv, GError **error)
{
    const GOptionEntry entries[] = {
        {"all", 'a', 0, G_OPTION_ARG_NONE, &arguments->all,
         "All components (of a log they are always shown)", NULL},
        {"include-hidden", 'i', 0, G_OPTION_ARG_NONE, &arguments->hidden,
         "Hidden components too (a log does not tell them apart)", NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &arguments->json, "As JSON", NULL},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &arguments->logs, NULL, NULL},
        {0},
    };
    if (!output_parse(&argc, &argv, entries, "LOG... - show the components of a log",
                      "Each adapter stands first, then its filters from the lowest up, then its "
                      "protocols.",
                      error))
        return false;
    if (arguments->logs)
        return true;
    g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                "Name the log to list: pktmon list PktMon.etl.");
    return false;
}

static void print_text(const struct log *log)
{
    uint32_t shown = UINT32_MAX;
    for (guint i = 0; i < log->stacks->len; i++) {
        const struct etl_binding *binding = g_ptr_array_index(log->stacks, i);
        const struct pktmon_component *component = pktmon_registry_find(log->registry, binding->id);
        uint32_t adapter = binding->adapter;
        if (!component)
            continue;
        if (adapter != shown)
            printf("%s%s\n  %5s  %-15s  %-17s  %s\n", shown == UINT32_MAX ? "" : "\n",
                   log_stack_name(log, adapter), "Id", "Type", "MAC Address", "Name");
        shown = adapter;
        g_autofree char *mac = component->has_mac ? etl_mac_text(component->mac) : g_strdup("");
        printf("  %5u  %-15s  %-17s  %s", component->id, log_text(component->type), mac,
               log_text(component->name));
        if (component->description && g_strcmp0(component->description, component->name) != 0)
            printf("  %s", component->description);
        printf("\n");
    }
}

static void put_properties(JsonBuilder *json, const struct pktmon_component *component)
{
    json_builder_set_member_name(json, "Properties");
    json_builder_begin_array(json);
    for (guint i = 0; i < component->properties->len; i++) {
        const struct pktmon_property *property = g_ptr_array_index(component->properties, i);
        json_builder_begin_object(json);
        json_put_string(json, "Name", property->name);
        json_put_string(json, "Value", property->value);
        json_builder_end_object(json);
    }
    json_builder_end_array(json);
}

static void put_edges(JsonBuilder *json, const struct log *log, uint32_t id)
{
    const GArray *counters = etl_catalogue_counters(log->catalogue);
    json_builder_set_member_name(json, "Edges");
    json_builder_begin_array(json);
    for (guint i = 0; i < counters->len; i++) {
        const struct etl_counter *counter = &g_array_index(counters, struct etl_counter, i);
        if (counter->component != id || counter->drops)
            continue;
        json_builder_begin_object(json);
        json_put_number(json, "Id", counter->edge);
        json_put_string(json, "Name", log_text(counter->edge_name));
        json_builder_end_object(json);
    }
    json_builder_end_array(json);
}

static void put_component(JsonBuilder *json, const struct log *log, uint32_t id, const void *user)
{
    const struct pktmon_component *component = pktmon_registry_find(log->registry, id);
    (void)user;
    if (!component)
        return;
    json_builder_begin_object(json);
    json_put_string(json, "Name", log_text(component->name));
    json_put_string(json, "Description", log_text(component->description));
    json_put_string(json, "Type", log_text(component->type));
    json_put_number(json, "Id", id);
    json_put_number(json, "SecondaryId", 0); /* a log has one id for each */
    put_properties(json, component);
    put_edges(json, log, id);
    json_builder_end_object(json);
}

static void print_json(const struct log *log)
{
    log_print_json(log, put_component, NULL);
}

bool command_list(int argc, char **argv, GError **error)
{
    struct arguments arguments = {0};
    struct log log;
    bool done = parse(&arguments, argc, argv, error) && log_open(&log, arguments.logs, error);
    if (done) {
        (arguments.json ? print_json : print_text)(&log);
        log_close(&log);
    }
    g_strfreev(arguments.logs);
    return done;
}
