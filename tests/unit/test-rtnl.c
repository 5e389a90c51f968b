/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any user of the host can send to our rtnetlink sockets, from a namespace of his own, faster than
 * we can read. Here, such messages wait in a socket that has room for them: the call still returns,
 * and gets its reply after they have ended. */
#include <errno.h>
#include <glib.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>

#include "providers/netdev/rtnl.h"

#define ROOM    (64 * 1024 * 1024)
#define STRANGE 10000

static struct mnl_socket *open_roomy(uint32_t groups)
{
    struct mnl_socket *socket = netdev_rtnl_open(groups);
    int room = ROOM;

    g_assert_nonnull(socket);
    g_assert_cmpint(
        setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)), ==,
        0);
    return socket;
}

/* Sends messages that are no reply, to a port or to all listeners. */
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
    error = netdev_rtnl_request(socket, netdev_rtnl_links_request(buffer, NETDEV_RTNL_OWN),
                                count_links, &links);
    g_assert_cmpint(error, ==, -EBUSY);
    g_assert_cmpint(links, ==, 0);
    for (int i = 0; error && i < 4; i++)
        error = netdev_rtnl_request(socket, netdev_rtnl_links_request(buffer, NETDEV_RTNL_OWN),
                                    count_links, &links);
    g_assert_cmpint(error, ==, 0);
    g_assert_cmpint(links, >, 0); /* at least the loopback device */
    mnl_socket_close(socket);
}

static void test_listener(void)
{
    struct mnl_socket *socket = open_roomy(NETDEV_RTNL_LINKS);
    char buffer[NETDEV_RTNL_SIZE];
    ssize_t length;
    int turns = 0;

    send_strange(0, NETDEV_RTNL_LINKS);
    do {
        length = netdev_rtnl_receive(socket, NETDEV_RTNL_LINKS, buffer, NULL);
        turns++;
    } while (length == -EBUSY);
    g_assert_cmpint(length, ==, -EAGAIN);
    g_assert_cmpint(turns, >, 1);
    mnl_socket_close(socket);
}

/* A list takes several datagrams; devices come and go in between. */
#define MAKE_MANY "seq -f 'link add d%g type bridge' 100 | ip -batch -"
#define KEEP_CHANGING                                                                              \
    "for i in $(seq 1000); do printf 'link add x type bridge\\nlink del x\\n%.0s' 1 2 3 4 5; "     \
    "done | ip "                                                                                   \
    "-batch -"
#define LISTS 200

static void begin_count(void *data)
{
    *(int *)data = 0;
}

static void test_list(void)
{
    const char *changing[] = {"setsid", "sh", "-c", KEEP_CHANGING, NULL};
    struct mnl_socket *socket = netdev_rtnl_open(0);
    GPid changer;
    int fewest = INT_MAX, failures = 0;

    g_assert_nonnull(socket);
    g_assert_true(g_spawn_command_line_sync("sh -c \"" MAKE_MANY "\"", NULL, NULL, NULL, NULL));
    g_assert_true(g_spawn_async(NULL, (char **)changing, NULL,
                                G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL,
                                &changer, NULL));
    for (int i = 0; i < LISTS; i++) {
        char buffer[256];
        int links = 0;

        failures += netdev_rtnl_list(socket, netdev_rtnl_links_request(buffer, NETDEV_RTNL_OWN),
                                     begin_count, count_links, &links) != 0;
        fewest = MIN(fewest, links);
    }
    kill(-changer, SIGKILL); /* before anything can fail */
    g_spawn_close_pid(changer);
    g_assert_cmpint(failures, ==, 0);
    g_assert_cmpint(fewest, >=, 101); /* with the loopback device */
    mnl_socket_close(socket);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    if (unshare(CLONE_NEWNET))
        g_error("no network namespace of its own (%s): run this as root", g_strerror(errno));
    g_test_add_func("/rtnl/question", test_question);
    g_test_add_func("/rtnl/listener", test_listener);
    g_test_add_func("/rtnl/list", test_list);
    return g_test_run();
}
