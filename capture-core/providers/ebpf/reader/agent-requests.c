/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent-requests.h"

#include <glib.h>
#include <string.h>

#include "agent-client.h"
#include "conversation.h"
#include "ebpf-state.h"
#include "kernel-filters.h"
#include "shedding.h"

/* --- the selection of namespaces --- */

/* Sends a part of the cookies, and removes it from the array. */
static bool send_part(struct ebpf_provider *provider, GArray *cookies, bool wanted, bool waits,
                      bool *full, GError **error)
{
    struct agent_request request = {.protocol = AGENT_PROTOCOL, .type = AGENT_SELECT};

    request.selection.wanted = wanted;
    request.selection.count = MIN(cookies->len, AGENT_SELECTION_PART);
    memcpy(request.selection.cookies, cookies->data, request.selection.count * sizeof(uint64_t));
    if (waits ? !ebpf_send(provider, &request, error)
              : !ebpf_agent_try_send(&provider->agent, &request, full, error))
        return false;
    if (!*full)
        g_array_remove_range(cookies, 0, request.selection.count);
    return true;
}

bool ebpf_send_selection(struct ebpf_provider *provider, bool waits, GError **error)
{
    struct ebpf_selection *selection = &provider->selection;
    bool full = false;

    while (selection->left->len > 0 && !full) {
        if (!send_part(provider, selection->left, false, waits, &full, error))
            return false;
    }
    while (selection->chosen->len > 0 && !full) {
        if (!send_part(provider, selection->chosen, true, waits, &full, error))
            return false;
    }
    return true;
}

/* --- start and change --- */

/* Also sends the selection and the filters, which the options borrow only until then. */
static bool prepare_start(struct ebpf_provider *provider, struct agent_request *request,
                          GError **error)
{
    struct provider_options *options = &provider->options;
    bool sent;

    request->protocol = AGENT_PROTOCOL;
    request->start = (struct agent_start){
        .live = options->live,
        .pkt_size = options->pkt_size,
        .repeat_size = options->repeat_size,
        .unsampled_share = ebpf_share_of_sample(options->sample),
        .record_flow = options->flow,
        .record_drops = options->drops,
        .leaves_out_netns = options->wants_netns != NULL,
        .leaves_out_own = options->output_count > 0 && !options->keep_own,
        .outputs = MIN(options->output_count, RECORD_OUTPUTS),
    };
    for (size_t i = 0; i < request->start.outputs; i++)
        request->start.output[i] = options->outputs[i];
    sent = ebpf_send_selection(provider, true, error) &&
           ebpf_send_filters(provider, &request->start, error);
    options->filters = NULL;
    options->filter_count = 0;
    return sent;
}

bool ebpf_request_start(struct ebpf_provider *provider, GError **error)
{
    struct agent_request request = {.type = AGENT_START};

    return prepare_start(provider, &request, error) && ebpf_send(provider, &request, error);
}

bool ebpf_request_change(struct ebpf_provider *provider, GError **error)
{
    struct agent_request request = {.type = AGENT_CHANGE};

    return prepare_start(provider, &request, error) && ebpf_send(provider, &request, error);
}

bool ebpf_request_settle(struct ebpf_provider *provider, GError **error)
{
    const struct agent_request request = {.protocol = AGENT_PROTOCOL, .type = AGENT_SETTLE};

    return ebpf_send_selection(provider, true, error) && ebpf_send(provider, &request, error);
}
