/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the agent is asked, and what it says. */
#include <string.h>

#include "../helper.h"
#include "ebpf_provider.h"
#include "filters.h"
#include "plural.h"
#include "retirement.h"

/* A conversation that stays full is one that nobody takes part in. */
#define SEND_PATIENCE_MS 10000
#define SEND_STEP_MS     10

/* Each is a sentence for people, who read no more. */
#define MOST_MISSING 64

/* What the agent says has names of devices in it, and whoever has a namespace of his own gives a
 * device any bytes for a name. */
static char *text_of(const struct agent_message *message)
{
    return g_utf8_make_valid(message->text, strnlen(message->text, sizeof(message->text)));
}

static void on_missing(struct ebpf_provider *provider, const struct agent_message *message)
{
    GPtrArray *missing = provider->base.capture->missing;
    g_autofree char *text = text_of(message);

    if (missing->len >= MOST_MISSING ||
        g_ptr_array_find_with_equal_func(missing, text, g_str_equal, NULL))
        return; /* it tried twice */
    if (provider->rings)
        ebpf_push_notice(provider, PKTMON_NOTICE_NOT_ATTACHED, PKTMON_LEVEL_WARNING, 0,
                         "Not seen: %s", text);
    g_ptr_array_add(missing, g_steal_pointer(&text));
}

static void on_notice(struct ebpf_provider *provider, const struct agent_message *message)
{
    g_autofree char *text = text_of(message);

    g_info("%s", text);
    ebpf_push_notice(provider, PKTMON_NOTICE_HOOKS_STAY, PKTMON_LEVEL_WARNING, 0, "%s", text);
}

/* Who chose namespaces may have meant this one by another name than that which is shown. */
static void tell_aliases(struct ebpf_provider *provider, uint64_t cookie)
{
    const struct pktmon_provider_options *options = &provider->options;
    const char *name = topology_netns_name(provider->topology, cookie);
    const GPtrArray *aliases = aliases_of(provider->aliases, cookie);
    bool news = false;

    if (!topology_knows_netns(provider->topology, cookie) || !options->take_alias)
        return;
    name = *name ? name : NULL;
    for (guint i = 0; i < aliases->len; i++)
        news |= options->take_alias(options->context, name, aliases->pdata[i]);
    if (news)
        selection_take_name(provider, cookie, name);
}

static void on_netns(struct ebpf_provider *provider, const struct agent_message *message)
{
    g_autofree char *by_inode = g_strdup_printf("net:[%u]", message->netns.inode);

    if (!message->netns.cookie) /* it cannot be entered: nothing is known of it */
        return;
    topology_take_netns(provider->topology, &message->netns);
    aliases_add(provider->aliases, message->netns.cookie, by_inode);
    tell_aliases(provider, message->netns.cookie);
}

static void on_alias(struct ebpf_provider *provider, const struct agent_message *message)
{
    g_autofree char *alias = g_strndup(message->alias.name, sizeof(message->alias.name));

    aliases_add(provider->aliases, message->alias.cookie, alias);
    tell_aliases(provider, message->alias.cookie);
}

static void on_device(struct ebpf_provider *provider, const struct agent_message *message)
{
    topology_take_device(provider->topology, &message->device);
}

static void on_device_gone(struct ebpf_provider *provider, const struct agent_message *message)
{
    topology_take_gone(provider->topology, &message->device);
}

static void on_netns_gone(struct ebpf_provider *provider, const struct agent_message *message)
{
    topology_take_netns_gone(provider->topology, &message->netns);
    aliases_remove(provider->aliases, message->netns.cookie);
}

static void on_forgotten(struct ebpf_provider *provider, const struct agent_message *message)
{
    for (uint32_t i = 0; i < MIN(message->forgotten.count, AGENT_FORGET_MOST); i++)
        retirement_take(provider, &message->forgotten.entries[i]);
}

static void on_listed(struct ebpf_provider *provider, const struct agent_message *message)
{
    (void)message;
    provider->listed = true;
}

static void on_missed(struct ebpf_provider *provider, const struct agent_message *message)
{
    provider->counting = false;
    if (message->misses > provider->misses)
        ebpf_push_notice(provider, PKTMON_NOTICE_LOST, PKTMON_LEVEL_WARNING, 0,
                         "%" G_GUINT64_FORMAT " %s not seen: the kernel does not run a program "
                         "that it has interrupted on the same CPU.",
                         message->misses - provider->misses,
                         PLURAL(message->misses - provider->misses, "event was", "events were"));
    provider->misses = message->misses;
}

