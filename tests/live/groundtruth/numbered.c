/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Traffic whose every packet tells which one it is: its payload repeats an 8-byte mark, magic and
 * number, so that each fragment and each segment has one whole. The number's upper byte is the
 * class of the packet, which says what is to become of it. In a TCP stream the number is that of
 * the mark, so that a segment tells which part of the stream it is.
 *
 *   numbered COMMAND [NAME=VALUE ...]; see commands[] and settings[]
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <linux/if_tun.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAGIC            0xD5B30EA7U
#define MARK_SIZE        8
#define CLASS_SHIFT      24
#define MAX_SIZE         65000
#define BATCH            64
#define NS_PER_S         1000000000ULL
#define PACE_INTERVAL_NS 1000000ULL /* one burst in each millisecond */
#define RECEIVE_BUFFER   (64 * 1024 * 1024)
#define STREAM_PART      (1 << 20)
#define CHURN_BYTES      3000 /* of each short connection: more than a segment */
#define WRONG_CHECKSUM   0x1234

static struct settings {
    const char *at;     /* the address to send to, or to receive at */
    const char *from;   /* the address to send from */
    const char *join;   /* a multicast group */
    const char *device; /* the device of it */
    uint64_t port;
    uint64_t count; /* packets; bytes of a stream */
    uint64_t rate;  /* packets per second */
    uint64_t size;  /* bytes of payload, a multiple of MARK_SIZE */
    uint64_t class;
    uint64_t first;   /* the first number */
    uint64_t ttl;     /* 0 = as usual */
    uint64_t segment; /* UDP_SEGMENT: bytes of each datagram */
    uint64_t buffer;  /* SO_RCVBUF; 0 = as much as possible */
    uint64_t read;    /* packets to read, and then none; a stream: bytes */
} settings = {.at = "0.0.0.0", .port = 7000, .count = 1, .rate = 20000, .size = 64, .read = -1};

static const struct setting {
    const char *name;
    const char **text;
    uint64_t *number;
} names[] = {
    {"at", .text = &settings.at},           {"from", .text = &settings.from},
    {"join", .text = &settings.join},       {"device", .text = &settings.device},
    {"port", .number = &settings.port},     {"count", .number = &settings.count},
    {"rate", .number = &settings.rate},     {"size", .number = &settings.size},
    {"class", .number = &settings.class},   {"first", .number = &settings.first},
    {"ttl", .number = &settings.ttl},       {"segment", .number = &settings.segment},
    {"buffer", .number = &settings.buffer}, {"read", .number = &settings.read},
};

/* What a sender puts on the wire of one packet: a header before the marks, if any. */
struct shape {
    size_t header;
    void (*write_header)(uint8_t *packet, size_t length, uint32_t number);
};

static volatile sig_atomic_t stop_wanted;

static void on_stop_signal(int number)
{
    (void)number;
    stop_wanted = 1;
}

static void fail(const char *what)
{
    fprintf(stderr, "numbered: %s: %s\n", what, strerror(errno));
    exit(EXIT_FAILURE);
}

static void check(int status, const char *what)
{
    if (status < 0)
        fail(what);
}

static uint64_t smaller(uint64_t one, uint64_t other)
{
    return one < other ? one : other;
}

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void sleep_until(uint64_t time)
{
    const struct timespec until = {.tv_sec = time / NS_PER_S, .tv_nsec = time % NS_PER_S};

    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

static void ready(void)
{
    puts("ready");
    fflush(stdout);
}

/* Addresses. */

struct address {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    };
    socklen_t length;
};

static struct address parse_address(const char *text, uint16_t port)
{
    struct address address = {.v4 = {.sin_family = AF_INET, .sin_port = htons(port)},
                              .length = sizeof(struct sockaddr_in)};

    if (inet_pton(AF_INET, text, &address.v4.sin_addr) == 1)
        return address;
    address = (struct address){.v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)},
                               .length = sizeof(struct sockaddr_in6)};
    errno = EINVAL;
    check(inet_pton(AF_INET6, text, &address.v6.sin6_addr) - 1, text);
    return address;
}

static void set_option(int fd, int level, int option, int value, const char *what)
{
    check(setsockopt(fd, level, option, &value, sizeof(value)), what);
}

static int open_socket(const struct address *address, int type, int protocol)
{
    int fd = socket(address->any.sa_family, type | SOCK_CLOEXEC, protocol);

    check(fd, "socket");
    if (settings.device)
        check(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, settings.device, strlen(settings.device)),
              "SO_BINDTODEVICE");
    return fd;
}

/* Marks. */

static void put_be32(uint8_t *at, uint32_t value)
{
    value = htonl(value);
    memcpy(at, &value, sizeof(value));
}

static void write_marks(uint8_t *data, size_t size, uint32_t number, uint32_t step)
{
    for (size_t offset = 0; offset + MARK_SIZE <= size; offset += MARK_SIZE, number += step) {
        put_be32(data + offset, MAGIC);
        put_be32(data + offset + 4, number);
    }
}

