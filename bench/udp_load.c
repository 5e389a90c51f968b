/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The load of the benchmarks: sends datagrams as fast as the kernel takes them, or at a fixed rate,
 * and counts the datagrams that arrive. At its end, each side prints "PACKETS SECONDS CPU_SECONDS".
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PAYLOAD_BYTES  64
#define BATCH          64 /* datagrams per system call */
#define RECEIVE_BUFFER (64 * 1024 * 1024)
#define NS_PER_S       1000000000ULL
#define PACE_INTERVAL_NS                                                                           \
    1000000ULL /* interval of bursts at a fixed rate, and of the receiver's polls */

static volatile sig_atomic_t stop_wanted;

static void on_stop_signal(int number)
{
    (void)number;
    stop_wanted = 1;
}

static void fail(const char *what)
{
    fprintf(stderr, "udp_load: %s: %s\n", what, strerror(errno));
    exit(EXIT_FAILURE);
}

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void sleep_until(uint64_t time)
{
    const struct timespec until = {.tv_sec = time / NS_PER_S, .tv_nsec = time % NS_PER_S};

    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

static void report(uint64_t packets, uint64_t elapsed_ns)
{
    printf("%llu %.6f %.6f\n", (unsigned long long)packets, (double)elapsed_ns / NS_PER_S,
           (double)clock_ns(CLOCK_PROCESS_CPUTIME_ID) / NS_PER_S);
}

/* BATCH datagrams that share one buffer. */
static void fill_batch(struct mmsghdr *batch, struct iovec *part)
{
    memset(batch, 0, BATCH * sizeof(*batch));
    for (int i = 0; i < BATCH; i++) {
        batch[i].msg_hdr.msg_iov = part;
        batch[i].msg_hdr.msg_iovlen = 1;
    }
}

/* Sends count datagrams; retries those that the kernel has no room for at the moment. */
static void send_all(int udp, struct mmsghdr *batch, uint64_t count)
{
    while (count > 0) {
        int sent = sendmmsg(udp, batch, count < BATCH ? count : BATCH, 0);

        if (sent < 0 && errno != ENOBUFS && errno != EINTR)
            fail("sending");
        if (sent > 0)
            count -= sent;
    }
}

static void send_load(int udp, double seconds, uint64_t rate)
{
    static uint8_t payload[PAYLOAD_BYTES];
    struct iovec part = {.iov_base = payload, .iov_len = sizeof(payload)};
    struct mmsghdr batch[BATCH];
    uint64_t start = clock_ns(CLOCK_MONOTONIC), end = start + (uint64_t)(seconds * NS_PER_S),
             packets = 0;

    fill_batch(batch, &part);
    for (uint64_t tick = 1; clock_ns(CLOCK_MONOTONIC) < end; tick++) {
        uint64_t due = rate ? rate * tick * PACE_INTERVAL_NS / NS_PER_S : packets + BATCH;

        send_all(udp, batch, due - packets);
        packets = due;
        if (rate)
            sleep_until(start + tick * PACE_INTERVAL_NS);
    }
    report(packets, clock_ns(CLOCK_MONOTONIC) - start);
}

/*
 * Receives until a signal comes. The time runs from the first to the last datagram.
 *
 * It polls each millisecond, and never blocks in the kernel for a datagram: waking a receiver costs
 * the sender more than a datagram does. Only a sender slower than the receiver pays that price, so
 * a small slowdown would be measured as a large one.
 */
static void receive_load(int udp)
{
    static uint8_t payload[PAYLOAD_BYTES];
    struct iovec part = {.iov_base = payload, .iov_len = sizeof(payload)};
    struct mmsghdr batch[BATCH];
    uint64_t first = 0, last = 0, packets = 0;

    fill_batch(batch, &part);
    while (!stop_wanted) {
        int received = recvmmsg(udp, batch, BATCH, MSG_DONTWAIT, NULL);

        if (received < 0 && errno != EAGAIN && errno != EINTR)
            fail("receiving");
        if (received > 0) {
            last = clock_ns(CLOCK_MONOTONIC);
            first = first ? first : last;
            packets += received;
        } else {
            sleep_until(clock_ns(CLOCK_MONOTONIC) + PACE_INTERVAL_NS);
        }
    }
    report(packets, last - first);
}

static void prepare_receiver(int udp, const struct sockaddr_in *address)
{
    const int size = RECEIVE_BUFFER;
    const struct sigaction stop = {.sa_handler = on_stop_signal};

    sigaction(SIGTERM, &stop, NULL);
    if (setsockopt(udp, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
        fail("setting the receive buffer");
    if (bind(udp, (const struct sockaddr *)address, sizeof(*address)))
        fail("binding");
    puts("ready");
    fflush(stdout);
}

int main(int argc, char **argv)
{
    bool sends = argc == 6 && strcmp(argv[1], "send") == 0;
    bool receives = argc == 4 && strcmp(argv[1], "receive") == 0;
    struct sockaddr_in address = {.sin_family = AF_INET};
    int udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if ((!sends && !receives) || inet_pton(AF_INET, argv[2], &address.sin_addr) != 1) {
        fprintf(stderr, "Usage: udp_load receive ADDRESS PORT\n"
                        "       udp_load send ADDRESS PORT SECONDS RATE (per second; 0: as fast "
                        "as possible)\n");
        return EXIT_FAILURE;
    }
    address.sin_port = htons(strtoul(argv[3], NULL, 10));
    if (udp < 0)
        fail("opening a socket");
    if (receives) {
        prepare_receiver(udp, &address);
        receive_load(udp);
        return EXIT_SUCCESS;
    }
    if (connect(udp, (const struct sockaddr *)&address, sizeof(address)))
        fail("connecting");
    send_load(udp, strtod(argv[4], NULL), strtoull(argv[5], NULL, 10));
    return EXIT_SUCCESS;
}
