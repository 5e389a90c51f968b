/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Datagrams and echo requests, and their receivers. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/ip_icmp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "numbered.h"

#define BATCH 64 /* datagrams per system call */

/* What a sender puts in front of the marks of a packet: a header, or nothing. */
struct shape {
    size_t header;
    void (*write_header)(uint8_t *packet, size_t length, uint32_t number);
};

static void write_nothing(uint8_t *packet, size_t length, uint32_t number)
{
    (void)packet, (void)length, (void)number;
}

static void write_echo(uint8_t *packet, size_t length, uint32_t number)
{
    struct icmphdr header = {.type = ICMP_ECHO};

    header.un.echo.id = htons(getpid());
    header.un.echo.sequence = htons(number);
    memcpy(packet, &header, sizeof(header));
    header.checksum = internet_checksum(0, packet, length);
    memcpy(packet, &header, sizeof(header));
}

/* The sum of the pseudo header (addresses, protocol and length), which a UDP checksum covers too.
 */
static uint32_t pseudo_header_sum(size_t length)
{
    uint32_t from = ntohl(parse_address(settings.from, 0).v4.sin_addr.s_addr),
             to = ntohl(parse_address(settings.at, 0).v4.sin_addr.s_addr);

    return (from >> 16) + (from & 0xFFFF) + (to >> 16) + (to & 0xFFFF) + IPPROTO_UDP + length;
}

/* Writes a UDP header for a raw socket that sends `from` an address, with a checksum that is off by
 * one. */
static void write_bad_udp(uint8_t *packet, size_t length, uint32_t number)
{
    struct udphdr header = {.uh_sport = htons(settings.port), .uh_dport = htons(settings.port)};

    (void)number;
    header.uh_ulen = htons(length);
    memcpy(packet, &header, sizeof(header));
    header.uh_sum = internet_checksum(pseudo_header_sum(length), packet, length) ^ htons(1);
    if (header.uh_sum == 0) /* 0 would mean "no checksum" */
        header.uh_sum = htons(2);
    memcpy(packet, &header, sizeof(header));
}

static const struct shape udp_shape = {0, write_nothing};
static const struct shape echo_shape = {sizeof(struct icmphdr), write_echo};
static const struct shape bad_udp_shape = {sizeof(struct udphdr), write_bad_udp};

struct batch {
    struct mmsghdr messages[BATCH];
    struct iovec parts[BATCH];
    uint8_t *memory;
    size_t length; /* of a packet */
};

static void make_batch(struct batch *batch, const struct shape *shape, struct address *to)
{
    batch->length = shape->header + settings.size;
    batch->memory = calloc(BATCH, batch->length);
    if (!batch->memory)
        fail("memory");
    memset(batch->messages, 0, sizeof(batch->messages));
    for (int i = 0; i < BATCH; i++) {
        batch->parts[i] = (struct iovec){batch->memory + i * batch->length, batch->length};
        batch->messages[i].msg_hdr = (struct msghdr){.msg_name = to,
                                                     .msg_namelen = to->length,
                                                     .msg_iov = &batch->parts[i],
                                                     .msg_iovlen = 1};
    }
}

/* An error belongs to the next packet: without a route, no packet can be sent. */
static void send_batch(int fd, struct batch *batch, unsigned int count)
{
    unsigned int done = 0;

    while (done < count) {
        int sent = sendmmsg(fd, batch->messages + done, count - done, 0);

        if (sent > 0)
            done += sent;
        else if (errno == EPERM || errno == ENETUNREACH || errno == EHOSTUNREACH)
            done++;
        else if (errno != ENOBUFS && errno != EAGAIN && errno != EINTR)
            fail("sending");
    }
}

static void send_numbers(int fd, struct batch *batch, const struct shape *shape, uint64_t from,
                         uint64_t to)
{
    while (from < to) {
        unsigned int count = to - from < BATCH ? to - from : BATCH;

        for (unsigned int i = 0; i < count; i++, from++) {
            uint32_t number = number_of(from);
            uint8_t *packet = batch->memory + i * batch->length;

            write_marks(packet + shape->header, settings.size, number, 0);
            shape->write_header(packet, batch->length, number);
        }
        send_batch(fd, batch, count);
    }
}

