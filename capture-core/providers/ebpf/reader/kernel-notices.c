/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel-notices.h"

#include <arpa/inet.h>
#include <bpf/btf.h>
#include <errno.h>
#include <glib.h>
#include <string.h>

#include "ebpf-state.h"
#include "event-delivery.h"
#include "providers/netdev/topology.h"
#include "record-components.h"

#define RESET_REASONS       "sk_rst_reason" /* Linux 6.10 */
#define RESET_REASON_PREFIX "SK_RST_REASON_"

struct ebpf_notice_names {
    GHashTable *reset_reasons; /* number -> name */
};

/* --- names of numbers --- */

static void read_reset_reasons(struct ebpf_notice_names *names, const struct btf *btf)
{
    int id = btf__find_by_name_kind(btf, RESET_REASONS, BTF_KIND_ENUM);
    const struct btf_type *type = id > 0 ? btf__type_by_id(btf, id) : NULL;

    for (int i = 0; type && i < btf_vlen(type); i++) {
        const struct btf_enum *value = &btf_enum(type)[i];
        const char *name = btf__name_by_offset(btf, value->name_off);

        if (g_str_has_prefix(name, RESET_REASON_PREFIX))
            name += strlen(RESET_REASON_PREFIX);
        g_hash_table_insert(names->reset_reasons, GINT_TO_POINTER(value->val), g_strdup(name));
    }
}

struct ebpf_notice_names *ebpf_notice_names_new(const struct btf *kernel)
{
    struct ebpf_notice_names *names = g_new0(struct ebpf_notice_names, 1);

    names->reset_reasons = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    read_reset_reasons(names, kernel);
    return names;
}

void ebpf_notice_names_free(struct ebpf_notice_names *names)
{
    if (!names)
        return;
    g_hash_table_unref(names->reset_reasons);
    g_free(names);
}

/* Types and codes of ICMPv4 messages that a host or router sends about another packet. */
static const struct {
    uint8_t type, code;
    const char *name;
} icmp_names[] = {
    {3, 0, "network unreachable"},
    {3, 1, "host unreachable"},
    {3, 2, "protocol unreachable"},
    {3, 3, "port unreachable"},
    {3, 4, "fragmentation needed"},
    {3, 5, "source route failed"},
    {3, 6, "network unknown"},
    {3, 7, "host unknown"},
    {3, 9, "network prohibited"},
    {3, 10, "host prohibited"},
    {3, 11, "network unreachable for the type of service"},
    {3, 12, "host unreachable for the type of service"},
    {3, 13, "communication prohibited"},
    {5, 0, "redirect for the network"},
    {5, 1, "redirect for the host"},
    {11, 0, "time to live exceeded"},
    {11, 1, "fragment reassembly time exceeded"},
    {12, 0, "header problem"},
};

static const char *icmp_name(uint8_t type, uint8_t code)
{
    for (size_t i = 0; i < G_N_ELEMENTS(icmp_names); i++) {
        if (icmp_names[i].type == type && icmp_names[i].code == code)
            return icmp_names[i].name;
    }
    return NULL;
}

static const char *const xdp_actions[] = {"XDP_ABORTED", "XDP_DROP", "XDP_PASS", "XDP_TX",
                                          "XDP_REDIRECT"};

/* --- sentences, which the caller frees --- */

static char *describe_retransmission(const struct ebpf_provider *provider,
                                     const struct packet_record *record)
{
    (void)provider;
    (void)record;
    return g_strdup("TCP retransmitted this segment.");
}

/* The number 0 means that there is no reason, or that the kernel does not report it. */
static char *with_reset_reason(const struct ebpf_provider *provider,
                               const struct packet_record *record, const char *what)
{
    const char *reason =
        g_hash_table_lookup(provider->notices->reset_reasons, GUINT_TO_POINTER(record->location));

    return record->location && reason ? g_strdup_printf("%s: %s.", what, reason)
                                      : g_strdup_printf("%s.", what);
}

static char *describe_reset(const struct ebpf_provider *provider,
                            const struct packet_record *record)
{
    return with_reset_reason(provider, record, "TCP replied with a reset (RST)");
}

static char *describe_break(const struct ebpf_provider *provider,
                            const struct packet_record *record)
{
    return with_reset_reason(provider, record, "TCP aborted the connection (RST)");
}

static char *describe_full_socket(const struct ebpf_provider *provider,
                                  const struct packet_record *record)
{
    (void)provider;
    (void)record;
    return g_strdup("The receive buffer of the socket is full.");
}

static char *describe_udp_refusal(const struct ebpf_provider *provider,
                                  const struct packet_record *record)
{
    if (record->location == ENOMEM)
        return describe_full_socket(provider, record);
    if (record->location == ENOBUFS)
        return g_strdup("The memory limit for received UDP datagrams is reached.");
    return g_strdup_printf("The socket refused the datagram: %s.", g_strerror(record->location));
}

static char *describe_icmp(const struct ebpf_provider *provider, const struct packet_record *record)
{
    uint8_t type = record->location >> 8, code = record->location;
    const char *name = icmp_name(type, code);

    (void)provider;
    if (!name)
        return g_strdup_printf("ICMP type %u code %u is sent in response to this packet.", type,
                               code);
    return g_strdup_printf("ICMP type %u code %u (%s) is sent in response to this packet.", type,
                           code, name);
}

