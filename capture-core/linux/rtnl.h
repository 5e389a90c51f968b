/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests to rtnetlink, and what it says by itself. Anyone may send to such a socket, by multicast
 * from a network namespace of his own: what comes from others than the kernel is left out, and what
 * comes from the kernel is checked before it is looked at.
 *
 * Functions return 0 or a negative errno unless they say otherwise.
 */
#ifndef PKTMON_RTNL_H
#define PKTMON_RTNL_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stdint.h>

/* The kernel fills up to this much of a dump at once (net/netlink/af_netlink.c). */
#define RTNETLINK_SIZE 32768

/* Group masks of multicast, as a listener wants them. */
#define RTNETLINK_LINKS 1U         /* RTMGRP_LINK */
#define RTNETLINK_NSIDS (1U << 27) /* RTNLGRP_NSID */

#define RTNETLINK_OWN (-1) /* not from another namespace */

/* A socket for requests (no groups, blocking), or a listener (not blocking). NULL: errno. */
struct mnl_socket *rtnetlink_open(uint32_t groups);
/*
 * Receives one datagram that the kernel sent to one of the groups (0: as an answer); *nsid gets the
 * id of the namespace that it came from. The messages in it are not checked yet. Its length, or
 * -errno; others' datagrams are dropped meanwhile, but not without end (-EBUSY).
 */
ssize_t rtnetlink_receive(const struct mnl_socket *socket, uint32_t groups,
                          char buffer[RTNETLINK_SIZE], int32_t *nsid);
/* Sends the request and gives each message of the answer to handle. -EBUSY: others send so much to
 * the socket that the answer did not come through. */
int rtnetlink_ask(struct mnl_socket *socket, struct nlmsghdr *request, mnl_cb_t handle, void *data);
/* A request for all links of one namespace; nsid may be RTNETLINK_OWN. */
struct nlmsghdr *rtnetlink_links_request(char *buffer, int32_t nsid);

/* An attribute that is known, with its type and size. */
struct rtnetlink_attribute {
    uint16_t type;
    enum mnl_attr_data_type data;
};

/*
 * Finds the known attributes behind a header of so many bytes: found[i] is that of known[i], or
 * NULL. False: the message is shorter than it says, or an attribute is of the wrong kind.
 */
bool rtnetlink_parse(const struct nlmsghdr *message, size_t header,
                     const struct rtnetlink_attribute *known, size_t count,
                     const struct nlattr **found);
/* The same of what is nested in an attribute. */
bool rtnetlink_parse_nested(const struct nlattr *nest, const struct rtnetlink_attribute *known,
                            size_t count, const struct nlattr **found);

#endif
