/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns-selection.h"

#include <bpf/bpf.h>
#include <glib.h>
#include <string.h>

#include "ebpf-state.h"
#include "model/salted-hash.h"
#include "providers/netdev/topology.h"

void ebpf_selection_init(struct ebpf_selection *selection)
{
    selection->sent = g_hash_table_new_full(salted_int64, g_int64_equal, g_free, NULL);
    selection->chosen = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    selection->left = g_array_new(FALSE, FALSE, sizeof(uint64_t));
}

void ebpf_selection_clear(struct ebpf_selection *selection)
{
    g_hash_table_unref(selection->sent);
    g_array_unref(selection->chosen);
    g_array_unref(selection->left);
}

static bool is_wanted(const struct ebpf_provider *provider, const char *netns)
{
    const struct provider_options *options = &provider->options;

    return !options->wants_netns || options->wants_netns(options->context, netns);
}

/* Packets of unwanted namespaces must not take the room of others. */
static void update_unwanted(const struct ebpf_provider *provider, uint64_t cookie, bool wanted)
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

void ebpf_select_netns(struct ebpf_provider *provider, uint64_t cookie, const char *netns)
{
    struct ebpf_selection *selection = &provider->selection;
    bool wanted = is_wanted(provider, netns);
    bool was = g_hash_table_contains(selection->sent, &cookie);

    update_unwanted(provider, cookie, wanted);
    if (!provider->options.wants_netns || wanted == was)
        return;
    g_array_append_val(wanted ? selection->chosen : selection->left, cookie);
    if (wanted)
        g_hash_table_add(selection->sent, g_memdup2(&cookie, sizeof(cookie)));
    else
        g_hash_table_remove(selection->sent, &cookie);
}

void ebpf_selection_forget(struct ebpf_selection *selection, uint64_t cookie)
{
    g_hash_table_remove(selection->sent, &cookie);
}

static void take_name(void *context, uint64_t cookie, const char *netns)
{
    ebpf_select_netns(context, cookie, netns);
}

void ebpf_renew_selection(struct ebpf_provider *provider)
{
    /* Once all are wanted, the agent forgets the selection of single ones. */
    if (!provider->options.wants_netns)
        g_hash_table_remove_all(provider->selection.sent);
    netdev_for_each_netns(provider->topology, take_name, provider);
}
