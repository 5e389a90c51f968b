/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * make_capture [--carrier frames|blocks] [--quiet] FILE
 *
 * Writes, with the real pcapng writer, a capture that contains at least once everything that a
 * capture file can contain. The tests of the dissector compare with the values here.
 *
 * ping (group 0x1122334455667788): eth0 in namespace left -> veth1, br0, veth2 -> eth0 in right
 * nft:  a UDP packet (group 2) dropped by "right/ipv4"
 * full: an ARP request (group 3) with every field of a packet record set
 * sent: a UDP packet (group 4) that a socket in right takes, and a copy that is released
 * echo: an echo request (group 5) that right itself replies to; then a notice because of group 4
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pcapng/pcapng-writer.h"

#define START_TIME        1700000000000000000ULL /* 2023-11-14 22:13:20 UTC */
#define CAPTURE_ID        0x0102030405060708ULL
#define PING_GROUP        0x1122334455667788ULL
#define LINKTYPE_ETHERNET 1

enum { LEFT = 1, VETH1, BRIDGE, VETH2, RIGHT, RIGHT_IPV4, RIGHT_SOCKETS };

/* 10.0.0.1 -> 10.0.0.2, ICMP echo request, id 0x1234, sequence 1, 56 bytes of data */
static const uint8_t echo_request[] =
    "\x02\x00\x00\x00\x00\x02\x02\x00\x00\x00\x00\x01\x08\x00"
    "\x45\x00\x00\x54\x00\x01\x40\x00\x40\x01\x26\xa6\x0a\x00\x00\x01\x0a\x00\x00\x02"
    "\x08\x00\x29\xf3\x12\x34\x00\x01"
    "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrst";
#define ECHO_REQUEST_SIZE 98

/* 10.0.0.1:1024 -> 10.0.0.2:7777, UDP without a checksum, "hello" */
static const uint8_t datagram[] =
    "\x02\x00\x00\x00\x00\x02\x02\x00\x00\x00\x00\x01\x08\x00"
    "\x45\x00\x00\x21\x00\x02\x40\x00\x40\x11\x26\xc8\x0a\x00\x00\x01\x0a\x00\x00\x02"
    "\x04\x00\x1e\x61\x00\x0d\x00\x00hello";
#define DATAGRAM_SIZE 47

/* Who has 10.0.0.2? Tell 10.0.0.1 */
static const uint8_t arp_request[] =
    "\xff\xff\xff\xff\xff\xff\x02\x00\x00\x00\x00\x01\x08\x06"
    "\x00\x01\x08\x00\x06\x04\x00\x01\x02\x00\x00\x00\x00\x01\x0a\x00\x00\x01"
    "\x00\x00\x00\x00\x00\x00\x0a\x00\x00\x02";
#define ARP_REQUEST_SIZE 42

static const struct description {
    uint32_t id, parent;
    const char *name, *description, *type, *netns, *ifindex;
    uint8_t mac; /* last byte; 0 = none */
} descriptions[] = {
    {LEFT, 0, "left/eth0", "Virtual Ethernet eth0 in left", "veth", "left", "2", 0x01},
    {VETH1, BRIDGE, "veth1", "Bridge port veth1", "veth", "host", "3", 0x11},
    {BRIDGE, 0, "br0", "Bridge br0", "bridge", "host", "4", 0x10},
    {VETH2, BRIDGE, "veth2", "Bridge port veth2", "veth", "host", "5", 0x12},
    {RIGHT, 0, "right/eth0", "Virtual Ethernet eth0 in right", "veth", "right", "2", 0x02},
    {RIGHT_IPV4, 0, "right/ipv4", "IPv4 of right", "ipv4", "right", NULL, 0},
    {RIGHT_SOCKETS, 0, "right/sockets", "Sockets of right", "sockets", "right", NULL, 0},
};

static const struct appearance {
    uint32_t component;
    uint16_t edge, direction;
} ping[] = {
    {LEFT, PKTMON_EDGE_LOWER, PKTMON_DIRECTION_TX},
    {VETH1, PKTMON_EDGE_LOWER, PKTMON_DIRECTION_RX},
    {BRIDGE, PKTMON_EDGE_LOWER, PKTMON_DIRECTION_RX},
    {VETH2, PKTMON_EDGE_LOWER, PKTMON_DIRECTION_TX},
    {RIGHT, PKTMON_EDGE_LOWER, PKTMON_DIRECTION_RX},
};

/* The file and the clock of its events, which are 1 us apart. */
struct output {
    struct pcapng_writer *stream;
    uint64_t time;
};

