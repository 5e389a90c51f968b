/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trouble.h"

#include <arpa/inet.h>
#include <bpf/btf.h>
#include <errno.h>
#include <string.h>

#include "ebpf_provider.h"

#define RESET_REASONS       "sk_rst_reason" /* Linux 6.10 */
#define RESET_REASON_PREFIX "SK_RST_REASON_"

struct trouble_names {
    GHashTable *reset_reasons; /* number -> name */
};

/* --- names of numbers --- */

static void read_reset_reasons(struct trouble_names *names, const struct btf *btf)
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

struct trouble_names *trouble_names_new(const struct btf *kernel)
{
    struct trouble_names *names = g_new0(struct trouble_names, 1);

    names->reset_reasons = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    read_reset_reasons(names, kernel);
    return names;
}

void trouble_names_free(struct trouble_names *names)
{
    if (!names)
        return;
    g_hash_table_unref(names->reset_reasons);
    g_free(names);
}

/* Types and codes of ICMP for IPv4 that a host or router sends about another packet. */
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

/* --- sentences; to be freed --- */

static char *say_retransmission(const struct ebpf_provider *provider,
                                const struct packet_record *record)
{
    (void)provider;
    (void)record;
    return g_strdup("TCP sends this segment again.");
}

/* The number 0 says that there is no reason, or that the kernel does not tell it. */
static char *with_reset_reason(const struct ebpf_provider *provider,
                               const struct packet_record *record, const char *what)
{
    const char *reason =
        g_hash_table_lookup(provider->troubles->reset_reasons, GUINT_TO_POINTER(record->location));

    return record->location && reason ? g_strdup_printf("%s: %s.", what, reason)
                                      : g_strdup_printf("%s.", what);
}

static char *say_reset(const struct ebpf_provider *provider, const struct packet_record *record)
{
    return with_reset_reason(provider, record, "TCP answers with a reset");
}

static char *say_break(const struct ebpf_provider *provider, const struct packet_record *record)
{
    return with_reset_reason(provider, record, "TCP breaks off a connection with a reset");
}

static char *say_full_socket(const struct ebpf_provider *provider,
                             const struct packet_record *record)
{
    (void)provider;
    (void)record;
    return g_strdup("The receive buffer of the socket is full.");
}

static char *say_udp_refused(const struct ebpf_provider *provider,
                             const struct packet_record *record)
{
    if (record->location == ENOMEM)
        return say_full_socket(provider, record);
    if (record->location == ENOBUFS)
        return g_strdup("The memory that UDP may use for received datagrams is full.");
    return g_strdup_printf("The socket refuses the datagram: %s.", g_strerror(record->location));
}

static char *say_icmp(const struct ebpf_provider *provider, const struct packet_record *record)
{
    uint8_t type = record->location >> 8, code = record->location;
    const char *name = icmp_name(type, code);

    (void)provider;
    if (!name)
        return g_strdup_printf("ICMP type %u code %u is sent because of this packet.", type, code);
    return g_strdup_printf("ICMP type %u code %u (%s) is sent because of this packet.", type, code,
                           name);
}

static char *say_xdp(const struct ebpf_provider *provider, const struct packet_record *record)
{
    (void)provider;
    if (record->location == 0)
        return g_strdup("The XDP program of the device ended with XDP_ABORTED.");
    if (record->location >= G_N_ELEMENTS(xdp_actions))
        return g_strdup_printf("The XDP program of the device returned %u, which is no action.",
                               record->location);
    return g_strdup_printf("What the XDP program of the device wanted (%s) failed.",
                           xdp_actions[record->location]);
}

static char *say_neighbour(const struct ebpf_provider *provider, const struct packet_record *record)
{
    char text[INET6_ADDRSTRLEN];
    int family = record->caplen == sizeof(struct in_addr) ? AF_INET : AF_INET6;

    (void)provider;
    if ((family == AF_INET6 && record->caplen != sizeof(struct in6_addr)) ||
        !inet_ntop(family, record + 1, text, sizeof(text)))
        return g_strdup("A neighbour does not answer.");
    return g_strdup_printf("The neighbour %s does not answer.", text);
}

/* --- events --- */

/* LAYERS: the device. */
static const struct {
    char *(*say)(const struct ebpf_provider *provider, const struct packet_record *record);
    enum layer layer;
} troubles[RECORD_TROUBLES] = {
    [RECORD_TROUBLE_RETRANSMISSION] = {say_retransmission, LAYER_SOCKETS},
    [RECORD_TROUBLE_RESET] = {say_reset, LAYER_SOCKETS},
    [RECORD_TROUBLE_BREAK] = {say_break, LAYER_SOCKETS},
    [RECORD_TROUBLE_FULL_SOCKET] = {say_full_socket, LAYER_SOCKETS},
    [RECORD_TROUBLE_UDP_REFUSED] = {say_udp_refused, LAYER_SOCKETS},
    [RECORD_TROUBLE_ICMP] = {say_icmp, LAYER_IPV4},
    [RECORD_TROUBLE_XDP] = {say_xdp, LAYERS},
    [RECORD_TROUBLE_NEIGHBOUR] = {say_neighbour, LAYERS},
};

static uint32_t component_of(struct ebpf_provider *provider, const struct packet_record *record)
{
    enum layer layer = troubles[record->reason].layer;

    if (!record->net_cookie)
        return topology_kernel(provider->topology);
    if (layer < LAYERS)
        return topology_layer(provider->topology, record->net_cookie, layer);
    return ebpf_device_component(provider, record->net_cookie, record->ifindex);
}

void trouble_take(struct ebpf_provider *provider, const struct packet_record *record)
{
    struct pktmon_event event = {.record = PKTMON_RECORD_EVENT,
                                 .time = record->time,
                                 .judged = provider->base.judges,
                                 .filters = record->filters};
    g_autofree char *message = NULL;

    if (record->reason == 0 || record->reason >= RECORD_TROUBLES)
        return;
    message = troubles[record->reason].say(provider, record);
    event.component = component_of(provider, record);
    event.notice = (struct pktmon_notice){.provider = "pktmon",
                                          .id = PKTMON_NOTICE_TROUBLE,
                                          .level = PKTMON_LEVEL_WARNING,
                                          .message = message,
                                          .group = record->group};
    ebpf_deliver(provider, &event);
}
