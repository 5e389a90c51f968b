/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests to rtnetlink, and its notifications. Anyone may send to such a socket, by multicast
 * from a network namespace of his own: datagrams that are not the kernel's are dropped, and the
 * kernel's are checked before they are parsed.
 *
 * Functions return 0 or a negative errno unless their comment says otherwise.
 */
#ifndef PKTMON_NETDEV_RTNL_H
#define PKTMON_NETDEV_RTNL_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stdint.h>

/* The kernel fills up to this much of a dump at once (net/netlink/af_netlink.c). */
#define NETDEV_RTNL_SIZE 32768

/* Multicast group masks, for listeners. */
#define NETDEV_RTNL_LINKS 1U         /* RTMGRP_LINK */
#define NETDEV_RTNL_NSIDS (1U << 27) /* RTNLGRP_NSID */

#define NETDEV_RTNL_OWN (-1) /* not from another namespace */

/* A socket for requests (no groups, blocking), or a listener (not blocking). NULL: errno. */
struct mnl_socket *netdev_rtnl_open(uint32_t groups);
/* Receives one datagram that the kernel sent to one of the groups (0: as an answer); stores the id
 * of the namespace that it came from in *nsid. The messages in it are not checked yet. Returns its
 * length, or -errno. Datagrams of other senders are dropped, up to a limit (-EBUSY). */
ssize_t netdev_rtnl_receive(const struct mnl_socket *socket, uint32_t groups,
                            char buffer[NETDEV_RTNL_SIZE], int32_t *nsid);
/* Sends the request and calls handle with each message of the answer. -EBUSY: others send so much
 * to the socket that the answer did not fit. */
int netdev_rtnl_request(struct mnl_socket *socket, struct nlmsghdr *request, mnl_cb_t handle,
                        void *data);
/* The same for a dump. Devices that come and go meanwhile interrupt it (-EINTR): then it is
 * repeated, a few times. begin is called before each attempt; NULL: handle may see the same message
 * twice. */
int netdev_rtnl_list(struct mnl_socket *socket, struct nlmsghdr *request, void (*begin)(void *data),
                     mnl_cb_t handle, void *data);
/* A request for all links of one namespace; nsid may be NETDEV_RTNL_OWN. */
struct nlmsghdr *netdev_rtnl_links_request(char *buffer, int32_t nsid);

/* A known attribute, with its type and size. */
struct netdev_rtnl_attribute {
    uint16_t type;
    enum mnl_attr_data_type data;
};

/* Finds the known attributes behind a header of this many bytes: found[i] is the one for known[i],
 * or NULL. False: the message is truncated, or an attribute has the wrong type. */
bool netdev_rtnl_parse(const struct nlmsghdr *message, size_t header,
                       const struct netdev_rtnl_attribute *known, size_t count,
                       const struct nlattr **found);
/* The same for attributes nested in another one. */
bool netdev_rtnl_parse_nested(const struct nlattr *nest, const struct netdev_rtnl_attribute *known,
                              size_t count, const struct nlattr **found);

#endif