static void fail(const GError *error)
{
    fprintf(stderr, "make_capture: %s\n", error ? error->message : "the output was closed");
    exit(EXIT_FAILURE);
}

static void put(struct output *output, struct pktmon_event event)
{
    g_autoptr(GError) error = NULL;

    output->time += 1000;
    event.time = output->time;
    if (!pcapng_writer_write(output->stream, &event, &error))
        fail(error);
}

static void describe(struct pktmon_registry *registry, const struct description *description)
{
    struct pktmon_component *component = pktmon_registry_get(registry, description->id);

    component->parent = description->parent;
    pktmon_component_set(&component->name, description->name);
    pktmon_component_set(&component->description, description->description);
    pktmon_component_set(&component->type, description->type);
    pktmon_component_set(&component->netns, description->netns);
    if (description->mac != 0) {
        component->has_mac = true;
        component->mac[0] = 0x02;
        component->mac[5] = description->mac;
        component->speed = 10000000000;
    }
    if (description->ifindex) {
        pktmon_component_set_property(component, "ifindex", description->ifindex);
        pktmon_component_set_property(component, "MTU", "1500");
    }
}

static struct pktmon_capture_info *describe_capture(void)
{
    struct pktmon_capture_info *capture = pktmon_capture_info_new();

    capture->id = CAPTURE_ID;
    capture->os = g_strdup("Linux");
    capture->host = g_strdup("testhost");
    capture->release = g_strdup("6.18.0-test");
    capture->provider = g_strdup("ebpf");
    g_ptr_array_add(capture->missing, g_strdup("netfilter hooks: this kernel is older than 6.4"));
    g_ptr_array_add(capture->missing, g_strdup("macvlan0: no hook for its receive"));
    return capture;
}

static void put_filter(struct output *output)
{
    put(output, (struct pktmon_event){
                    .record = PKTMON_RECORD_FILTER,
                    .filter = {.id = 1, .name = "capture filter", .text = "icmp or udp or arp"},
                });
}

static void put_ping(struct output *output)
{
    for (size_t i = 0; i < G_N_ELEMENTS(ping); i++) {
        put(output, (struct pktmon_event){
                        .record = PKTMON_RECORD_PACKET,
                        .component = ping[i].component,
                        .packet =
                            {
                                .group = PING_GROUP,
                                .appearance = i + 1,
                                .edge = ping[i].edge,
                                .direction = ping[i].direction,
                                .packet_type = PKTMON_PACKET_ETHERNET,
                                .filter_id = 1,
                                .linked = i > 0 ? PKTMON_LINKED_BY_BUFFER : 0,
                                .cpu = i % 2,
                                .queue = -1,
                                .link_type = LINKTYPE_ETHERNET,
                                .data = echo_request,
                                .caplen = ECHO_REQUEST_SIZE,
                                .origlen = ECHO_REQUEST_SIZE,
                            },
                    });
    }
}

static void put_drop(struct output *output)
{
    struct pktmon_event event = {
        .record = PKTMON_RECORD_PACKET,
        .component = RIGHT,
        .packet =
            {
                .group = 2,
                .appearance = 1,
                .edge = PKTMON_EDGE_LOWER,
                .direction = PKTMON_DIRECTION_RX,
                .packet_type = PKTMON_PACKET_ETHERNET,
                .cpu = 0,
                .queue = -1,
                .link_type = LINKTYPE_ETHERNET,
                .data = datagram,
                .caplen = DATAGRAM_SIZE,
                .origlen = DATAGRAM_SIZE,
            },
    };

    put(output, event);
    event.component = RIGHT_IPV4;
    event.packet.appearance = 2;
    event.packet.linked = PKTMON_LINKED_BY_BUFFER;
    event.packet.edge = PKTMON_EDGE_NONE;
    event.packet.dropped = true;
    event.packet.drop_reason = "NETFILTER_DROP";
    event.packet.drop_code = 8;
    event.packet.drop_location = "nft_do_chain+0x3e8";
    put(output, event);
}

/* Every field of a packet record. */
/* Windows' out-of-band data: every field once, with a number of its own or a text. */
static const struct pktmon_nbl_value nbl_values[] = {
#define X(NAME, number, kind, field) {PKTMON_FIELD_##NAME, number, field},
    PKTMON_FIELDS(X)
#undef X
};

#define FIRST_NBL_FIELD PKTMON_FIELD_NBL_GROUP
#define LAST_NBL_FIELD  PKTMON_FIELD_NBL_WIFI

