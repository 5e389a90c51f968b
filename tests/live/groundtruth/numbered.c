/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Traffic whose every packet can be identified: its payload repeats an 8-byte mark, a magic number
 * and a number, so that each fragment and each segment has a whole one. The number's upper byte is
 * the class of the packet, for which the truth gives the places and the fate. In a TCP stream the
 * number is that of the mark, so that a segment shows which part of the stream it is.
 *
 *   numbered COMMAND [NAME=VALUE ...]; see commands[] and names[]
 */
#include "numbered.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAGIC 0xD5B30EA7U

struct settings settings = {
    .at = "0.0.0.0", .port = 7000, .count = 1, .rate = 20000, .size = 64, .read = -1};

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
    {"source", .number = &settings.source}, {"hold", .number = &settings.hold},
};

volatile sig_atomic_t stop_wanted;

static void on_stop_signal(int number)
{
    (void)number;
    stop_wanted = 1;
}

void fail(const char *what)
{
    fprintf(stderr, "numbered: %s: %s\n", what, strerror(errno));
    exit(EXIT_FAILURE);
}

void check(int status, const char *what)
{
    if (status < 0)
        fail(what);
}

uint64_t smaller(uint64_t one, uint64_t other)
{
    return one < other ? one : other;
}

uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

void sleep_until(uint64_t time)
{
    const struct timespec until = {.tv_sec = time / NS_PER_S, .tv_nsec = time % NS_PER_S};

    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

void ready(void)
{
    puts("ready");
    fflush(stdout);
}

struct address parse_address(const char *text, uint16_t port)
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

void set_option(int fd, int level, int option, int value, const char *what)
{
    check(setsockopt(fd, level, option, &value, sizeof(value)), what);
}

int open_socket(const struct address *address, int type, int protocol)
{
    int fd = socket(address->any.sa_family, type | SOCK_CLOEXEC, protocol);

    check(fd, "socket");
    if (settings.device)
        check(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, settings.device, strlen(settings.device)),
              "SO_BINDTODEVICE");
    return fd;
}

static void put_be32(uint8_t *at, uint32_t value)
{
    value = htonl(value);
    memcpy(at, &value, sizeof(value));
}

void write_marks(uint8_t *data, size_t size, uint32_t number, uint32_t step)
{
    for (size_t offset = 0; offset + MARK_SIZE <= size; offset += MARK_SIZE, number += step) {
        put_be32(data + offset, MAGIC);
        put_be32(data + offset + 4, number);
    }
}

uint16_t internet_checksum(uint32_t sum, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i + 1 < size; i += 2)
        sum += data[i] << 8 | data[i + 1];
    if (size & 1)
        sum += data[size - 1] << 8;
    while (sum >> 16)
        sum = (sum & 0xFFFF) + (sum >> 16);
    return htons(~sum);
}

uint32_t number_of(uint64_t packet)
{
    return settings.class << CLASS_SHIFT | (settings.first + packet);
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
    {"idle", idle},
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
