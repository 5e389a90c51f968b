/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One libpcap handle for each direction of each device: what was sent and what was received look
 * the same to libpcap otherwise. */
#include "pcap_agent.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <sys/socket.h>
#include <time.h>

#include "event.h"

/* The kernel hands packets over in blocks, one that is not full after this time. */
#define BLOCK_TIMEOUT_MS 20
/* So much later a packet is in a block that was handed over, but on a host that stands still. */
#define HOLD_NS 60000000ULL
/* Packets taken from one handle before the others have their turn. */
#define PACKETS_AT_ONCE 1024

struct handle {
    pcap_t *pcap; /* NULL: closed */
    int descriptor;
    uint32_t ifindex;
    uint16_t direction; /* enum pktmon_direction */
    uint16_t link;      /* DLT_ */
    bool has_more;      /* of what was there at the last look */
    bool in_ns;         /* fractions of a second are nanoseconds, not microseconds */
    uint64_t newest;    /* time of the newest packet, ns */
    uint32_t drops;     /* as libpcap counts, said already */
};

static struct handle *handles;
static size_t handle_count;

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* --- opening --- */

/* In the kernel, so that the packets of the other direction take no room. libpcap's own filters
 * ("inbound") would be applied to the first packets in user space, where they match nothing; these
 * first packets pcap_setdirection() sorts out. */
static void attach_direction(const struct handle *handle, uint32_t snaplen)
{
    uint32_t if_sent = handle->direction == PKTMON_DIRECTION_TX ? snaplen : 0;
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, if_sent),
        BPF_STMT(BPF_RET | BPF_K, snaplen - if_sent),
    };
    const struct sock_fprog program = {.len = G_N_ELEMENTS(code), .filter = code};

    /* Without it all is as well, but for the room. */
    setsockopt(handle->descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

static void close_entrance(const struct handle *handle)
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

/* Of devices that are down or gone the next change of them tells. */
static void say_not_opened(const struct handle *handle, int status)
{
    if (status == PCAP_ERROR_IFACE_NOT_UP || status == PCAP_ERROR_NO_SUCH_DEVICE)
        agent_say(
            &(struct pcap_agent_message){.type = PCAP_AGENT_CLOSED, .ifindex = handle->ifindex},
            NULL);
    else
        agent_say_text(PCAP_AGENT_FAILED, handle->ifindex, "%s", pcap_statustostr(status));
}

static bool open_handle(struct handle *handle, const struct pcap_agent_request *request)
{
    char name[IF_NAMESIZE], words[PCAP_ERRBUF_SIZE] = "";
    pcap_t *pcap = if_indextoname(handle->ifindex, name) ? pcap_create(name, words) : NULL;
    int status = pcap ? activate(pcap, request) : PCAP_ERROR_NO_SUCH_DEVICE;

    if (status < 0 || pcap_setnonblock(pcap, true, words) ||
        pcap_setdirection(pcap,
                          handle->direction == PKTMON_DIRECTION_TX ? PCAP_D_OUT : PCAP_D_IN)) {
        say_not_opened(handle, MIN(status, PCAP_ERROR));
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
    handles[handle_count] = (struct handle){.ifindex = ifindex, .direction = direction};
    if (!open_handle(&handles[handle_count], request))
        return false;
    handle_count++;
    return true;
}

void handles_open(const struct pcap_agent_request *request)
{
    handles = g_new0(struct handle, 2 * request->count);
    for (uint32_t i = 0; i < request->count; i++) {
        const struct pcap_agent_device *device = &request->devices[i];

        if (open_next(request, device->ifindex, PKTMON_DIRECTION_RX) && !device->loopback)
            open_next(request, device->ifindex, PKTMON_DIRECTION_TX);
    }
}

bool handles_are_there(void)
{
    for (size_t i = 0; i < handle_count; i++) {
        if (handles[i].pcap)
            return true;
    }
    return false;
}

/* --- reading --- */

void handles_wait_for(GArray *polls)
{
    for (size_t i = 0; i < handle_count; i++) {
        if (handles[i].pcap)
            g_array_append_val(polls,
                               ((struct pollfd){.fd = handles[i].descriptor, .events = POLLIN}));
    }
}

static void say_packet(u_char *user, const struct pcap_pkthdr *header, const u_char *bytes)
{
    struct handle *handle = (struct handle *)user;
    uint64_t fraction = (uint64_t)header->ts.tv_usec * (handle->in_ns ? 1 : 1000);

    handle->newest = (uint64_t)header->ts.tv_sec * 1000000000 + fraction;
    agent_say(&(struct pcap_agent_message){.type = PCAP_AGENT_PACKET,
                                           .size = header->caplen,
                                           .ifindex = handle->ifindex,
                                           .direction = handle->direction,
                                           .link = handle->link,
                                           .time = handle->newest,
                                           .number = header->len},
              bytes);
}

static void say_lost(struct handle *handle)
{
    struct pcap_stat statistics;
    uint32_t lost;

    if (pcap_stats(handle->pcap, &statistics))
        return;
    lost = statistics.ps_drop - handle->drops;
    if (lost == 0)
        return;
    handle->drops = statistics.ps_drop;
    agent_say(&(struct pcap_agent_message){.type = PCAP_AGENT_LOST,
                                           .ifindex = handle->ifindex,
                                           .direction = handle->direction,
                                           .time = now_ns(),
                                           .number = lost},
              NULL);
}

/* Both directions, of a device that is down or gone. */
static void close_device(uint32_t ifindex)
{
    for (size_t i = 0; i < handle_count; i++) {
        if (handles[i].pcap && handles[i].ifindex == ifindex) {
            say_lost(&handles[i]);
            close_entrance(&handles[i]); /* closing takes calls that are given up */
            handles[i].pcap = NULL;
        }
    }
    agent_say(&(struct pcap_agent_message){.type = PCAP_AGENT_CLOSED, .ifindex = ifindex}, NULL);
}

bool handles_read(void)
{
    bool more = false;

    for (size_t i = 0; i < handle_count; i++) {
        int count = 0;

        if (handles[i].pcap)
            count =
                pcap_dispatch(handles[i].pcap, PACKETS_AT_ONCE, say_packet, (u_char *)&handles[i]);
        handles[i].has_more = count >= PACKETS_AT_ONCE;
        more |= handles[i].has_more;
        if (count < 0)
            close_device(handles[i].ifindex);
    }
    return more;
}

void handles_say_progress(uint64_t cycle)
{
    struct pcap_agent_message message = {.type = PCAP_AGENT_UNTIL, .time = cycle - HOLD_NS};

    for (size_t i = 0; i < handle_count; i++) {
        if (!handles[i].pcap)
            continue;
        say_lost(&handles[i]);
        if (handles[i].has_more)
            message.time = MIN(message.time, handles[i].newest);
    }
    agent_say(&message, NULL);
}

void handles_close_entrance(void)
{
    for (size_t i = 0; i < handle_count; i++) {
        if (handles[i].pcap)
            close_entrance(&handles[i]);
    }
}