static uint16_t internet_checksum(const uint8_t *data, size_t size)
{
    uint32_t sum = 0;

    for (size_t i = 0; i + 1 < size; i += 2)
        sum += data[i] << 8 | data[i + 1];
    if (size & 1)
        sum += data[size - 1] << 8;
    while (sum >> 16)
        sum = (sum & 0xFFFF) + (sum >> 16);
    return htons(~sum);
}

/* Sending. */

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
    header.checksum = internet_checksum(packet, length);
    memcpy(packet, &header, sizeof(header));
}

/* A UDP header of a raw socket, with a checksum that is wrong for any datagram but one in 65536:
 * the marks' sum changes with the number, so the wrong sum is never right by more than chance; a
 * zero sum would mean none. */
static void write_bad_udp(uint8_t *packet, size_t length, uint32_t number)
{
    struct udphdr header = {.uh_sport = htons(settings.port), .uh_dport = htons(settings.port)};

    (void)number;
    header.uh_ulen = htons(length);
    header.uh_sum = htons(WRONG_CHECKSUM);
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

/* An error is that of the next packet: without a route there is none to send it to. */
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
            uint32_t number = settings.class << CLASS_SHIFT | (settings.first + from);
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

/* Paced, so that nothing on the way is too slow for it; ends early at a signal. */
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
    if (settings.from) {
        struct address from = parse_address(settings.from, 0);

        check(bind(fd, &from.any, from.length), "bind");
    }
    return fd;
}

static void send_udp(void)
{
    struct address to = parse_address(settings.at, settings.port);
    int fd = open_sender(&to, SOCK_DGRAM, 0);

    if (settings.segment)
        set_option(fd, SOL_UDP, UDP_SEGMENT, settings.segment, "UDP_SEGMENT");
    send_paced(fd, &udp_shape, &to);
}

static void send_bad_udp(void)
{
    struct address to = parse_address(settings.at, 0);

    send_paced(open_sender(&to, SOCK_RAW, IPPROTO_UDP), &bad_udp_shape, &to);
}

/* As ping does as root; waits for the answers under way. */
static void send_echo(void)
{
    struct address to = parse_address(settings.at, 0);
    int fd = open_sender(&to, SOCK_RAW, IPPROTO_ICMP);

    set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER, "SO_RCVBUFFORCE");
    send_paced(fd, &echo_shape, &to);
    usleep(100000);
    drain(fd);
}

/* The wire of a tun device: writes datagrams for `at`, and reads what comes. */

static int open_tun(void)
{
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);

    check(fd, "/dev/net/tun");
    snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", settings.device);
    check(ioctl(fd, TUNSETIFF, &request), "TUNSETIFF");
    return fd;
}

static void write_ip_udp(uint8_t *packet, size_t length)
{
    struct iphdr ip = {.version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_UDP};
    struct udphdr udp = {.uh_sport = htons(settings.port), .uh_dport = htons(settings.port)};

    ip.tot_len = htons(length);
    ip.saddr = parse_address(settings.from, 0).v4.sin_addr.s_addr;
    ip.daddr = parse_address(settings.at, 0).v4.sin_addr.s_addr;
    ip.check = internet_checksum((uint8_t *)&ip, sizeof(ip));
    udp.uh_ulen = htons(length - sizeof(ip));
    memcpy(packet, &ip, sizeof(ip));
    memcpy(packet + sizeof(ip), &udp, sizeof(udp));
}

static void be_wire(void)
{
    static uint8_t packet[MAX_SIZE];
    size_t headers = sizeof(struct iphdr) + sizeof(struct udphdr), length = headers + settings.size;
    uint64_t start = now_ns(), sent = 0;
    int fd = open_tun();

    for (uint64_t tick = 1; !stop_wanted; tick++) {
        uint64_t due = smaller(settings.rate * tick * PACE_INTERVAL_NS / NS_PER_S, settings.count);

        for (; sent < due; sent++) {
            write_ip_udp(packet, length);
            write_marks(packet + headers, settings.size,
                        settings.class << CLASS_SHIFT | (settings.first + sent), 0);
            check(write(fd, packet, length), "writing to the tun device");
        }
        while (read(fd, packet, sizeof(packet)) > 0)
            continue;
        sleep_until(start + tick * PACE_INTERVAL_NS);
    }
}

/* Receiving, until a signal comes. */

