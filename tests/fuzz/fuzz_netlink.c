/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a datagram of rtnetlink: what is read of it, of whoever says it. */
#include <glib.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "devices.h"

static void check(const struct agent_device *device)
{
    g_assert_nonnull(memchr(device->name, '\0', sizeof(device->name)));
    g_assert_nonnull(memchr(device->kind, '\0', sizeof(device->kind)));
    g_assert_nonnull(memchr(device->master_kind, '\0', sizeof(device->master_kind)));
    g_assert_cmpuint(device->mac_length, <=, sizeof(device->mac));
}

/* Each message ends within the datagram: whoever receives it has looked at that. Not by libmnl's
 * mnl_nlmsg_ok(), which takes a length of 2^31 and more for a small one. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree uint8_t *datagram = g_memdup2(data, size);
    for (size_t at = 0; size - at >= sizeof(struct nlmsghdr);) {
        const struct nlmsghdr *message = (const void *)(datagram + at);
        struct agent_device device = {};
        if (message->nlmsg_len < sizeof(*message) || message->nlmsg_len > size - at)
            break;
        device_of_link(message, &device);
        check(&device);
        at += MIN(NLMSG_ALIGN(message->nlmsg_len), size - at);
    }
    return 0;
}
