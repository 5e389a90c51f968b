/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One libpcap handle for each direction of each device: libpcap does not show otherwise whether a
 * packet was sent or received. */
#include "handles.h"

#include <errno.h>
#include <glib.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <sys/socket.h>
#include <time.h>

#include "pcap-reply.h"
#include "pktmon/event.h"
#include "providers/pcap/pcap-protocol.h"

/* The kernel passes packets in blocks; one that is not full after this time. */
#define BLOCK_TIMEOUT_MS 20
/* By then, a packet is in a block that was passed on, unless the host is stalled. */
#define HOLD_NS 60000000ULL
/* Packets taken from one handle before the others have their turn. */
#define PACKETS_AT_ONCE 1024

struct pcap_handle {
    pcap_t *pcap; /* NULL: closed */
    int descriptor;
    uint32_t ifindex;
    uint16_t direction; /* enum pktmon_direction */
    uint16_t link;      /* DLT_ */
    bool has_more;      /* packets were left at the last read */
    bool in_ns;         /* times are in nanoseconds, not microseconds */
    uint64_t newest;    /* time of the newest packet, ns */
    uint32_t drops;     /* as counted by libpcap, already reported */
};

static struct pcap_handle *handles;
static size_t handle_count;

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* --- opening --- */

/* Filters in the kernel, so that packets of the other direction take no room. libpcap's own filters
 * ("inbound") would be applied to the first packets in user space, where they match nothing;
 * pcap_setdirection() sorts these first packets out. */
