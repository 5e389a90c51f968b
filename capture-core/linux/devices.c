/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "devices.h"

#include <errno.h>
#include <glib.h>
#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* The string of an attribute, whatever its bytes are. */
static void take_string(const struct nlattr *attribute, char *to, size_t size)
{
    size_t length = strnlen(mnl_attr_get_payload(attribute), mnl_attr_get_payload_len(attribute));

    length = MIN(length, size - 1);
    memcpy(to, mnl_attr_get_payload(attribute), length);
    to[length] = '\0';
}

static uint32_t number_of(const struct nlattr *attribute)
{
    return mnl_attr_get_payload_len(attribute) == sizeof(uint32_t) ? mnl_attr_get_u32(attribute)
                                                                   : 0;
}

static void take_kinds(const struct nlattr *info, struct agent_device *device)
{
    struct nlattr *attribute;

    mnl_attr_for_each_nested(attribute, info)
    {
        switch (mnl_attr_get_type(attribute)) {
        case IFLA_INFO_KIND:
            take_string(attribute, device->kind, sizeof(device->kind));
            break;
        case IFLA_INFO_SLAVE_KIND:
            take_string(attribute, device->master_kind, sizeof(device->master_kind));
            break;
        }
    }
}

static void take_mac(const struct nlattr *attribute, struct agent_device *device)
{
    device->mac_length = MIN(mnl_attr_get_payload_len(attribute), sizeof(device->mac));
    memcpy(device->mac, mnl_attr_get_payload(attribute), device->mac_length);
}

static void take_attribute(const struct nlattr *attribute, struct agent_device *device)
{
    switch (mnl_attr_get_type(attribute)) {
    case IFLA_IFNAME:
        take_string(attribute, device->name, sizeof(device->name));
        break;
    case IFLA_ADDRESS:
        take_mac(attribute, device);
        break;
    case IFLA_MTU:
        device->mtu = number_of(attribute);
        break;
    case IFLA_MASTER:
        device->master = number_of(attribute);
        break;
    case IFLA_LINK:
        device->link = number_of(attribute);
        break;
    case IFLA_LINK_NETNSID:
        device->link_elsewhere = true;
        break;
    case IFLA_LINKINFO:
        take_kinds(attribute, device);
        break;
    }
}

static int ethtool(int control, struct ifreq *request, void *data)
{
    request->ifr_data = data;
    return ioctl(control, SIOCETHTOOL, request);
}

int device_ask_driver(void *data)
{
    struct agent_device *device = data;
    struct ethtool_drvinfo driver = {.cmd = ETHTOOL_GDRVINFO};
    struct ethtool_cmd settings = {.cmd = ETHTOOL_GSET};
    struct ifreq request = {};
    int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (control < 0)
        return -errno;
    g_strlcpy(request.ifr_name, device->name, sizeof(request.ifr_name));
    if (ethtool(control, &request, &driver) == 0)
        g_strlcpy(device->driver, driver.driver, sizeof(device->driver));
    if (ethtool(control, &request, &settings) == 0) {
        uint32_t speed = ethtool_cmd_speed(&settings);
        device->speed = speed == (uint32_t)SPEED_UNKNOWN ? 0 : speed;
    }
    close(control);
    return 0;
}

void device_of_link(const struct nlmsghdr *message, struct agent_device *device)
{
    const struct ifinfomsg *link = mnl_nlmsg_get_payload(message);
    struct nlattr *attribute;

    if (mnl_nlmsg_get_payload_len(message) < sizeof(*link))
        return;
    device->ifindex = link->ifi_index;
    device->type = link->ifi_type;
    mnl_attr_for_each(attribute, message, sizeof(*link)) take_attribute(attribute, device);
}
