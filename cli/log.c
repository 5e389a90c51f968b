/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "log.h"

#include <string.h>

/* An adapter is called by its alias or description. */
static const char *heading_of(const struct pktmon_registry *registry, uint32_t adapter)
{
    const struct pktmon_component *component =
        adapter ? pktmon_registry_find(registry, adapter) : NULL;
    if (!component)
        return "Other components";
    const char *alias = pktmon_component_property(component, "Alias");
    if (alias)
        return alias;
    return component->description ? component->description : text_or_empty(component->name);
}

static struct stacks *stacks_of(const struct log *log)
{
    g_autoptr(GPtrArray) bindings = etl_catalogue_stacks(log->catalogue);
    struct stacks *stacks = stacks_new(log->registry);
    uint32_t open = UINT32_MAX;
    for (guint i = 0; i < bindings->len; i++) {
        const struct etl_binding *binding = g_ptr_array_index(bindings, i);
        if (binding->adapter != open)
            stacks_open(stacks, heading_of(log->registry, binding->adapter));
        open = binding->adapter;
        stacks_add(stacks, binding->id);
    }
    return stacks;
}

bool log_names_check(char **paths, const char *command, GError **error)
{
    for (; paths && *paths; paths++) {
        if (strchr(*paths, '/') || g_str_has_suffix(*paths, ".etl") ||
            g_file_test(*paths, G_FILE_TEST_EXISTS))
            continue;
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                    "There is no log \"%s\": to choose what is shown of this host say \"pktmon %s "
                    "--netns %s\" or \"pktmon %s --components %s\".",
                    *paths, command, *paths, command, *paths);
        return false;
    }
    return true;
}

bool log_open(struct log *log, char **paths, GError **error)
{
    struct pktmon_etl_options options;
    pktmon_etl_options_init(&options);
    *log = (struct log){.registry = pktmon_registry_new(), .capture = pktmon_capture_new()};
    log->provider = pktmon_etl_provider_new((const char *const *)paths, &options, log->registry,
                                            log->capture, NULL, error);
    if (!log->provider || !log->provider->ops->enumerate(log->provider, error)) {
        log_close(log);
        return false;
    }
    log->catalogue = pktmon_etl_catalogue(log->provider);
    log->stacks = stacks_of(log);
    return true;
}

void log_close(struct log *log)
{
    stacks_free(log->stacks);
    if (log->provider)
        log->provider->ops->free(log->provider);
    pktmon_capture_free(log->capture);
    pktmon_registry_free(log->registry);
}
