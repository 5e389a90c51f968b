/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The processes that capture, and what they say. */
#include <poll.h>

#include "../../linux/helper.h"
#include "clock.h"
#include "pcap_provider.h"

#define MIB (1024U * 1024)
/* A device that was closed may be there again. */
#define LIST_AGAIN_NS (200 * PKTMON_NS_PER_MS)

/* --- what they say --- */

static void on_failed(struct pcap_provider *provider, struct pcap_device *device,
                      const struct pcap_agent_message *message, uint8_t *bytes)
{
    g_autofree char *text = NULL;

    if (device->is_refused)
        return;
    device->is_open = false;
    device->is_refused = true;
    text = g_strdup_printf("packets of %s: libpcap cannot capture it (%.*s)", device->name,
                           (int)message->size, bytes);
    if (provider->begun)
        pcap_push_notice(provider, PKTMON_NOTICE_NOT_ATTACHED, PKTMON_LEVEL_WARNING,
                         device->component, "Not seen: %s", text);
    g_ptr_array_add(provider->base.capture->missing, g_steal_pointer(&text));
}

static void on_closed(struct pcap_provider *provider, struct pcap_device *device,
                      const struct pcap_agent_message *message, uint8_t *bytes)
{
    (void)message, (void)bytes;
    device->is_open = false;
    provider->list_at = pktmon_clock_monotonic() + LIST_AGAIN_NS;
}

static void on_packet(struct pcap_provider *provider, struct pcap_device *device,
                      const struct pcap_agent_message *message, uint8_t *bytes)
{
    pcap_push_packet(provider, device, message, bytes);
}

static void on_lost(struct pcap_provider *provider, struct pcap_device *device,
                    const struct pcap_agent_message *message, uint8_t *bytes)
{
    (void)bytes;
    device->lost[message->direction == PKTMON_DIRECTION_TX ? WAY_TX : WAY_RX] += message->number;
    device->pending_lost += message->number;
    device->pending_time = pcap_monotonic(provider, message->time);
}

static void (*const device_listeners[])(struct pcap_provider *provider, struct pcap_device *device,
                                        const struct pcap_agent_message *message,
                                        uint8_t *bytes) = {
    [PCAP_AGENT_FAILED] = on_failed,
    [PCAP_AGENT_CLOSED] = on_closed,
    [PCAP_AGENT_PACKET] = on_packet,
    [PCAP_AGENT_LOST] = on_lost,
};

static void take_message(void *context, struct sniffer *sniffer,
                         const struct pcap_agent_message *message, uint8_t *bytes)
{
    struct pcap_provider *provider = context;
    struct pcap_device *device =
        g_hash_table_lookup(provider->devices, GUINT_TO_POINTER(message->ifindex));

    if (message->type == PCAP_AGENT_UNTIL)
        sniffer->until = MAX(sniffer->until, pcap_monotonic(provider, message->time));
    else if (device && message->type < G_N_ELEMENTS(device_listeners) &&
             device_listeners[message->type])
        device_listeners[message->type](provider, device, message, bytes);
}

/* --- listening --- */

uint64_t pcap_watermark(const struct pcap_provider *provider)
{
    uint64_t watermark = pktmon_clock_monotonic();

    for (guint i = 0; i < provider->sniffers->len; i++) {
        const struct sniffer *sniffer = provider->sniffers->pdata[i];

        if (sniffer->started)
            watermark = MIN(watermark, sniffer->until);
    }
    return watermark;
}

/* Where one is behind the others, what they say waits in their own buffers. */
static bool is_held(const struct pcap_provider *provider, const struct sniffer *sniffer)
{
    return order_size(provider->order) > (size_t)provider->options.buffer_size * MIB &&
           sniffer->started && sniffer->until > pcap_watermark(provider);
}

static void wait_for_words(const struct pcap_provider *provider, int timeout_ms)
{
    g_autoptr(GArray) polls = g_array_new(FALSE, FALSE, sizeof(struct pollfd));
    struct pollfd ready = {.fd = links_descriptor(provider->links), .events = POLLIN};

    g_array_append_val(polls, ready);
    for (guint i = 0; i < provider->sniffers->len; i++) {
        const struct sniffer *sniffer = provider->sniffers->pdata[i];

        ready.fd = sniffer->socket;
        if (!is_held(provider, sniffer))
            g_array_append_val(polls, ready);
    }
    poll((struct pollfd *)polls->data, polls->len, timeout_ms);
}

