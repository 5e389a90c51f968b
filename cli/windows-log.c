/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "windows-log.h"

#include <string.h>

/* The heading of an adapter is its alias or description. */
static const char *heading_of(const struct pktmon_registry *registry, uint32_t adapter)
{
    const struct pktmon_component *component =
        adapter ? pktmon_registry_find(registry, adapter) : NULL;
    if (!component)
        return "Other components";
    const char *alias = pktmon_component_property(component, "Alias");
    if (alias)
        return alias;
    return component->description ? component->description : cli_text_or_empty(component->name);
}

/* Components of other ETW providers, which have no bindings. */
static void add_others(struct cli_stacks *stacks, const struct cli_windows_log *log)
{
    g_autoptr(GPtrArray) components = pktmon_registry_list(log->registry);
    bool open = false;
    for (guint i = 0; i < components->len; i++) {
        const struct pktmon_component *component = g_ptr_array_index(components, i);
        if (etl_catalogue_binding(log->catalogue, component->id))
            continue;
        if (!open)
            cli_stacks_open(stacks, "NDIS packet capture");
        open = true;
        cli_stacks_add(stacks, component->id);
    }
}

/* 0 is not an id of a component on Windows: the log is damaged, or another program wrote it. */
static void name_unknown(struct cli_stacks *stacks, const struct cli_windows_log *log, uint32_t id)
{
    g_autofree char *name = g_strdup_printf("component %u", id);
    if (id)
        pktmon_component_set(&pktmon_registry_get(log->registry, id)->name, name);
    else
        cli_stacks_name_rest(stacks, id, "component 0");
}

/* Components that have packets in the log, but no description. */
static void add_unknown(struct cli_stacks *stacks, const struct cli_windows_log *log)
{
    g_autoptr(GArray) places = etl_provider_places(log->provider);
    bool open = false;
    for (guint i = 0; i < places->len; i++) {
        uint32_t id = g_array_index(places, struct etl_place, i).component;
        if (*cli_stacks_get_name(stacks, id) || pktmon_registry_find(log->registry, id))
            continue;
        name_unknown(stacks, log, id);
        if (!open)
            cli_stacks_open(stacks, "Not described in the log");
        open = true;
        cli_stacks_add(stacks, id);
    }
}

static struct cli_stacks *stacks_of(const struct cli_windows_log *log)
{
    g_autoptr(GPtrArray) bindings = etl_catalogue_stacks(log->catalogue);
    struct cli_stacks *stacks = cli_stacks_new(log->registry);
    uint32_t open = UINT32_MAX;
    for (guint i = 0; i < bindings->len; i++) {
        const struct etl_binding *binding = g_ptr_array_index(bindings, i);
        if (binding->adapter != open)
            cli_stacks_open(stacks, heading_of(log->registry, binding->adapter));
        open = binding->adapter;
        cli_stacks_add(stacks, binding->id);
    }
    add_others(stacks, log);
    add_unknown(stacks, log);
    return stacks;
}

static bool has_events_of_pktmon(const struct etl_catalogue *catalogue)
{
    for (uint16_t id = 0; id < ETL_PKTMON_IDS; id++) {
        if (etl_catalogue_pktmon_count(catalogue, id) > 0)
            return true;
    }
    return false;
}

/* A component that has a type was described. */
static bool has_descriptions(const struct cli_windows_log *log)
{
    g_autoptr(GPtrArray) components = pktmon_registry_list(log->registry);
    for (guint i = 0; i < components->len; i++) {
        const struct pktmon_component *component = g_ptr_array_index(components, i);
        if (component->type && etl_catalogue_binding(log->catalogue, component->id))
            return true;
    }
    return false;
}

const char *cli_log_explain_lack(const struct cli_windows_log *log)
{
    if (has_descriptions(log))
        return NULL;
    if (etl_log_is_incomplete(etl_log_stats(etl_provider_log(log->provider))))
        return "The readable part of the log does not describe the components of Packet Monitor: "
               "copy it again in full.";
    return has_events_of_pktmon(log->catalogue)
               ? "The log does not describe the components of Packet Monitor: the last file of the "
                 "capture does, once \"pktmon stop\" has ended it."
               : "The log has no components of Packet Monitor: it was not made by \"pktmon start "
                 "--capture\".";
}

bool cli_log_check_names(char **paths, const char *command, GError **error)
{
    for (; paths && *paths; paths++) {
        if (strchr(*paths, '/') || g_str_has_suffix(*paths, ".etl") ||
            g_file_test(*paths, G_FILE_TEST_EXISTS))
            continue;
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                    "There is no log \"%s\": to select components of this host use \"pktmon %s "
                    "--netns %s\" or \"pktmon %s --components %s\".",
                    *paths, command, *paths, command, *paths);
        return false;
    }
    return true;
}

bool cli_log_open(struct cli_windows_log *log, char **paths, GError **error)
{
    struct etl_options options;
    etl_options_init(&options);
    *log = (struct cli_windows_log){.registry = pktmon_registry_new(),
                                    .capture = pktmon_capture_info_new()};
    log->provider = etl_provider_new((const char *const *)paths, &options, log->registry,
                                     log->capture, NULL, error);
    if (!log->provider || !log->provider->ops->enumerate(log->provider, error)) {
        cli_log_close(log);
        return false;
    }
    log->catalogue = etl_provider_catalogue(log->provider);
    log->stacks = stacks_of(log);
    return true;
}

void cli_log_close(struct cli_windows_log *log)
{
    cli_stacks_free(log->stacks);
    if (log->provider)
        log->provider->ops->free(log->provider);
    pktmon_capture_info_free(log->capture);
    pktmon_registry_free(log->registry);
}