static void join_group(int fd, const struct address *at)
{
    struct ip_mreqn group = {.imr_address = parse_address(settings.join, 0).v4.sin_addr,
                             .imr_address.s_addr = at->v4.sin_addr.s_addr};

    group.imr_multiaddr = parse_address(settings.join, 0).v4.sin_addr;
    group.imr_address.s_addr = htonl(INADDR_ANY);
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

static void receive_udp(void)
{
    struct address at = parse_address(settings.at, settings.port);
    int fd = open_socket(&at, SOCK_DGRAM, 0);

    set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR");
    check(bind(fd, &at.any, at.length), "bind");
    if (settings.join)
        join_group(fd, &at);
    receive_with(fd);
}

static void receive_raw(void)
{
    struct address at = parse_address(settings.at, 0);

    receive_with(open_socket(&at, SOCK_RAW, IPPROTO_UDP));
}

/* Streams. */

static int listen_at_port(void)
{
    struct address at = parse_address(settings.at, settings.port);
    int fd = open_socket(&at, SOCK_STREAM, 0);

    set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR");
    check(bind(fd, &at.any, at.length), "bind");
    check(listen(fd, 128), "listen");
    return fd;
}

static int connect_to_port(void)
{
    struct address to = parse_address(settings.at, settings.port);
    int fd = open_socket(&to, SOCK_STREAM, 0);

    if (connect(fd, &to.any, to.length) == 0)
        return fd;
    close(fd);
    return -1;
}

static uint64_t read_all(int fd, uint8_t *data, size_t size, uint64_t most)
{
    uint64_t total = 0;

    while (total < most) {
        ssize_t part = read(fd, data, size);

        if (part == 0 || (part < 0 && errno != EINTR))
            break;
        total += part > 0 ? part : 0;
    }
    return total;
}

static void write_all(int fd, const uint8_t *data, size_t size)
{
    while (size > 0) {
        ssize_t part = send(fd, data, size, MSG_NOSIGNAL);

        if (part < 0 && errno != EINTR)
            return;
        if (part > 0) {
            data += part;
            size -= part;
        }
    }
}

static void send_stream(void)
{
    static uint8_t data[STREAM_PART];
    int fd = connect_to_port();
    uint64_t start = now_ns();

    check(fd, "connect");
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY");
    for (uint64_t sent = 0; sent < settings.count; sent += settings.size) {
        size_t part = smaller(settings.size, settings.count - sent);

        write_marks(data, part, settings.class << CLASS_SHIFT | (settings.first + sent / MARK_SIZE),
                    1);
        write_all(fd, data, part);
        if (settings.rate)
            sleep_until(start + sent / settings.size * NS_PER_S / settings.rate);
    }
    shutdown(fd, SHUT_WR);
    read_all(fd, data, sizeof(data), -1);
    close(fd);
}

/* One connection after the other, the whole stream of each, or as many bytes as it shall read. */
static void receive_stream(void)
{
    static uint8_t data[STREAM_PART];
    int listener = listen_at_port();

    ready();
    while (!stop_wanted) {
        int fd = accept(listener, NULL, NULL);

        if (fd >= 0) {
            read_all(fd, data, smaller(sizeof(data), settings.read), settings.read);
            close(fd);
        }
    }
}

/* Short connections, so that memory of packets is used again and again. */

static void churn_serve(void)
{
    static uint8_t data[CHURN_BYTES];
    int listener = listen_at_port();

    ready();
    while (!stop_wanted) {
        int fd = accept(listener, NULL, NULL);

        if (fd >= 0) {
            read_all(fd, data, sizeof(data), sizeof(data));
            write_all(fd, data, sizeof(data));
            close(fd);
        }
    }
}

static void churn(void)
{
    static uint8_t data[CHURN_BYTES];

    while (!stop_wanted) {
        int fd = connect_to_port();

        if (fd >= 0) {
            write_all(fd, data, sizeof(data));
            read_all(fd, data, sizeof(data), -1);
            close(fd);
        }
        usleep(NS_PER_S / 1000 / settings.rate);
    }
}

static const struct command {
    const char *name;
    void (*run)(void);
} commands[] = {
    {"udp", send_udp},
    {"bad-udp", send_bad_udp},
    {"echo", send_echo},
    {"tun", be_wire},
    {"stream", send_stream},
    {"churn", churn},
    {"receive-udp", receive_udp},
    {"receive-raw", receive_raw},
    {"receive-stream", receive_stream},
    {"churn-serve", churn_serve},
};

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static bool set(const char *argument)
{
    const char *value = strchr(argument, '=');

    for (size_t i = 0; value && i < LENGTH(names); i++) {
        if (strlen(names[i].name) != (size_t)(value - argument) ||
            strncmp(names[i].name, argument, value - argument))
            continue;
        if (names[i].text)
            *names[i].text = value + 1;
        else
            *names[i].number = strtoull(value + 1, NULL, 0);
        return true;
    }
    fprintf(stderr, "numbered: no setting %s\n", argument);
    return false;
}

int main(int argc, char **argv)
{
    const struct sigaction stop = {.sa_handler = on_stop_signal};

    sigaction(SIGTERM, &stop, NULL);
    for (int i = 2; i < argc; i++) {
        if (!set(argv[i]))
            return EXIT_FAILURE;
    }
    if (settings.size == 0 || settings.size > STREAM_PART || settings.size % MARK_SIZE) {
        fprintf(stderr, "numbered: a size is a multiple of %d\n", MARK_SIZE);
        return EXIT_FAILURE;
    }
    for (size_t i = 0; argc > 1 && i < LENGTH(commands); i++) {
        if (strcmp(commands[i].name, argv[1]) == 0) {
            commands[i].run();
            return EXIT_SUCCESS;
        }
    }
    fprintf(stderr, "Usage: numbered COMMAND [NAME=VALUE ...]\n");
    return EXIT_FAILURE;
}
