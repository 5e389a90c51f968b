/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What this host has: its components, what a capture cannot see, drop reasons. */
#include "live.h"

#include <stdio.h>

#include "capture/selection.h"
#include "frontend/message.h"
#include "pktmon/monitor.h"
#include "providers/ladder.h"

void cli_live_print_missing(const struct pktmon_capture_info *capture)
{
    for (guint i = 0; i < capture->missing->len; i++) {
        g_autofree char *text = frontend_message_text(g_ptr_array_index(capture->missing, i));
        fprintf(stderr, "Not seen: %s\n", text);
    }
}

struct listing {
    const struct capture_selection *selection;
    struct pktmon_registry *registry;
};

/* As of struct provider_attempt. */
static bool list_components(void *context, provider_factory *factory, const char *without_ebpf,
                            GError **error)
{
    const struct listing *listing = context;
    const struct capture_selection *selection = listing->selection;
    const struct provider_options options = {.points = PKTMON_POINTS_STACK,
                                             .wants_netns = capture_selection_names_netns(selection)
                                                                ? capture_selection_wants_netns
                                                                : NULL,
                                             .take_alias = capture_selection_take_alias,
                                             .context = selection,
                                             .without_ebpf = without_ebpf};
    struct pktmon_capture_info *info = pktmon_capture_info_new();
    struct provider *provider = factory(&options, listing->registry, info, NULL, error);
    bool ok = provider && provider->ops->enumerate(provider, error);
    if (ok)
        cli_live_print_missing(info);
    if (provider)
        provider->ops->free(provider);
    pktmon_capture_info_free(info);
    return ok;
}

static bool list_all(const struct capture_selection *selection, struct pktmon_registry *registry,
                     GError **error)
{
    struct listing listing = {selection, registry};
    const struct provider_attempt attempt = {.open = list_components, .context = &listing};
    struct provider_ladder ladder;
    return provider_ladder_find(NULL, &ladder, error) &&
           provider_ladder_open(&ladder, &attempt, error);
}

static GHashTable *choose(struct capture_selection *selection,
                          const struct pktmon_registry *registry)
{
    GHashTable *chosen = g_hash_table_new(NULL, NULL);
    g_autoptr(GPtrArray) components = pktmon_registry_list(registry);
    for (guint i = 0; i < components->len; i++) {
        uint32_t id = ((const struct pktmon_component *)g_ptr_array_index(components, i))->id;
        if (capture_selection_wants(selection, registry, id))
            g_hash_table_add(chosen, GUINT_TO_POINTER(id));
    }
    return chosen;
}

bool cli_live_list(struct pktmon_registry *registry, const struct pktmon_session_options *settings,
                   GHashTable **chosen, GError **error)
{
    const struct capture_selection_options options = {.components = settings->components,
                                                      .netns = settings->netns};
    struct capture_selection *selection = capture_selection_new(&options);
    bool is_selection = settings->components || g_strcmp0(settings->netns, "all") != 0;
    bool done =
        list_all(selection, registry, error) && capture_selection_check(selection, registry, error);
    *chosen = done && is_selection ? choose(selection, registry) : NULL;
    capture_selection_free(selection);
    return done;
}

bool cli_live_check_reason(const char *reason, GError **error)
{
    return pktmon_drop_reason_check(reason, error);
}