static void on_xdp(struct ebpf_provider *provider, const struct agent_message *message)
{
    xdp_readings_take(provider->xdp, &message->xdp, !provider->rings);
}

static void on_changed(struct ebpf_provider *provider, const struct agent_message *message)
{
    g_clear_error(&provider->base.refused);
    if (message->changed.refusal) {
        provider->options = provider->unchanged;
        provider->base.refused =
            g_error_new(PKTMON_ERROR, PKTMON_ERROR_UNSUPPORTED,
                        "The kernel refused the filters (%s): make them simpler.",
                        g_strerror(message->changed.refusal));
    } else {
        provider->base.judges = message->changed.filtered;
    }
    provider->changing = false;
    provider->base.changes++;
}

static void on_stopped(struct ebpf_provider *provider, const struct agent_message *message)
{
    on_missed(provider, message);
    provider->stopped = true;
}

static void (*const listeners[])(struct ebpf_provider *provider,
                                 const struct agent_message *message) = {
    [AGENT_MISSING] = on_missing,   [AGENT_NETNS] = on_netns,
    [AGENT_DEVICE] = on_device,     [AGENT_DEVICE_GONE] = on_device_gone,
    [AGENT_LISTED] = on_listed,     [AGENT_STOPPED] = on_stopped,
    [AGENT_MISSED] = on_missed,     [AGENT_XDP] = on_xdp,
    [AGENT_CHANGED] = on_changed,   [AGENT_NETNS_GONE] = on_netns_gone,
    [AGENT_NETNS_ALIAS] = on_alias, [AGENT_FORGOTTEN] = on_forgotten,
    [AGENT_NOTICE] = on_notice,
};

static bool take_start(struct ebpf_provider *provider, const struct agent_message *message,
                       const int *descriptors, unsigned int count, GError **error)
{
    if (count != AGENT_MAPS + message->started.rings) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_FAILED,
                    "pktmon-agent gave %u descriptors of %u: raise the limit of open files.", count,
                    AGENT_MAPS + message->started.rings);
        return false;
    }
    provider->base.judges = message->started.filtered;
    memcpy(provider->maps, descriptors, sizeof(provider->maps));
    provider->rings = rings_new(descriptors + AGENT_MAPS, count - AGENT_MAPS, copies_look_ahead,
                                provider->copies, error);
    return provider->rings != NULL;
}

int ebpf_listen(struct ebpf_provider *provider, int timeout_ms, GError **error)
{
    int descriptors[AGENT_MAPS + RECORD_MAX_RINGS];
    struct agent_message message;
    unsigned int count = 0;
    int got =
        agent_client_receive(&provider->agent, timeout_ms, &message, descriptors, &count, error);

    if (got <= 0)
        return got;
    if (message.type == AGENT_STARTED)
        return take_start(provider, &message, descriptors, count, error) ? 1 : -1;
    if (message.type < G_N_ELEMENTS(listeners) && listeners[message.type])
        listeners[message.type](provider, &message);
    return 1;
}

static bool have_rings(const struct ebpf_provider *provider)
{
    return provider->rings != NULL;
}

static bool is_listed(const struct ebpf_provider *provider)
{
    return provider->listed;
}

static bool is_stopped(const struct ebpf_provider *provider)
{
    return provider->stopped;
}

/* So much longer it is waited for as long as the agent speaks: whoever makes thousands of
 * namespaces only makes it speak for long. */
#define MOST_PATIENCE 6

/* Listens until the answer is there. stopped: who does not want to wait for it any more, or NULL.
 */
static bool await(struct ebpf_provider *provider,
                  bool (*answered)(const struct ebpf_provider *provider), int timeout_ms,
                  const atomic_bool *stopped, GError **error)
{
    struct helper_wait wait = helper_wait_begin(timeout_ms, stopped);
    uint64_t most = helper_wait_begin(timeout_ms * MOST_PATIENCE, NULL).deadline;

    while (!answered(provider)) {
        int left_ms = helper_wait_ms(&wait), heard;

        if (left_ms == 0) {
            agent_client_give_up(&provider->agent, error);
            return false;
        }
        heard = ebpf_listen(provider, left_ms, error);
        if (heard < 0)
            return false;
        if (heard > 0 && !wait.hurried)
            wait.deadline = MIN(helper_wait_begin(timeout_ms, NULL).deadline, most);
    }
    return true;
}