/* A device that came later is not worth the whole capture. */
static void give_up(struct pcap_provider *provider, const GError *error)
{
    pcap_push_notice(provider, PKTMON_NOTICE_NOT_ATTACHED, PKTMON_LEVEL_WARNING, 0,
                     "Packets of a new device are not seen: %s", error->message);
}

/* False: error. */
static bool receive(struct pcap_provider *provider, struct sniffer *sniffer, GError **error)
{
    g_autoptr(GError) reason = NULL;

    if (sniffer_receive(sniffer, take_message, provider, &reason))
        return true;
    sniffer->ended = true;
    if (sniffer->started || !provider->begun) {
        g_propagate_error(error, g_steal_pointer(&reason));
        return false;
    }
    give_up(provider, reason);
    return true;
}

static bool receive_from_all(struct pcap_provider *provider, GError **error)
{
    for (guint i = provider->sniffers->len; i > 0; i--) {
        struct sniffer *sniffer = provider->sniffers->pdata[i - 1];

        if (!is_held(provider, sniffer) && !receive(provider, sniffer, error))
            return false;
        if (sniffer->ended)
            g_ptr_array_remove_index(provider->sniffers, i - 1);
    }
    return true;
}

bool pcap_listen(struct pcap_provider *provider, int timeout_ms, GError **error)
{
    int64_t step;

    wait_for_words(provider, timeout_ms);
    pktmon_clock_stepped(&provider->clock_offset, pktmon_clock_offset(), &step);
    return pcap_hear_of_devices(provider, error) && receive_from_all(provider, error) &&
           (!provider->capturing || pcap_open_devices(provider, error));
}

/* --- beginning and end --- */

bool pcap_start_sniffer(struct pcap_provider *provider, const struct pcap_agent_request *request,
                        GError **error)
{
    g_autoptr(GError) reason = NULL;
    struct sniffer *sniffer = sniffer_start(request, &reason);

    if (sniffer) {
        g_ptr_array_add(provider->sniffers, sniffer);
        return true;
    }
    if (provider->begun) {
        give_up(provider, reason);
        return true;
    }
    g_propagate_error(error, g_steal_pointer(&reason));
    return false;
}

static bool all_started(const struct pcap_provider *provider)
{
    for (guint i = 0; i < provider->sniffers->len; i++) {
        if (!((const struct sniffer *)provider->sniffers->pdata[i])->started)
            return false;
    }
    return true;
}

static bool all_ended(const struct pcap_provider *provider)
{
    return provider->sniffers->len == 0;
}

/* They did not answer in time. */
static void give_up_all(struct pcap_provider *provider, GError **error)
{
    for (guint i = 0; i < provider->sniffers->len; i++)
        ((struct sniffer *)provider->sniffers->pdata[i])->silent = true;
    g_ptr_array_set_size(provider->sniffers, 0);
    helper_explain_silence("pktmon-pcap-agent", error);
}

/* stopped: who does not want to wait any more, or NULL. */
static bool listen_until(struct pcap_provider *provider,
                         bool (*done)(const struct pcap_provider *provider), int timeout_ms,
                         const atomic_bool *stopped, GError **error)
{
    struct helper_wait wait = helper_wait_begin(timeout_ms, stopped);

    while (!done(provider)) {
        int left_ms = helper_wait_ms(&wait);

        if (left_ms == 0) {
            give_up_all(provider, error);
            return false;
        }
        if (!pcap_listen(provider, left_ms, error))
            return false;
        if (provider->begun)
            pcap_deliver(provider, pcap_watermark(provider));
    }
    return true;
}

bool pcap_wait_for_start(struct pcap_provider *provider, int timeout_ms, GError **error)
{
    return listen_until(provider, all_started, timeout_ms, provider->options.stopped, error);
}

bool pcap_end_sniffers(struct pcap_provider *provider, int timeout_ms, GError **error)
{
    provider->capturing = false;
    for (guint i = 0; i < provider->sniffers->len; i++)
        sniffer_stop(provider->sniffers->pdata[i]);
    return listen_until(provider, all_ended, timeout_ms, NULL, error);
}