static void drain(int fd)
{
    static uint8_t data[MAX_SIZE];

    while (recv(fd, data, sizeof(data), MSG_DONTWAIT) >= 0)
        continue;
}

/* Paced, so that nothing on the path is too slow; a signal ends it early. */
static void send_paced(int fd, const struct shape *shape, struct address *to)
{
    uint64_t start = now_ns(), sent = 0;
    struct batch batch;

    make_batch(&batch, shape, to);
    for (uint64_t tick = 1; sent < settings.count && !stop_wanted; tick++) {
        uint64_t due = smaller(settings.rate * tick * PACE_INTERVAL_NS / NS_PER_S, settings.count);

        send_numbers(fd, &batch, shape, sent, due);
        sent = due;
        drain(fd);
        sleep_until(start + tick * PACE_INTERVAL_NS);
    }
    free(batch.memory);
}

static int open_sender(struct address *to, int type, int protocol)
{
    int fd = open_socket(to, type, protocol);

    if (to->any.sa_family == AF_INET) {
        set_option(fd, SOL_SOCKET, SO_BROADCAST, 1, "SO_BROADCAST");
        if (settings.ttl)
            set_option(fd, IPPROTO_IP, IP_TTL, settings.ttl, "IP_TTL");
    } else if (settings.ttl) {
        set_option(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, settings.ttl, "IPV6_UNICAST_HOPS");
    }
    if (settings.source)
        set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR");
    if (settings.from || settings.source) {
        struct address from =
            parse_address(settings.from ? settings.from : "0.0.0.0", settings.source);

        check(bind(fd, &from.any, from.length), "bind");
    }
    return fd;
}

void send_udp(void)
{
    struct address to = parse_address(settings.at, settings.port);
    int fd = open_sender(&to, SOCK_DGRAM, 0);

    if (settings.segment)
        set_option(fd, SOL_UDP, UDP_SEGMENT, settings.segment, "UDP_SEGMENT");
    send_paced(fd, &udp_shape, &to);
}

void send_bad_udp(void)
{
    struct address to = parse_address(settings.at, 0);

    send_paced(open_sender(&to, SOCK_RAW, IPPROTO_UDP), &bad_udp_shape, &to);
}

/* As ping run by root; waits for replies still under way. */
void send_echo(void)
{
    struct address to = parse_address(settings.at, 0);
    int fd = open_sender(&to, SOCK_RAW, IPPROTO_ICMP);

    set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER, "SO_RCVBUFFORCE");
    send_paced(fd, &echo_shape, &to);
    usleep(100000);
    drain(fd);
}

/* Receives until a signal comes. */

static void join_group(int fd)
{
    const struct ip_mreqn group = {.imr_multiaddr = parse_address(settings.join, 0).v4.sin_addr};

    check(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof(group)), "joining");
}

static void receive_with(int fd)
{
    static uint8_t data[MAX_SIZE];
    struct pollfd wait = {.fd = fd, .events = POLLIN};

    if (settings.buffer)
        set_option(fd, SOL_SOCKET, SO_RCVBUF, settings.buffer, "SO_RCVBUF");
    else
        set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER, "SO_RCVBUFFORCE");
    ready();
    while (!stop_wanted) {
        if (settings.read == 0)
            pause();
        else if (poll(&wait, 1, -1) > 0 && recv(fd, data, sizeof(data), MSG_DONTWAIT) >= 0)
            settings.read--;
    }
}

void receive_udp(void)
{
    struct address at = parse_address(settings.at, settings.port);
    int fd = open_socket(&at, SOCK_DGRAM, 0);

    set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR");
    check(bind(fd, &at.any, at.length), "bind");
    if (settings.join)
        join_group(fd);
    receive_with(fd);
}

void receive_raw(void)
{
    struct address at = parse_address(settings.at, 0);

    receive_with(open_socket(&at, SOCK_RAW, IPPROTO_UDP));
}
