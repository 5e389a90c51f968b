/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The wire of a tun device: writes datagrams for `at`, and reads those that arrive. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "numbered.h"

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
    ip.check = internet_checksum(0, (uint8_t *)&ip, sizeof(ip));
    udp.uh_ulen = htons(length - sizeof(ip));
    memcpy(packet, &ip, sizeof(ip));
    memcpy(packet + sizeof(ip), &udp, sizeof(udp));
}

void be_wire(void)
{
    static uint8_t packet[MAX_SIZE];
    size_t headers = sizeof(struct iphdr) + sizeof(struct udphdr), length = headers + settings.size;
    uint64_t start = now_ns(), sent = 0;
    int fd = open_tun();

    for (uint64_t tick = 1; !stop_wanted; tick++) {
        uint64_t due = smaller(settings.rate * tick * PACE_INTERVAL_NS / NS_PER_S, settings.count);

        for (; sent < due; sent++) {
            write_ip_udp(packet, length);
            write_marks(packet + headers, settings.size, number_of(sent), 0);
            check(write(fd, packet, length), "writing to the tun device");
        }
        while (read(fd, packet, sizeof(packet)) > 0)
            continue;
        sleep_until(start + tick * PACE_INTERVAL_NS);
    }
}
