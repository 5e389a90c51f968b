/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arbitrary bytes as a datagram of rtnetlink, from any sender. */
#include <glib.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "providers/netdev/link-message.h"

static void check(const struct netdev_device *device)
{
    g_assert_nonnull(memchr(device->name, '\0', sizeof(device->name)));
    g_assert_nonnull(memchr(device->kind, '\0', sizeof(device->kind)));
    g_assert_nonnull(memchr(device->master_kind, '\0', sizeof(device->master_kind)));
    g_assert_cmpuint(device->mac_length, <=, sizeof(device->mac));
}

/* Each message ends within the datagram, which the receiver has checked. This does not use libmnl's
 * mnl_nlmsg_ok(), which takes a length of 2^31 or more for a small one. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree uint8_t *datagram = g_memdup2(data, size);
    for (size_t at = 0; size - at >= sizeof(struct nlmsghdr);) {
        const struct nlmsghdr *message = (const void *)(datagram + at);
        struct netdev_device device = {};
        if (message->nlmsg_len < sizeof(*message) || message->nlmsg_len > size - at)
            break;
        netdev_parse_link(message, &device);
        check(&device);
        at += MIN(NLMSG_ALIGN(message->nlmsg_len), size - at);
    }
    return 0;
}