static char *describe_xdp(const struct ebpf_provider *provider, const struct packet_record *record)
{
    (void)provider;
    if (record->location == 0)
        return g_strdup("The device's XDP program returned XDP_ABORTED.");
    if (record->location >= G_N_ELEMENTS(xdp_actions))
        return g_strdup_printf("The device's XDP program returned %u, which is not an action.",
                               record->location);
    return g_strdup_printf("The action of the device's XDP program (%s) failed.",
                           xdp_actions[record->location]);
}

static char *describe_xdp_redirect(const struct ebpf_provider *provider,
                                   const struct packet_record *record)
{
    (void)provider;
    return g_strdup_printf("A redirect by the device's XDP program failed: %s.",
                           g_strerror(record->location));
}

static char *describe_xdp_send(const struct ebpf_provider *provider,
                               const struct packet_record *record)
{
    (void)provider;
    if (record->location == 0)
        return g_strdup("The device did not accept all frames that an XDP program passed to it for "
                        "transmission.");
    return g_strdup_printf("The device did not accept the frames that an XDP program passed to it "
                           "for transmission: %s.",
                           g_strerror(record->location));
}

static char *describe_xdp_cpu(const struct ebpf_provider *provider,
                              const struct packet_record *record)
{
    (void)provider;
    (void)record;
    return g_strdup("Frames that an XDP program redirected to another CPU were lost: the queue is "
                    "full, memory is short, or the program behind the queue dropped them.");
}

/* The address that follows the record; NULL: there is no valid one. */
static const char *read_address(const struct packet_record *record, char *text)
{
    int family = record->caplen == sizeof(struct in_addr) ? AF_INET : AF_INET6;

    if (family == AF_INET6 && record->caplen != sizeof(struct in6_addr))
        return NULL;
    return inet_ntop(family, record + 1, text, INET6_ADDRSTRLEN);
}

static char *describe_neighbour(const struct ebpf_provider *provider,
                                const struct packet_record *record)
{
    char text[INET6_ADDRSTRLEN];

    (void)provider;
    if (!read_address(record, text))
        return g_strdup("A neighbour does not answer.");
    return g_strdup_printf("The neighbour %s does not answer.", text);
}

static char *describe_syn_ack(const struct ebpf_provider *provider,
                              const struct packet_record *record)
{
    char text[INET6_ADDRSTRLEN];

    (void)provider;
    if (!read_address(record, text))
        return g_strdup("TCP retransmitted a SYN-ACK.");
    return g_strdup_printf("TCP retransmitted a SYN-ACK to %s.", text);
}

/* --- events --- */

/* NETDEV_LAYERS: the event belongs to the device. */
static const struct {
    char *(*describe)(const struct ebpf_provider *provider, const struct packet_record *record);
    enum netdev_layer layer;
} notices[RECORD_NOTICES] = {
    [RECORD_NOTICE_RETRANSMISSION] = {describe_retransmission, NETDEV_LAYER_SOCKETS},
    [RECORD_NOTICE_RESET] = {describe_reset, NETDEV_LAYER_SOCKETS},
    [RECORD_NOTICE_BREAK] = {describe_break, NETDEV_LAYER_SOCKETS},
    [RECORD_NOTICE_FULL_SOCKET] = {describe_full_socket, NETDEV_LAYER_SOCKETS},
    [RECORD_NOTICE_UDP_REFUSED] = {describe_udp_refusal, NETDEV_LAYER_SOCKETS},
    [RECORD_NOTICE_ICMP] = {describe_icmp, NETDEV_LAYER_IPV4},
    [RECORD_NOTICE_XDP] = {describe_xdp, NETDEV_LAYERS},
    [RECORD_NOTICE_NEIGHBOUR] = {describe_neighbour, NETDEV_LAYERS},
    [RECORD_NOTICE_XDP_REDIRECT] = {describe_xdp_redirect, NETDEV_LAYERS},
    [RECORD_NOTICE_XDP_SEND] = {describe_xdp_send, NETDEV_LAYERS},
    [RECORD_NOTICE_XDP_CPU] = {describe_xdp_cpu, NETDEV_LAYERS},
    [RECORD_NOTICE_SYN_ACK] = {describe_syn_ack, NETDEV_LAYER_SOCKETS},
};

static uint32_t component_of(struct ebpf_provider *provider, const struct packet_record *record)
{
    enum netdev_layer layer = notices[record->reason].layer;

    if (!record->net_cookie)
        return netdev_get_kernel(provider->topology);
    if (layer < NETDEV_LAYERS)
        return netdev_get_layer(provider->topology, record->net_cookie, layer);
    return ebpf_device_component(provider, record->net_cookie, record->ifindex);
}

void ebpf_deliver_notice(struct ebpf_provider *provider, const struct packet_record *record)
{
    struct pktmon_event event = {.record = PKTMON_RECORD_EVENT,
                                 .time = record->time,
                                 .judged = provider->base.judges,
                                 .filters = record->filters};
    g_autofree char *message = NULL;

    if (record->reason == 0 || record->reason >= RECORD_NOTICES)
        return;
    message = notices[record->reason].describe(provider, record);
    event.component = component_of(provider, record);
    event.notice = (struct pktmon_notice){.provider = "pktmon",
                                          .id = PKTMON_NOTICE_TROUBLE,
                                          .level = PKTMON_LEVEL_WARNING,
                                          .message = message,
                                          .group = record->group};
    ebpf_deliver(provider, &event);
}