static void attach_direction(const struct pcap_handle *handle, uint32_t snaplen)
{
    uint32_t if_sent = handle->direction == PKTMON_DIRECTION_TX ? snaplen : 0;
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, if_sent),
        BPF_STMT(BPF_RET | BPF_K, snaplen - if_sent),
    };
    const struct sock_fprog program = {.len = G_N_ELEMENTS(code), .filter = code};

    /* Optional: it only saves room. */
    setsockopt(handle->descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

static void stop_receiving(const struct pcap_handle *handle)
{
    struct sock_filter code[] = {BPF_STMT(BPF_RET | BPF_K, 0)};
    const struct sock_fprog program = {.len = G_N_ELEMENTS(code), .filter = code};

    setsockopt(handle->descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

static int activate(pcap_t *pcap, const struct pcap_agent_request *request)
{
    pcap_set_snaplen(pcap, request->snaplen);
    pcap_set_timeout(pcap, BLOCK_TIMEOUT_MS);
    pcap_set_buffer_size(pcap, request->buffer_size);
    pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO);
    return pcap_activate(pcap);
}

/* A device that is down or gone is no error: its next change will be noticed. */
static void report_unopened(const struct pcap_handle *handle, int status)
{
    if (status == PCAP_ERROR_IFACE_NOT_UP || status == PCAP_ERROR_NO_SUCH_DEVICE)
        pcap_agent_send(
            &(struct pcap_agent_message){.type = PCAP_AGENT_CLOSED, .ifindex = handle->ifindex},
            NULL);
    else
        pcap_agent_send_text(PCAP_AGENT_FAILED, handle->ifindex, "%s", pcap_statustostr(status));
}

static bool open_handle(struct pcap_handle *handle, const struct pcap_agent_request *request)
{
    char name[IF_NAMESIZE], message[PCAP_ERRBUF_SIZE] = "";
    pcap_t *pcap = if_indextoname(handle->ifindex, name) ? pcap_create(name, message) : NULL;
    int status = pcap ? activate(pcap, request) : PCAP_ERROR_NO_SUCH_DEVICE;

    if (status < 0 || pcap_setnonblock(pcap, true, message) ||
        pcap_setdirection(pcap,
                          handle->direction == PKTMON_DIRECTION_TX ? PCAP_D_OUT : PCAP_D_IN)) {
        report_unopened(handle, MIN(status, PCAP_ERROR));
        if (pcap)
            pcap_close(pcap);
        return false;
    }
    handle->pcap = pcap;
    handle->descriptor = pcap_get_selectable_fd(pcap);
    handle->link = pcap_datalink(pcap);
    handle->in_ns = pcap_get_tstamp_precision(pcap) == PCAP_TSTAMP_PRECISION_NANO;
    attach_direction(handle, request->snaplen);
    return true;
}

static bool open_next(const struct pcap_agent_request *request, uint32_t ifindex,
                      enum pktmon_direction direction)
{
    handles[handle_count] = (struct pcap_handle){.ifindex = ifindex, .direction = direction};
    if (!open_handle(&handles[handle_count], request))
        return false;
    handle_count++;
    return true;
}

void pcap_agent_open_handles(const struct pcap_agent_request *request)
{
    handles = g_new0(struct pcap_handle, 2 * request->count);
    for (uint32_t i = 0; i < request->count; i++) {
        const struct pcap_agent_device *device = &request->devices[i];

        if (open_next(request, device->ifindex, PKTMON_DIRECTION_RX) && !device->loopback)
            open_next(request, device->ifindex, PKTMON_DIRECTION_TX);
    }
}

bool pcap_agent_has_handles(void)
{
    for (size_t i = 0; i < handle_count; i++) {
        if (handles[i].pcap)
            return true;
    }
    return false;
}

/* --- reading --- */

void pcap_agent_add_polls(GArray *polls)
{
    for (size_t i = 0; i < handle_count; i++) {
        if (handles[i].pcap)
            g_array_append_val(polls,
                               ((struct pollfd){.fd = handles[i].descriptor, .events = POLLIN}));
    }
}

static void send_packet(u_char *user, const struct pcap_pkthdr *header, const u_char *bytes)
{
    struct pcap_handle *handle = (struct pcap_handle *)user;
    uint64_t fraction = (uint64_t)header->ts.tv_usec * (handle->in_ns ? 1 : 1000);

    handle->newest = (uint64_t)header->ts.tv_sec * 1000000000 + fraction;
    pcap_agent_send(&(struct pcap_agent_message){.type = PCAP_AGENT_PACKET,
                                                 .size = header->caplen,
                                                 .ifindex = handle->ifindex,
                                                 .direction = handle->direction,
                                                 .link = handle->link,
                                                 .time = handle->newest,
                                                 .number = header->len},
                    bytes);
}

static void send_lost(struct pcap_handle *handle)
{
    struct pcap_stat statistics;
    uint32_t lost;

    if (pcap_stats(handle->pcap, &statistics))
        return;
    lost = statistics.ps_drop - handle->drops;
    if (lost == 0)
        return;
    handle->drops = statistics.ps_drop;
    pcap_agent_send(&(struct pcap_agent_message){.type = PCAP_AGENT_LOST,
                                                 .ifindex = handle->ifindex,
                                                 .direction = handle->direction,
                                                 .time = now_ns(),
                                                 .number = lost},
                    NULL);
}

/* Closes both directions of a device that is down or gone. */
static void close_device(uint32_t ifindex)
{
    for (size_t i = 0; i < handle_count; i++) {
        if (handles[i].pcap && handles[i].ifindex == ifindex) {
            send_lost(&handles[i]);
            stop_receiving(&handles[i]); /* pcap_close() needs system calls that were given up */
            handles[i].pcap = NULL;
        }
    }
    pcap_agent_send(&(struct pcap_agent_message){.type = PCAP_AGENT_CLOSED, .ifindex = ifindex},
                    NULL);
}

bool pcap_agent_read_handles(void)
{
    bool more = false;

    for (size_t i = 0; i < handle_count; i++) {
        int count = 0;

        if (handles[i].pcap)
            count =
                pcap_dispatch(handles[i].pcap, PACKETS_AT_ONCE, send_packet, (u_char *)&handles[i]);
        handles[i].has_more = count >= PACKETS_AT_ONCE;
        more |= handles[i].has_more;
        if (count < 0)
            close_device(handles[i].ifindex);
    }
    return more;
}

void pcap_agent_report_progress(uint64_t cycle)
{
    struct pcap_agent_message message = {.type = PCAP_AGENT_UNTIL, .time = cycle - HOLD_NS};

    for (size_t i = 0; i < handle_count; i++) {
        if (!handles[i].pcap)
            continue;
        send_lost(&handles[i]);
        if (handles[i].has_more)
            message.time = MIN(message.time, handles[i].newest);
    }
    pcap_agent_send(&message, NULL);
}

void pcap_agent_stop_receiving(void)
{
    for (size_t i = 0; i < handle_count; i++) {
        if (handles[i].pcap)
            stop_receiving(&handles[i]);
    }
}
