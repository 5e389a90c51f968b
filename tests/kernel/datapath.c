/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An Open vSwitch datapath of two devices, without the daemon: packets from one go to the other.
 * The kernel hands the first packet of each flow to user space; the reply sends that packet on, and
 * adds a flow for the next ones. Packets to the UDP port DROP_PORT get a flow that drops.
 *
 *   datapath DEVICE DEVICE [unheard]  prints "ready", and replies until it is stopped; "unheard":
 * no socket listens to the kernel's requests datapath count COUNTER            of all its packets,
 * "hit" and "missed" by flows, or "lost"
 */
#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/openvswitch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DROP_PORT   7002
#define BUFFER_SIZE (128 * 1024)
#define PORTS       2

static struct {
    struct mnl_socket *requests, *misses;
    uint16_t datapath_family, port_family, flow_family, packet_family;
    int datapath; /* ifindex */
    char buffer[BUFFER_SIZE], answer[BUFFER_SIZE];
} switch_;

static void fail(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

static struct mnl_socket *open_socket(void)
{
    struct mnl_socket *socket = mnl_socket_open(NETLINK_GENERIC);

    if (!socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0)
        fail("netlink");
    return socket;
}

/* Without a datapath (-1), the message has no Open vSwitch header. */
static struct nlmsghdr *request(uint16_t family, uint8_t command, uint16_t flags, int datapath)
{
    struct nlmsghdr *message = mnl_nlmsg_put_header(switch_.buffer);
    struct genlmsghdr *generic = mnl_nlmsg_put_extra_header(message, sizeof(*generic));
    struct ovs_header *header;

    message->nlmsg_type = family;
    message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
    message->nlmsg_seq = time(NULL);
    generic->cmd = command;
    generic->version = family == GENL_ID_CTRL ? 1 : family == switch_.datapath_family ? 2 : 1;
    if (datapath >= 0) {
        header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
        header->dp_ifindex = datapath;
    }
    return message;
}

/* Sends the message, and passes the reply to the callback until the end of the reply. */
static void ask(struct nlmsghdr *message, mnl_cb_t callback, void *data, const char *what)
{
    unsigned int port = mnl_socket_get_portid(switch_.requests), sequence = message->nlmsg_seq;
    int more = MNL_CB_OK;

    if (mnl_socket_sendto(switch_.requests, message, message->nlmsg_len) < 0)
        fail(what);
    while (more == MNL_CB_OK) {
        ssize_t length =
            mnl_socket_recvfrom(switch_.requests, switch_.answer, sizeof(switch_.answer));

        more = mnl_cb_run(switch_.answer, length, sequence, port, callback, data);
    }
    if (more < 0)
        fail(what);
}

static int read_family(const struct nlmsghdr *message, void *family)
{
    struct nlattr *attribute;

    mnl_attr_for_each(attribute, message, sizeof(struct genlmsghdr))
    {
        if (mnl_attr_get_type(attribute) == CTRL_ATTR_FAMILY_ID)
            *(uint16_t *)family = mnl_attr_get_u16(attribute);
    }
    return MNL_CB_OK;
}

static uint16_t family_of(const char *name)
{
    struct nlmsghdr *message = request(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0, -1);
    uint16_t family = 0;

    mnl_attr_put_strz(message, CTRL_ATTR_FAMILY_NAME, name);
    ask(message, read_family, &family, name);
    return family;
}

static int read_datapath(const struct nlmsghdr *message, void *data)
{
    const struct ovs_header *header =
        mnl_nlmsg_get_payload_offset(message, sizeof(struct genlmsghdr));

    (void)data;
    switch_.datapath = header->dp_ifindex;
    return MNL_CB_OK;
}

/* A request about the datapath with this name. */
static struct nlmsghdr *request_datapath(uint8_t command, uint16_t flags)
{
    struct nlmsghdr *message = request(switch_.datapath_family, command, flags, 0);

    mnl_attr_put_strz(message, OVS_DP_ATTR_NAME, "dp0");
    return message;
}

static void make_datapath(void)
{
    struct nlmsghdr *message = request_datapath(OVS_DP_CMD_NEW, NLM_F_CREATE | NLM_F_ECHO);

    mnl_attr_put_u32(message, OVS_DP_ATTR_UPCALL_PID, 0);
    ask(message, read_datapath, NULL, "datapath");
}

static void add_port(uint32_t number, const char *device, bool heard)
{
    struct nlmsghdr *message =
        request(switch_.port_family, OVS_VPORT_CMD_NEW, NLM_F_CREATE, switch_.datapath);

    mnl_attr_put_u32(message, OVS_VPORT_ATTR_PORT_NO, number);
    mnl_attr_put_u32(message, OVS_VPORT_ATTR_TYPE, OVS_VPORT_TYPE_NETDEV);
    mnl_attr_put_strz(message, OVS_VPORT_ATTR_NAME, device);
    mnl_attr_put_u32(message, OVS_VPORT_ATTR_UPCALL_PID,
                     heard ? mnl_socket_get_portid(switch_.misses) : 0);
    ask(message, NULL, NULL, device);
}

/* --- misses --- */

struct miss {
    const struct nlattr *packet, *key;
    uint32_t port;
    bool drops;
};

static bool read_miss(const struct nlmsghdr *message, struct miss *miss)
{
    struct nlattr *attribute;

    mnl_attr_for_each(attribute, message, sizeof(struct genlmsghdr) + sizeof(struct ovs_header))
    {
        if (mnl_attr_get_type(attribute) == OVS_PACKET_ATTR_PACKET)
            miss->packet = attribute;
        else if (mnl_attr_get_type(attribute) == OVS_PACKET_ATTR_KEY)
            miss->key = attribute;
    }
    if (!miss->packet || !miss->key)
        return false;
    mnl_attr_for_each_nested(attribute, miss->key)
    {
        const struct ovs_key_udp *udp = mnl_attr_get_payload(attribute);

        if (mnl_attr_get_type(attribute) == OVS_KEY_ATTR_IN_PORT)
            miss->port = mnl_attr_get_u32(attribute);
        else if (mnl_attr_get_type(attribute) == OVS_KEY_ATTR_UDP)
            miss->drops = udp->udp_dst == htons(DROP_PORT);
    }
    return miss->port >= 1 && miss->port <= PORTS;
}

/* To the other port, or nowhere. */
static void put_actions(struct nlmsghdr *message, uint16_t type, const struct miss *miss)
{
    struct nlattr *actions = mnl_attr_nest_start(message, type);

    if (!miss->drops)
        mnl_attr_put_u32(message, OVS_ACTION_ATTR_OUTPUT, PORTS + 1 - miss->port);
    mnl_attr_nest_end(message, actions);
}

static void copy_attribute(struct nlmsghdr *message, uint16_t type, const struct nlattr *attribute)
{
    mnl_attr_put(message, type, mnl_attr_get_payload_len(attribute),
                 mnl_attr_get_payload(attribute));
}

static int answer_miss(const struct nlmsghdr *message, void *data)
{
    struct miss miss = {};
    struct nlmsghdr *order;

    (void)data;
    if (!read_miss(message, &miss))
        return MNL_CB_OK;
    order = request(switch_.flow_family, OVS_FLOW_CMD_NEW, NLM_F_CREATE, switch_.datapath);
    copy_attribute(order, OVS_FLOW_ATTR_KEY, miss.key);
    put_actions(order, OVS_FLOW_ATTR_ACTIONS, &miss);
    ask(order, NULL, NULL, "flow");
    order = request(switch_.packet_family, OVS_PACKET_CMD_EXECUTE, 0, switch_.datapath);
    copy_attribute(order, OVS_PACKET_ATTR_PACKET, miss.packet);
    copy_attribute(order, OVS_PACKET_ATTR_KEY, miss.key);
    put_actions(order, OVS_PACKET_ATTR_ACTIONS, &miss);
    ask(order, NULL, NULL, "packet");
    return MNL_CB_OK;
}

static void be_switch(char *const *devices, bool heard)
{
    static char misses[BUFFER_SIZE];

    switch_.misses = open_socket();
    switch_.datapath_family = family_of(OVS_DATAPATH_FAMILY);
    switch_.port_family = family_of(OVS_VPORT_FAMILY);
    switch_.flow_family = family_of(OVS_FLOW_FAMILY);
    switch_.packet_family = family_of(OVS_PACKET_FAMILY);
    make_datapath();
    for (int i = 0; i < PORTS; i++)
        add_port(i + 1, devices[i], heard);
    puts("ready");
    fflush(stdout);
    for (;;) {
        ssize_t length = mnl_socket_recvfrom(switch_.misses, misses, sizeof(misses));

        if (length < 0 || mnl_cb_run(misses, length, 0, 0, answer_miss, NULL) < 0)
            fail("misses");
    }
}

/* --- counters --- */

static int read_counters(const struct nlmsghdr *message, void *counters)
{
    struct nlattr *attribute;

    mnl_attr_for_each(attribute, message, sizeof(struct genlmsghdr) + sizeof(struct ovs_header))
    {
        if (mnl_attr_get_type(attribute) == OVS_DP_ATTR_STATS)
            memcpy(counters, mnl_attr_get_payload(attribute), sizeof(struct ovs_dp_stats));
    }
    return MNL_CB_OK;
}

static void print_counter(const char *name)
{
    struct ovs_dp_stats counters = {};
    const struct {
        const char *name;
        const __u64 *value;
    } all[] = {
        {"hit", &counters.n_hit}, {"missed", &counters.n_missed}, {"lost", &counters.n_lost}};

    switch_.datapath_family = family_of(OVS_DATAPATH_FAMILY);
    ask(request_datapath(OVS_DP_CMD_GET, 0), read_counters, &counters, "datapath");
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (strcmp(name, all[i].name) == 0)
            printf("%llu\n", (unsigned long long)*all[i].value);
    }
}

int main(int argc, char **argv)
{
    if (argc < PORTS + 1) {
        fprintf(stderr, "Usage: datapath DEVICE DEVICE [unheard], or datapath count COUNTER\n");
        return EXIT_FAILURE;
    }
    switch_.requests = open_socket();
    if (strcmp(argv[1], "count") == 0)
        print_counter(argv[2]);
    else
        be_switch(argv + 1, argc == PORTS + 1);
    return EXIT_SUCCESS;
}
