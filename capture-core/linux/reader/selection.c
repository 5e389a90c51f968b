/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "selection.h"

#include <bpf/bpf.h>
#include <string.h>

#include "ebpf_provider.h"
#include "salted.h"

void selection_init(struct selection *selection)
{
    selection->told = g_hash_table_new_full(salted_int64, g_int64_equal, g_free, NULL);
    selection->chosen = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    selection->left = g_array_new(FALSE, FALSE, sizeof(uint64_t));
}

void selection_clear(struct selection *selection)
{
    g_hash_table_unref(selection->told);
    g_array_unref(selection->chosen);
    g_array_unref(selection->left);
}

static bool is_wanted(const struct ebpf_provider *provider, const char *netns)
{
    const struct pktmon_provider_options *options = &provider->options;

    return !options->wants_netns || options->wants_netns(options->context, netns);
}

/* Packets of namespaces that were not asked for must not take the room of others. */
static void tell_programs(const struct ebpf_provider *provider, uint64_t cookie, bool wanted)
{
    int map = provider->maps[AGENT_MAP_UNWANTED_NETNS];
    uint8_t yes = 1;

    if (!provider->rings)
        return;
    if (wanted)
        bpf_map_delete_elem(map, &cookie);
    else
        bpf_map_update_elem(map, &cookie, &yes, BPF_ANY);
}

void selection_take_name(struct ebpf_provider *provider, uint64_t cookie, const char *netns)
{
    struct selection *selection = &provider->selection;
    bool wanted = is_wanted(provider, netns);
    bool was = g_hash_table_contains(selection->told, &cookie);

    tell_programs(provider, cookie, wanted);
    if (!provider->options.wants_netns || wanted == was)
        return;
    g_array_append_val(wanted ? selection->chosen : selection->left, cookie);
    if (wanted)
        g_hash_table_add(selection->told, g_memdup2(&cookie, sizeof(cookie)));
    else
        g_hash_table_remove(selection->told, &cookie);
}

void selection_forget(struct selection *selection, uint64_t cookie)
{
    g_hash_table_remove(selection->told, &cookie);
}

static void take_name(void *context, uint64_t cookie, const char *netns)
{
    selection_take_name(context, cookie, netns);
}

void selection_renew(struct ebpf_provider *provider)
{
    /* Where all are wanted the agent forgets what it was told of single ones. */
    if (!provider->options.wants_netns)
        g_hash_table_remove_all(provider->selection.told);
    topology_for_each_netns(provider->topology, take_name, provider);
}

/* Takes what was told out of cookies. */
static bool tell_part(struct ebpf_provider *provider, GArray *cookies, bool wanted, bool waits,
                      bool *full, GError **error)
{
    struct agent_request request = {.protocol = AGENT_PROTOCOL, .type = AGENT_SELECT};

    request.selection.wanted = wanted;
    request.selection.count = MIN(cookies->len, AGENT_SELECTION_PART);
    memcpy(request.selection.cookies, cookies->data, request.selection.count * sizeof(uint64_t));
    if (waits ? !ebpf_send(provider, &request, error)
              : !agent_client_try(&provider->agent, &request, full, error))
        return false;
    if (!*full)
        g_array_remove_range(cookies, 0, request.selection.count);
    return true;
}

bool selection_tell(struct ebpf_provider *provider, bool waits, GError **error)
{
    struct selection *selection = &provider->selection;
    bool full = false;

    while (selection->left->len > 0 && !full) {
        if (!tell_part(provider, selection->left, false, waits, &full, error))
            return false;
    }
    while (selection->chosen->len > 0 && !full) {
        if (!tell_part(provider, selection->chosen, true, waits, &full, error))
            return false;
    }
    return true;
}
