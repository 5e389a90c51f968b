/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The processes that capture, and their messages. */
#include "pcap-capture.h"

#include <glib.h>
#include <poll.h>

#include "model/clock.h"
#include "order.h"
#include "pcap-delivery.h"
#include "pcap-links.h"
#include "pcap-state.h"
#include "providers/netdev/helper.h"
#include "providers/pcap/pcap-protocol.h"
#include "sniffer.h"

#define MIB (1024U * 1024)
/* A device that was closed may be back after this time. */
#define LIST_AGAIN_NS (200 * PKTMON_NS_PER_MS)

uint64_t pcap_watermark(const struct pcap_provider *provider)
{
    uint64_t watermark = clock_monotonic();

    for (guint i = 0; i < provider->sniffers->len; i++) {
        const struct pcap_sniffer *sniffer = provider->sniffers->pdata[i];

        if (sniffer->started)
            watermark = MIN(watermark, sniffer->until);
    }
    return watermark;
}

/* --- messages --- */

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
    provider->list_at = clock_monotonic() + LIST_AGAIN_NS;
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
    if (provider->begun)
        pcap_tell_loss(provider, pcap_watermark(provider), pcap_monotonic(provider, message->time));
    device->lost[message->direction == PKTMON_DIRECTION_TX ? PCAP_TX : PCAP_RX] += message->number;
    device->pending_lost += message->number;
    device->pending_time = pcap_monotonic(provider, message->time);
}

static void (*const device_receivers[])(struct pcap_provider *provider, struct pcap_device *device,
                                        const struct pcap_agent_message *message,
                                        uint8_t *bytes) = {
    [PCAP_AGENT_FAILED] = on_failed,
    [PCAP_AGENT_CLOSED] = on_closed,
    [PCAP_AGENT_PACKET] = on_packet,
    [PCAP_AGENT_LOST] = on_lost,
};

static void take_message(void *context, struct pcap_sniffer *sniffer,
                         const struct pcap_agent_message *message, uint8_t *bytes)
{
    struct pcap_provider *provider = context;
    struct pcap_device *device =
        g_hash_table_lookup(provider->devices, GUINT_TO_POINTER(message->ifindex));

    if (message->type == PCAP_AGENT_UNTIL)
        sniffer->until = MAX(sniffer->until, pcap_monotonic(provider, message->time));
    else if (device && message->type < G_N_ELEMENTS(device_receivers) &&
             device_receivers[message->type])
        device_receivers[message->type](provider, device, message, bytes);
}

/* --- receiving --- */

/* Where one process is behind the others, their messages wait in their own buffers. */
static bool is_held(const struct pcap_provider *provider, const struct pcap_sniffer *sniffer)
{
    return pcap_order_size(provider->order) > (size_t)provider->options.buffer_size * MIB &&
           sniffer->started && sniffer->until > pcap_watermark(provider);
}

void pcap_wait(const struct pcap_provider *provider, int timeout_ms)
{
    g_autoptr(GArray) polls = g_array_new(FALSE, FALSE, sizeof(struct pollfd));
    struct pollfd ready = {.fd = pcap_links_descriptor(provider->links), .events = POLLIN};

    g_array_append_val(polls, ready);
    for (guint i = 0; i < provider->sniffers->len; i++) {
        const struct pcap_sniffer *sniffer = provider->sniffers->pdata[i];

        ready.fd = sniffer->socket;
        if (!is_held(provider, sniffer))
            g_array_append_val(polls, ready);
    }
    poll((struct pollfd *)polls->data, polls->len, timeout_ms);
}

/* A device that appeared later must not end the whole capture. */
static void give_up(struct pcap_provider *provider, const GError *error)
{
    pcap_push_notice(provider, PKTMON_NOTICE_NOT_ATTACHED, PKTMON_LEVEL_WARNING, 0,
                     "Packets of a new device are not seen: %s", error->message);
}

/* False: error. */
static bool receive(struct pcap_provider *provider, struct pcap_sniffer *sniffer, GError **error)
{
    g_autoptr(GError) reason = NULL;

    if (pcap_sniffer_receive(sniffer, take_message, provider, &reason))
        return true;
    sniffer->ended = true;
    if (sniffer->started || !provider->begun) {
        g_propagate_error(error, g_steal_pointer(&reason));
        return false;
    }
    give_up(provider, reason);
    return true;
}

bool pcap_receive_all(struct pcap_provider *provider, GError **error)
{
    for (guint i = provider->sniffers->len; i > 0; i--) {
        struct pcap_sniffer *sniffer = provider->sniffers->pdata[i - 1];

        if (!is_held(provider, sniffer) && !receive(provider, sniffer, error))
            return false;
        if (sniffer->ended)
            g_ptr_array_remove_index(provider->sniffers, i - 1);
    }
    return true;
}

/* --- beginning and end --- */

bool pcap_start_sniffer(struct pcap_provider *provider, const struct pcap_agent_request *request,
                        GError **error)
{
    g_autoptr(GError) reason = NULL;
    struct pcap_sniffer *sniffer = pcap_sniffer_start(request, &reason);

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

bool pcap_is_started(const struct pcap_provider *provider)
{
    for (guint i = 0; i < provider->sniffers->len; i++) {
        if (!((const struct pcap_sniffer *)provider->sniffers->pdata[i])->started)
            return false;
    }
    return true;
}

bool pcap_is_ended(const struct pcap_provider *provider)
{
    return provider->sniffers->len == 0;
}

void pcap_give_up_sniffers(struct pcap_provider *provider, GError **error)
{
    for (guint i = 0; i < provider->sniffers->len; i++)
        ((struct pcap_sniffer *)provider->sniffers->pdata[i])->silent = true;
    g_ptr_array_set_size(provider->sniffers, 0);
    netdev_explain_silence("pktmon-pcap-agent", error);
}

void pcap_stop_sniffers(struct pcap_provider *provider)
{
    for (guint i = 0; i < provider->sniffers->len; i++)
        pcap_sniffer_stop(provider->sniffers->pdata[i]);
}