static struct pktmon_nbl all_nbl_fields(void)
{
    struct pktmon_nbl nbl = {.values = nbl_values, .count = G_N_ELEMENTS(nbl_values)};

    while (nbl.values->field != FIRST_NBL_FIELD) {
        nbl.values++;
        nbl.count--;
    }
    while (nbl.values[nbl.count - 1].field != LAST_NBL_FIELD)
        nbl.count--;
    return nbl;
}

static void put_full(struct output *output)
{
    const struct pktmon_nbl nbl = all_nbl_fields();
    put(output, (struct pktmon_event){
                    .record = PKTMON_RECORD_PACKET,
                    .component = BRIDGE,
                    .packet =
                        {
                            .group = 3,
                            .appearance = 7,
                            .copy = 2,
                            .copy_of = 1,
                            .packet_number = 4,
                            .edge = 3,
                            .edge_name = "forward",
                            .direction = PKTMON_DIRECTION_EGRESS,
                            .packet_type = PKTMON_PACKET_ETHERNET,
                            .filter_id = 1,
                            .linked = PKTMON_LINKED_BY_CONTENT,
                            .dropped = true,
                            .copy_released = true,
                            .drop_reason = "SKB_CONSUMED",
                            .drop_code = 65537,
                            .drop_location = "br_forward+0x1c",
                            .drop_location_code = 0xe0004001,
                            .cpu = 3,
                            .pid = 4242,
                            .comm = "ping",
                            .cgroup = "/system.slice/test.service",
                            .netns = "host",
                            .queue = 5,
                            .gso_size = 1448,
                            .gso_segs = 9,
                            .l2_synthesised = true,
                            .incomplete = true,
                            .lost = 6,
                            .nbl = &nbl,
                            .link_type = LINKTYPE_ETHERNET,
                            .data = arp_request,
                            .caplen = ARP_REQUEST_SIZE,
                            .origlen = ARP_REQUEST_SIZE + 18,
                        },
                });
}

static void put_counters(struct output *output)
{
    put(output, (struct pktmon_event){
                    .record = PKTMON_RECORD_COUNTERS,
                    .component = LEFT,
                    .counters = {.edge = PKTMON_EDGE_LOWER,
                                 .has_flow = true,
                                 .packets_in = 10,
                                 .bytes_in = 840,
                                 .packets_out = 11,
                                 .taken_back = 2,
                                 .taken_back_bytes = 168,
                                 .bytes_out = 924},
                });
    put(output, (struct pktmon_event){
                    .record = PKTMON_RECORD_COUNTERS,
                    .component = RIGHT_IPV4,
                    .counters = {.has_drops = true,
                                 .drops_in = 1,
                                 .drop_bytes_in = 47,
                                 .drops_out = 2,
                                 .drop_bytes_out = 94,
                                 .drop_reason = "NETFILTER_DROP",
                                 .lost = 5},
                });
}

static void put_notice(struct output *output)
{
    put(output, (struct pktmon_event){
                    .record = PKTMON_RECORD_EVENT,
                    .component = VETH2,
                    .notice = {.provider = "pktmon",
                               .id = PKTMON_NOTICE_DEVICE_GONE,
                               .level = PKTMON_LEVEL_WARNING,
                               .message = "veth2 was removed",
                               .from = 1,
                               .until = 2},
                });
}

/* A component that changes during the capture. */
static void put_change(struct output *output, struct pktmon_registry *registry)
{
    struct pktmon_component *component = pktmon_registry_get(registry, VETH2);

    component->gone = true;
    pktmon_component_set_property(component, "MTU", "9000");
    put(output, (struct pktmon_event){.record = PKTMON_RECORD_COMPONENT, .component = VETH2});
}

/* The appearances of a UDP packet and of an echo request that end well. */
static const struct pktmon_event good_ends[] = {
    {.component = LEFT,
     .packet = {.group = 4,
                .appearance = 1,
                .copy = 1,
                .edge = PKTMON_EDGE_LOWER,
                .direction = PKTMON_DIRECTION_TX}},
    {.component = RIGHT,
     .packet = {.group = 4,
                .appearance = 2,
                .copy = 1,
                .edge = PKTMON_EDGE_LOWER,
                .direction = PKTMON_DIRECTION_RX}},
    {.component = RIGHT_SOCKETS,
     .packet = {.group = 4,
                .appearance = 3,
                .copy = 1,
                .edge = PKTMON_EDGE_LOWER,
                .direction = PKTMON_DIRECTION_RX,
                .end = PKTMON_END_DELIVERED}},
    {.component = RIGHT_IPV4,
     .packet = {.group = 4,
                .appearance = 4,
                .copy = 2,
                .copy_of = 1,
                .direction = PKTMON_DIRECTION_RX,
                .copy_released = true,
                .drop_reason = "NO_SOCKET",
                .drop_code = 3,
                .drop_location = "icmp_rcv+0x1a2"}},
    {.component = RIGHT,
     .packet = {.group = 5,
                .appearance = 1,
                .edge = PKTMON_EDGE_LOWER,
                .direction = PKTMON_DIRECTION_RX}},
    {.component = RIGHT_IPV4,
     .packet = {.group = 5,
                .appearance = 2,
                .direction = PKTMON_DIRECTION_RX,
                .end = PKTMON_END_CONSUMED}},
};

