/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The conversation with the agent. */
#include "conversation.h"

#include <glib.h>
#include <string.h>

#include "agent-client.h"
#include "copies.h"
#include "ebpf-state.h"
#include "event-delivery.h"
#include "model/clock.h"
#include "model/plural.h"
#include "model/printable.h"
#include "netns-selection.h"
#include "providers/netdev/aliases.h"
#include "providers/netdev/helper.h"
#include "providers/netdev/topology.h"
#include "rings.h"
#include "xdp-drops.h"

/* A socket that stays full this long has no reader. */
#define SEND_PATIENCE_MS 10000
#define SEND_STEP_MS     10

/* Each is a sentence for users, who read no more. */
#define MOST_MISSING 64

/* Messages contain names of devices, which may hold any bytes. */
static char *text_of(const struct agent_message *message)
{
    return printable(message->text, strnlen(message->text, sizeof(message->text)));
}

static void add_missing(struct ebpf_provider *provider, const char *text)
{
    GPtrArray *missing = provider->base.capture->missing;

    if (missing->len >= MOST_MISSING ||
        g_ptr_array_find_with_equal_func(missing, text, g_str_equal, NULL))
        return; /* the agent tried twice */
    if (provider->rings)
        ebpf_push_notice(provider, PKTMON_NOTICE_NOT_ATTACHED, PKTMON_LEVEL_WARNING, 0,
                         "Not seen: %s", text);
    g_ptr_array_add(missing, g_strdup(text));
}

static void on_missing(struct ebpf_provider *provider, const struct agent_message *message)
{
    g_autofree char *text = text_of(message);

    add_missing(provider, text);
}

void ebpf_report_hidden(struct ebpf_provider *provider)
{
    if (!provider->hidden || provider->options.wants_netns)
        return;
    add_missing(provider, provider->hidden);
    g_clear_pointer(&provider->hidden, g_free);
}

/* A user who chose namespaces does not miss hidden ones. */
static void on_hidden(struct ebpf_provider *provider, const struct agent_message *message)
{
    g_free(provider->hidden);
    provider->hidden = text_of(message);
    ebpf_report_hidden(provider);
}

static void on_notice(struct ebpf_provider *provider, const struct agent_message *message)
{
    g_autofree char *text = text_of(message);

    g_info("%s", text);
    ebpf_push_notice(provider, PKTMON_NOTICE_HOOKS_STAY, PKTMON_LEVEL_WARNING, 0, "%s", text);
}

/* A user may have chosen the namespace by another name than the one that is shown. */
static void report_aliases(struct ebpf_provider *provider, uint64_t cookie)
{
    const struct provider_options *options = &provider->options;
    const char *name = netdev_netns_name(provider->topology, cookie);
    const GPtrArray *aliases = netdev_aliases_of(provider->aliases, cookie);
    bool news = false;

    if (!netdev_has_netns(provider->topology, cookie) || !options->take_alias)
        return;
    name = *name ? name : NULL;
    for (guint i = 0; i < aliases->len; i++)
        news |= options->take_alias(options->context, name, aliases->pdata[i]);
    if (news)
        ebpf_select_netns(provider, cookie, name);
}

static void on_netns(struct ebpf_provider *provider, const struct agent_message *message)
{
    g_autofree char *by_inode = g_strdup_printf("net:[%u]", message->netns.inode);

    if (!message->netns.cookie) /* it could not be entered: nothing is known of it */
        return;
    netdev_add_netns(provider->topology, &message->netns);
    netdev_aliases_add(provider->aliases, message->netns.cookie, by_inode);
    report_aliases(provider, message->netns.cookie);
}

static void on_alias(struct ebpf_provider *provider, const struct agent_message *message)
{
    g_autofree char *alias = g_strndup(message->alias.name, sizeof(message->alias.name));

    netdev_aliases_add(provider->aliases, message->alias.cookie, alias);
    report_aliases(provider, message->alias.cookie);
}

static void on_device(struct ebpf_provider *provider, const struct agent_message *message)
{
    netdev_add_device(provider->topology, &message->device);
}

static void on_device_gone(struct ebpf_provider *provider, const struct agent_message *message)
{
    netdev_remove_device(provider->topology, &message->device);
}

static void on_netns_gone(struct ebpf_provider *provider, const struct agent_message *message)
{
    netdev_remove_netns(provider->topology, &message->netns);
    netdev_aliases_remove(provider->aliases, message->netns.cookie);
}

static void on_forgotten(struct ebpf_provider *provider, const struct agent_message *message)
{
    for (uint32_t i = 0; i < MIN(message->forgotten.count, AGENT_FORGET_MOST); i++)
        provider->on_forgotten(provider, &message->forgotten.entries[i]);
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
                         "%" G_GUINT64_FORMAT " %s not seen: the kernel skips a tracing program "
                         "that is already running on the same CPU.",
                         message->misses - provider->misses,
                         PLURAL(message->misses - provider->misses, "event was", "events were"));
    provider->misses = message->misses;
}

static void on_xdp(struct ebpf_provider *provider, const struct agent_message *message)
{
    ebpf_xdp_readings_add(provider->xdp, &message->xdp, !provider->rings);
}

