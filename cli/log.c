/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "log.h"

#include <stdio.h>
#include <string.h>

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
    log->stacks = etl_catalogue_stacks(log->catalogue);
    return true;
}

void log_close(struct log *log)
{
    if (log->stacks)
        g_ptr_array_free(log->stacks, TRUE);
    if (log->provider)
        log->provider->ops->free(log->provider);
    pktmon_capture_free(log->capture);
    pktmon_registry_free(log->registry);
}

const char *log_stack_name(const struct log *log, uint32_t adapter)
{
    const struct pktmon_component *component =
        adapter ? pktmon_registry_find(log->registry, adapter) : NULL;
    if (!component)
        return "Other components";
    const char *alias = pktmon_component_property(component, "Alias");
    if (alias)
        return alias;
    return component->description ? component->description : log_text(component->name);
}

const char *log_text(const char *text)
{
    return text ? text : "";
}

void json_put_string(JsonBuilder *json, const char *name, const char *text)
{
    json_builder_set_member_name(json, name);
    json_builder_add_string_value(json, text);
}

void json_put_number(JsonBuilder *json, const char *name, uint64_t number)
{
    json_builder_set_member_name(json, name);
    json_builder_add_int_value(json, (gint64)number);
}

static void open_group(JsonBuilder *json, const struct log *log, uint32_t adapter)
{
    json_builder_begin_object(json);
    json_put_string(json, "Group", log_stack_name(log, adapter));
    json_builder_set_member_name(json, "Components");
    json_builder_begin_array(json);
}

static void close_group(JsonBuilder *json)
{
    json_builder_end_array(json);
    json_builder_end_object(json);
}

void log_print_json(const struct log *log, log_put_component *put, const void *user)
{
    g_autoptr(JsonBuilder) json = json_builder_new();
    uint32_t open = UINT32_MAX;

    json_builder_begin_array(json);
    for (guint i = 0; i < log->stacks->len; i++) {
        const struct etl_binding *binding = g_ptr_array_index(log->stacks, i);
        if (binding->adapter != open) {
            if (open != UINT32_MAX)
                close_group(json);
            open = binding->adapter;
            open_group(json, log, open);
        }
        put(json, log, binding->id, user);
    }
    if (open != UINT32_MAX)
        close_group(json);
    json_builder_end_array(json);
    g_autoptr(JsonNode) root = json_builder_get_root(json);
    g_autofree char *text = json_to_string(root, FALSE);
    puts(text);
}