static void put_good_ends(struct output *output)
{
    for (size_t i = 0; i < G_N_ELEMENTS(good_ends); i++) {
        struct pktmon_event event = good_ends[i];
        bool is_datagram = event.packet.group == 4;

        event.record = PKTMON_RECORD_PACKET;
        event.packet.packet_type = PKTMON_PACKET_ETHERNET;
        event.packet.queue = -1;
        event.packet.link_type = LINKTYPE_ETHERNET;
        event.packet.data = is_datagram ? datagram : echo_request;
        event.packet.caplen = is_datagram ? DATAGRAM_SIZE : ECHO_REQUEST_SIZE;
        event.packet.origlen = event.packet.caplen;
        put(output, event);
    }
}

static void put_trouble(struct output *output)
{
    put(output, (struct pktmon_event){
                    .record = PKTMON_RECORD_EVENT,
                    .component = RIGHT_IPV4,
                    .notice = {.provider = "pktmon",
                               .id = PKTMON_NOTICE_TROUBLE,
                               .level = PKTMON_LEVEL_WARNING,
                               .message = "ICMP port unreachable was sent",
                               .group = 4},
                });
}

static void put_all(struct output *output, struct pktmon_registry *registry)
{
    g_autoptr(GError) error = NULL;

    if (!pcapng_writer_begin(output->stream, output->time, &error))
        fail(error);
    put_filter(output);
    put_ping(output);
    put_drop(output);
    put_full(output);
    put_counters(output);
    put_notice(output);
    put_change(output, registry);
    put_good_ends(output);
    put_trouble(output);
    if (!pcapng_writer_repeat_descriptions(output->stream, output->time, &error) ||
        !pcapng_writer_end(output->stream, output->time, &error))
        fail(error);
}

static void make_capture(int fd, enum pktmon_carrier carrier, bool quiet)
{
    struct pktmon_registry *registry = pktmon_registry_new();
    struct pktmon_capture_info *capture = describe_capture();
    const struct pcapng_writer_options options = {
        .fd = fd,
        .carrier = carrier,
        .quiet = quiet,
        .live = true,
        .application = "make_capture",
    };
    struct output output = {
        .stream = pcapng_writer_new(&options, registry, capture),
        .time = START_TIME,
    };

    for (size_t i = 0; i < G_N_ELEMENTS(descriptions); i++)
        describe(registry, &descriptions[i]);
    put_all(&output, registry);
    pcapng_writer_free(output.stream);
    pktmon_capture_info_free(capture);
    pktmon_registry_free(registry);
}

int main(int argc, char **argv)
{
    g_autofree char *carrier = NULL;
    gboolean quiet = FALSE;
    const GOptionEntry entries[] = {
        {"quiet", 0, 0, G_OPTION_ARG_NONE, &quiet, "As few frames as possible", NULL},
        {"carrier", 0, 0, G_OPTION_ARG_STRING, &carrier, "Carrier of descriptions",
         "frames|blocks"},
        {NULL},
    };
    g_autoptr(GOptionContext) context = g_option_context_new("FILE");
    g_autoptr(GError) error = NULL;
    int fd;

    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error))
        fail(error);
    if (argc != 2 || (carrier && strcmp(carrier, "frames") && strcmp(carrier, "blocks"))) {
        fprintf(stderr, "usage: make_capture [--carrier frames|blocks] [--quiet] FILE\n");
        return EXIT_FAILURE;
    }
    fd = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) {
        fprintf(stderr, "make_capture: %s: %s\n", argv[1], strerror(errno));
        return EXIT_FAILURE;
    }
    make_capture(fd,
                 g_strcmp0(carrier, "blocks") == 0 ? PKTMON_CARRIER_BLOCKS : PKTMON_CARRIER_FRAMES,
                 quiet);
    close(fd);
    return EXIT_SUCCESS;
}
