/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TCP: streams of marks, many short connections, and one that is idle. */
#include <errno.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "numbered.h"

#define CHURN_BYTES 3000 /* of each short connection: more than one segment */

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

/* Waits until whoever started it writes one byte. */
static void await_go(void)
{
    char go;

    ready();
    check(read(STDIN_FILENO, &go, sizeof(go)) - 1, "standard input");
}

void send_stream(void)
{
    static uint8_t data[STREAM_PART];
    int fd = connect_to_port();
    uint64_t start = now_ns();

    check(fd, "connect");
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY");
    for (uint64_t sent = 0; sent < settings.count; sent += settings.size) {
        size_t part = smaller(settings.size, settings.count - sent);

        if (sent && sent == settings.hold)
            await_go();
        write_marks(data, part, number_of(sent / MARK_SIZE), 1);
        write_all(fd, data, part);
        if (settings.rate)
            sleep_until(start + sent / settings.size * NS_PER_S / settings.rate);
    }
    shutdown(fd, SHUT_WR);
    read_all(fd, data, sizeof(data), -1);
    close(fd);
}

/* Receives one connection after the other, whole or as many bytes as `read` says. */
void receive_stream(void)
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

/* Short connections, so that skbs are recycled all the time. */

void churn_serve(void)
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

static void churn_once(uint8_t *data, size_t size)
{
    int fd = connect_to_port();

    if (fd < 0)
        return;
    write_all(fd, data, size);
    read_all(fd, data, size, -1);
    close(fd);
}

/* The signal takes effect between two connections: one that ended early would leave unread data,
 * which is dropped. */
void churn(void)
{
    static uint8_t data[CHURN_BYTES];
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    while (!stop_wanted) {
        sigprocmask(SIG_BLOCK, &signals, NULL);
        churn_once(data, sizeof(data));
        sigprocmask(SIG_UNBLOCK, &signals, NULL);
        usleep(NS_PER_S / 1000 / settings.rate);
    }
}

/* A connection that sends nothing but a keepalive each second, until it is aborted. */
void idle(void)
{
    const struct linger abort_it = {.l_onoff = 1};
    int fd = connect_to_port();

    check(fd, "connect");
    set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 1, "TCP_KEEPIDLE");
    set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 1, "TCP_KEEPINTVL");
    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1, "SO_KEEPALIVE");
    check(setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort_it, sizeof(abort_it)), "SO_LINGER");
    ready();
    while (!stop_wanted)
        usleep(NS_PER_S / 1000 / 100);
    close(fd);
}
