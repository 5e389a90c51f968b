/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Others send to our sockets of rtnetlink, as any user of the host can from a namespace of his own,
 * faster than it can be read. Here it waits in a socket that has room for it: we come back all the
 * same, and get an answer once they have ended. */
#include <errno.h>
#include <glib.h>
#include <sched.h>
#include <sys/socket.h>

#include "linux/rtnl.h"

#define ROOM    (64 * 1024 * 1024)
#define STRANGE 10000

static struct mnl_socket *open_roomy(uint32_t groups)
{
    struct mnl_socket *socket = rtnetlink_open(groups);
    int room = ROOM;

    g_assert_nonnull(socket);
    g_assert_cmpint(
        setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)), ==,
        0);
    return socket;
}

/* What is no answer, to a port or to all who listen. */
static void send_strange(uint32_t port, uint32_t groups)
{
    struct mnl_socket *stranger = mnl_socket_open(NETLINK_ROUTE);
    const struct sockaddr_nl to = {.nl_family = AF_NETLINK, .nl_pid = port, .nl_groups = groups};
    const struct nlmsghdr nothing = {.nlmsg_len = sizeof(nothing), .nlmsg_type = NLMSG_NOOP};

    g_assert_nonnull(stranger);
    for (int i = 0; i < STRANGE; i++)
        g_assert_cmpint(sendto(mnl_socket_get_fd(stranger), &nothing, sizeof(nothing), MSG_DONTWAIT,
                               (const struct sockaddr *)&to, sizeof(to)),
                        ==, sizeof(nothing));
    mnl_socket_close(stranger);
}

static int count_links(const struct nlmsghdr *message, void *data)
{
    (void)message;
    ++*(int *)data;
    return MNL_CB_OK;
}

static void test_question(void)
{
    struct mnl_socket *socket = open_roomy(0);
    int links = 0, error;
    char buffer[256];

    send_strange(mnl_socket_get_portid(socket), 0);
    error =
        rtnetlink_ask(socket, rtnetlink_links_request(buffer, RTNETLINK_OWN), count_links, &links);
    g_assert_cmpint(error, ==, -EBUSY);
    g_assert_cmpint(links, ==, 0);
    for (int i = 0; error && i < 4; i++)
        error = rtnetlink_ask(socket, rtnetlink_links_request(buffer, RTNETLINK_OWN), count_links,
                              &links);
    g_assert_cmpint(error, ==, 0);
    g_assert_cmpint(links, >, 0); /* the loopback device at least */
    mnl_socket_close(socket);
}

static void test_listener(void)
{
    struct mnl_socket *socket = open_roomy(RTNETLINK_LINKS);
    char buffer[RTNETLINK_SIZE];
    ssize_t length;
    int turns = 0;

    send_strange(0, RTNETLINK_LINKS);
    do {
        length = rtnetlink_receive(socket, RTNETLINK_LINKS, buffer, NULL);
        turns++;
    } while (length == -EBUSY);
    g_assert_cmpint(length, ==, -EAGAIN);
    g_assert_cmpint(turns, >, 1);
    mnl_socket_close(socket);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    if (unshare(CLONE_NEWNET))
        g_error("no network namespace of its own (%s): run this as root", g_strerror(errno));
    g_test_add_func("/rtnl/question", test_question);
    g_test_add_func("/rtnl/listener", test_listener);
    return g_test_run();
}
