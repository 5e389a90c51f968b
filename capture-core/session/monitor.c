/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "monitor-private.h"

#include "multiplex/shared-provider.h"

struct pktmon_monitor *pktmon_monitor_new(const char *provider, GError **error)
{
    struct pktmon_monitor found;

    if (!provider_ladder_find(provider, &found.ladder, error))
        return NULL;
    return g_memdup2(&found, sizeof(found));
}

struct pktmon_monitor *monitor_new_from(provider_factory *factory)
{
    struct pktmon_monitor *monitor = g_new0(struct pktmon_monitor, 1);

    monitor->ladder.first.factory = factory;
    return monitor;
}

void pktmon_monitor_free(struct pktmon_monitor *monitor)
{
    g_free(monitor);
}

/* Data sources ----------------------------------------------------------------------------------
 */

static void ignore(struct pktmon_sink *sink, const struct pktmon_event *event)
{
    (void)sink;
    (void)event;
}

/* As of struct provider_attempt; context is the registry. */
static bool list_components(void *context, provider_factory *factory, const char *without_ebpf,
                            GError **error)
{
    const struct provider_options options = {
        .points = PKTMON_POINTS_STACK, .buffer_size = 1, .without_ebpf = without_ebpf};
    struct pktmon_sink sink = {.event = ignore};
    struct pktmon_capture_info *info = pktmon_capture_info_new();
    struct provider *provider = shared_provider_new(factory, 0, &options, context, info, &sink);
    bool ok = provider->ops->enumerate(provider, error);

    provider->ops->free(provider);
    pktmon_capture_info_free(info);
    return ok;
}

static void forget_components(void *context)
{
    pktmon_registry_clear(context);
}

struct pktmon_registry *pktmon_monitor_data_sources(struct pktmon_monitor *monitor, GError **error)
{
    struct pktmon_registry *registry = pktmon_registry_new();
    const struct provider_attempt attempt = {
        .open = list_components, .undo = forget_components, .context = registry};

    if (provider_ladder_open(&monitor->ladder, &attempt, error))
        return registry;
    pktmon_registry_free(registry);
    return NULL;
}