/* The agent may wait in its turn, until what it says is read. */
bool ebpf_send(struct ebpf_provider *provider, const struct agent_request *request, GError **error)
{
    struct helper_wait wait = helper_wait_begin(SEND_PATIENCE_MS, provider->options.stopped);
    bool full;

    while (agent_client_try(&provider->agent, request, &full, error)) {
        int left_ms = full ? helper_wait_ms(&wait) : 0;

        if (!full)
            return true;
        if (left_ms == 0) {
            agent_client_give_up(&provider->agent, error);
            return false;
        }
        if (ebpf_listen(provider, MIN(left_ms, SEND_STEP_MS), error) < 0)
            return false;
    }
    return false;
}

static bool ask(struct ebpf_provider *provider, const struct agent_request *request,
                bool (*answered)(const struct ebpf_provider *provider), int timeout_ms,
                const atomic_bool *stopped, GError **error)
{
    return ebpf_send(provider, request, error) &&
           await(provider, answered, timeout_ms, stopped, error);
}

bool ebpf_ask_for_list(struct ebpf_provider *provider, int timeout_ms, GError **error)
{
    const struct agent_request request = {.protocol = AGENT_PROTOCOL, .type = AGENT_LIST};

    provider->listed = false;
    return ask(provider, &request, is_listed, timeout_ms, provider->options.stopped, error);
}

void ebpf_look_for_names(struct ebpf_provider *provider, int timeout_ms)
{
    const struct agent_request request = {.protocol = AGENT_PROTOCOL, .type = AGENT_LIST};
    struct helper_wait wait = helper_wait_begin(timeout_ms, provider->options.stopped);
    bool full;
    int left_ms;

    if (provider->listed) { /* else the last one is not answered yet */
        if (!agent_client_try(&provider->agent, &request, &full, NULL) || full)
            return;
        provider->listed = false;
    }
    while (!provider->listed && (left_ms = helper_wait_ms(&wait)) > 0) {
        if (ebpf_listen(provider, left_ms, NULL) < 0)
            return;
    }
}

/* Sends the filters, too, which the caller keeps no longer. */
static bool prepare_start(struct ebpf_provider *provider, struct agent_request *request,
                          GError **error)
{
    struct pktmon_provider_options *options = &provider->options;
    bool sent;

    request->protocol = AGENT_PROTOCOL;
    request->start = (struct agent_start){
        .pkt_size = options->pkt_size,
        .repeat_size = options->repeat_size,
        .buffer_size = options->buffer_size,
        .unsampled_share = shed_share_of_sample(options->sample),
        .upper_edges = options->points == PKTMON_POINTS_STACK,
        .record_flow = options->flow,
        .record_drops = options->drops,
        .leaves_out_netns = options->wants_netns != NULL,
        .hook_queues = options->hook_queues,
        .leaves_out_own = options->output_count > 0 && !options->keep_own,
        .outputs = MIN(options->output_count, RECORD_OUTPUTS),
    };
    for (size_t i = 0; i < request->start.outputs; i++)
        request->start.output[i] = options->outputs[i];
    sent = selection_tell(provider, true, error) && filters_ask(provider, &request->start, error);
    options->filters = NULL;
    options->filter_count = 0;
    return sent;
}

bool ebpf_ask_for_start(struct ebpf_provider *provider, GError **error)
{
    struct agent_request request = {.type = AGENT_START};

    return prepare_start(provider, &request, error) && ebpf_send(provider, &request, error);
}

bool ebpf_await_start(struct ebpf_provider *provider, int timeout_ms, GError **error)
{
    return await(provider, have_rings, timeout_ms, provider->options.stopped, error);
}

bool ebpf_ask_for_change(struct ebpf_provider *provider, GError **error)
{
    struct agent_request request = {.type = AGENT_CHANGE};

    return prepare_start(provider, &request, error) && ebpf_send(provider, &request, error);
}

bool ebpf_ask_to_settle(struct ebpf_provider *provider, GError **error)
{
    const struct agent_request request = {.protocol = AGENT_PROTOCOL, .type = AGENT_SETTLE};

    return selection_tell(provider, true, error) && ebpf_send(provider, &request, error);
}

bool ebpf_ask_for_stop(struct ebpf_provider *provider, int timeout_ms, GError **error)
{
    const struct agent_request request = {.protocol = AGENT_PROTOCOL, .type = AGENT_STOP};

    return ask(provider, &request, is_stopped, timeout_ms, NULL, error);
}
