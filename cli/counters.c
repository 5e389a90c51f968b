/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pktmon counters: the counters that stand in a log, as of when its capture stopped. */
#include <inttypes.h>
#include <stdio.h>

#include "command.h"
#include "log.h"
#include "output.h"

struct arguments {
    char *type;
    gboolean zero, hidden, reason, json;
    bool flow, drops;
    char **logs;
};

static bool choose_type(struct arguments *arguments, GError **error)
{
    const char *type = arguments->type ? arguments->type : "all";
    bool all = g_str_equal(type, "all");
    arguments->flow = all || g_str_equal(type, "flow");
    arguments->drops = all || g_str_equal(type, "drop");
    if (arguments->flow || arguments->drops)
        return true;
    g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                "--type is all, flow or drop, and \"%s\" is none of them.", type);
    return false;
}

static bool parse(struct arguments *arguments, int argc, char **argv, GError **error)
{
    const GOptionEntry entries[] = {
        {"type", 't', 0, G_OPTION_ARG_STRING, &arguments->type, "all (default), flow or drop",
         "TYPE"},
        {"zero", 'z', 0, G_OPTION_ARG_NONE, &arguments->zero,
         "Counters that are zero in both directions too", NULL},
        {"include-hidden", 'i', 0, G_OPTION_ARG_NONE, &arguments->hidden,
         "Hidden components too (a log does not tell them apart)", NULL},
        {"drop-reason", 'r', 0, G_OPTION_ARG_NONE, &arguments->reason,
         "Newest reason of each drop counter (a log does not hold it)", NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &arguments->json, "As JSON", NULL},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &arguments->logs, NULL, NULL},
        {0},
    };
    if (!output_parse(&argc, &argv, entries, "LOG... - show the counters of a log",
                      "Flow counters are of one edge of a component, drop counters of all of it.",
                      error) ||
        !choose_type(arguments, error))
        return false;
    if (arguments->logs)
        return true;
    g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                "Name the log whose counters to show: pktmon counters PktMon.etl.");
    return false;
}

static bool is_shown(const struct arguments *arguments, const struct etl_counter *counter)
{
    if (counter->drops ? !arguments->drops : !arguments->flow)
        return false;
    return arguments->zero || arguments->json || counter->packets_in || counter->packets_out ||
           counter->bytes_in || counter->bytes_out;
}

static void print_heading(const struct log *log, uint32_t adapter, bool first)
{
    printf("%s%s\n  %5s  %-24s  %-10s  %12s %14s  %12s %14s\n", first ? "" : "\n",
           log_stack_name(log, adapter), "Id", "Name", "Counter", "Rx packets", "Rx bytes",
           "Tx packets", "Tx bytes");
}

static void print_counter(const struct log *log, const struct etl_counter *counter)
{
    const struct pktmon_component *component =
        pktmon_registry_find(log->registry, counter->component);
    const char *edge = counter->edge_name ? counter->edge_name : "Edge";
    printf("  %5u  %-24s  %-10s  %12" PRIu64 " %14" PRIu64 "  %12" PRIu64 " %14" PRIu64 "\n",
           counter->component, component ? log_text(component->name) : "",
           counter->drops ? "Drop" : edge, counter->packets_in, counter->bytes_in,
           counter->packets_out, counter->bytes_out);
}

static void print_text(const struct arguments *arguments, const struct log *log)
{
    const GArray *counters = etl_catalogue_counters(log->catalogue);
    uint32_t headed = UINT32_MAX;
    for (guint i = 0; i < log->stacks->len; i++) {
        const struct etl_binding *binding = g_ptr_array_index(log->stacks, i);
        uint32_t adapter = binding->adapter;
        for (guint j = 0; j < counters->len; j++) {
            const struct etl_counter *counter = &g_array_index(counters, struct etl_counter, j);
            if (counter->component != binding->id || !is_shown(arguments, counter))
                continue;
            if (adapter != headed)
                print_heading(log, adapter, headed == UINT32_MAX);
            headed = adapter;
            print_counter(log, counter);
        }
    }
    if (headed == UINT32_MAX)
        puts(counters->len ? "All counters are zero." : "The log holds no counters.");
}

static void put_amounts(JsonBuilder *json, const char *name, uint64_t packets, uint64_t bytes)
{
    json_builder_set_member_name(json, name);
    json_builder_begin_object(json);
    json_put_number(json, "Packets", packets);
    json_put_number(json, "Bytes", bytes);
    json_builder_end_object(json);
}

static void put_counters(JsonBuilder *json, const struct arguments *arguments,
                         const struct log *log, uint32_t id)
{
    const GArray *counters = etl_catalogue_counters(log->catalogue);
    json_builder_set_member_name(json, "Counters");
    json_builder_begin_array(json);
    for (guint i = 0; i < counters->len; i++) {
        const struct etl_counter *counter = &g_array_index(counters, struct etl_counter, i);
        if (counter->component != id || !is_shown(arguments, counter))
            continue;
        json_builder_begin_object(json);
        json_put_string(json, "Name", counter->drops ? "Drop" : log_text(counter->edge_name));
        json_put_string(json, "Type", counter->drops ? "Drop" : "Flow");
        put_amounts(json, "Inbound", counter->packets_in, counter->bytes_in);
        put_amounts(json, "Outbound", counter->packets_out, counter->bytes_out);
        json_builder_end_object(json);
    }
    json_builder_end_array(json);
}

static void put_component(JsonBuilder *json, const struct log *log, uint32_t id, const void *user)
{
    const struct pktmon_component *component = pktmon_registry_find(log->registry, id);
    json_builder_begin_object(json);
    /* Counters are shown also where the log does not say whose they are. */
    json_put_string(json, "Name", component ? log_text(component->name) : "");
    json_put_string(json, "Type", component ? log_text(component->type) : "");
    json_put_number(json, "Id", id);
    put_counters(json, user, log, id);
    json_builder_end_object(json);
}

static void print_json(const struct arguments *arguments, const struct log *log)
{
    log_print_json(log, put_component, arguments);
}

bool command_counters(int argc, char **argv, GError **error)
{
    struct arguments arguments = {0};
    struct log log;
    bool done = parse(&arguments, argc, argv, error) && log_open(&log, arguments.logs, error);
    if (done) {
        (arguments.json ? print_json : print_text)(&arguments, &log);
        log_close(&log);
    }
    g_free(arguments.type);
    g_strfreev(arguments.logs);
    return done;
}
