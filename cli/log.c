/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "log.h"

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

void json_put_string(GString *json, const char *text)
{
    g_string_append_c(json, '"');
    for (const char *at = text; *at; at++) {
        if (*at == '"' || *at == '\\')
            g_string_append_printf(json, "\\%c", *at);
        else if ((unsigned char)*at < 0x20)
            g_string_append_printf(json, "\\u%04x", (unsigned char)*at);
        else
            g_string_append_c(json, *at);
    }
    g_string_append_c(json, '"');
}

void json_put_name(GString *json, const char *name)
{
    if (json->len > 0 && !strchr("{[,", json->str[json->len - 1]))
        g_string_append_c(json, ',');
    json_put_string(json, name);
    g_string_append_c(json, ':');
}