static void on_changed(struct ebpf_provider *provider, const struct agent_message *message)
{
    g_clear_error(&provider->base.refused);
    if (message->changed.refusal) {
        provider->options = provider->unchanged;
        provider->base.refused = g_error_new(
            PKTMON_ERROR, PKTMON_ERROR_UNSUPPORTED,
            "The kernel refused the filters (%s): make them simpler.", message->changed.reason);
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

static void (*const receivers[])(struct ebpf_provider *provider,
                                 const struct agent_message *message) = {
    [AGENT_MISSING] = on_missing,   [AGENT_NETNS] = on_netns,
    [AGENT_DEVICE] = on_device,     [AGENT_DEVICE_GONE] = on_device_gone,
    [AGENT_LISTED] = on_listed,     [AGENT_STOPPED] = on_stopped,
    [AGENT_MISSED] = on_missed,     [AGENT_XDP] = on_xdp,
    [AGENT_CHANGED] = on_changed,   [AGENT_NETNS_GONE] = on_netns_gone,
    [AGENT_NETNS_ALIAS] = on_alias, [AGENT_FORGOTTEN] = on_forgotten,
    [AGENT_NOTICE] = on_notice,     [AGENT_HIDDEN] = on_hidden,
};

static bool take_start(struct ebpf_provider *provider, const struct agent_message *message,
                       const int *descriptors, unsigned int count, GError **error)
{
    if (count != AGENT_MAPS + message->started.rings) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_FAILED,
                    "pktmon-agent passed %u of %u descriptors: raise the limit on open files.",
                    count, AGENT_MAPS + message->started.rings);
        return false;
    }
    provider->base.began = message->started.began + clock_offset();
    provider->base.judges = message->started.filtered;
    memcpy(provider->maps, descriptors, sizeof(provider->maps));
    provider->rings = ebpf_rings_new(descriptors + AGENT_MAPS, count - AGENT_MAPS,
                                     ebpf_copies_look_ahead, provider->copies, error);
    return provider->rings != NULL;
}

int ebpf_receive(struct ebpf_provider *provider, int timeout_ms, GError **error)
{
    int descriptors[AGENT_MAPS + RECORD_MAX_RINGS];
    struct agent_message message;
    unsigned int count = 0;
    int got =
        ebpf_agent_receive(&provider->agent, timeout_ms, &message, descriptors, &count, error);

    if (got <= 0)
        return got;
    if (message.type == AGENT_STARTED)
        return take_start(provider, &message, descriptors, count, error) ? 1 : -1;
    if (message.type < G_N_ELEMENTS(receivers) && receivers[message.type])
        receivers[message.type](provider, &message);
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

/* The wait is extended up to this factor as long as messages arrive: whoever makes thousands of
 * namespaces only makes the agent send for longer. */
#define MOST_PATIENCE 6

/* Receives messages until the answer has arrived. stopped: set by a user who does not want to wait
 * for it any more, or NULL. */
static bool await(struct ebpf_provider *provider,
                  bool (*answered)(const struct ebpf_provider *provider), int timeout_ms,
                  const atomic_bool *stopped, GError **error)
{
    struct netdev_wait wait = netdev_begin_wait(timeout_ms, stopped);
    uint64_t most = netdev_begin_wait(timeout_ms * MOST_PATIENCE, NULL).deadline;

    while (!answered(provider)) {
        int left_ms = netdev_wait_ms(&wait), received;

        if (left_ms == 0) {
            ebpf_agent_give_up(&provider->agent, error);
            return false;
        }
        received = ebpf_receive(provider, left_ms, error);
        if (received < 0)
            return false;
        if (received > 0 && !wait.hurried)
            wait.deadline = MIN(netdev_begin_wait(timeout_ms, NULL).deadline, most);
    }
    return true;
}

/* The agent may itself be waiting until its messages are read. */
bool ebpf_send(struct ebpf_provider *provider, const struct agent_request *request, GError **error)
{
    struct netdev_wait wait = netdev_begin_wait(SEND_PATIENCE_MS, provider->options.stopped);
    bool full;

    while (ebpf_agent_try_send(&provider->agent, request, &full, error)) {
        int left_ms = full ? netdev_wait_ms(&wait) : 0;

        if (!full)
            return true;
        if (left_ms == 0) {
            ebpf_agent_give_up(&provider->agent, error);
            return false;
        }
        if (ebpf_receive(provider, MIN(left_ms, SEND_STEP_MS), error) < 0)
            return false;
    }
    return false;
}

static bool request_and_await(struct ebpf_provider *provider, const struct agent_request *request,
                              bool (*answered)(const struct ebpf_provider *provider),
                              int timeout_ms, const atomic_bool *stopped, GError **error)
{
    return ebpf_send(provider, request, error) &&
           await(provider, answered, timeout_ms, stopped, error);
}

bool ebpf_request_list(struct ebpf_provider *provider, int timeout_ms, GError **error)
{
    const struct agent_request request = {.protocol = AGENT_PROTOCOL, .type = AGENT_LIST};

    provider->listed = false;
    return request_and_await(provider, &request, is_listed, timeout_ms, provider->options.stopped,
                             error);
}

void ebpf_request_names(struct ebpf_provider *provider, int timeout_ms)
{
    const struct agent_request request = {.protocol = AGENT_PROTOCOL, .type = AGENT_LIST};
    struct netdev_wait wait = netdev_begin_wait(timeout_ms, provider->options.stopped);
    bool full;
    int left_ms;

    if (provider->listed) { /* otherwise the last request is not answered yet */
        if (!ebpf_agent_try_send(&provider->agent, &request, &full, NULL) || full)
            return;
        provider->listed = false;
    }
    while (!provider->listed && (left_ms = netdev_wait_ms(&wait)) > 0) {
        if (ebpf_receive(provider, left_ms, NULL) < 0)
            return;
    }
}

bool ebpf_await_start(struct ebpf_provider *provider, int timeout_ms, GError **error)
{
    return await(provider, have_rings, timeout_ms, provider->options.stopped, error);
}

bool ebpf_request_stop(struct ebpf_provider *provider, int timeout_ms, GError **error)
{
    const struct agent_request request = {.protocol = AGENT_PROTOCOL, .type = AGENT_STOP};

    return request_and_await(provider, &request, is_stopped, timeout_ms, NULL, error);
}
