/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "link-message.h"

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

#include "rtnl.h"

enum { NAME, ADDRESS, MTU, MASTER, LINK, LINK_NETNSID, INFO, ATTRIBUTES };

static const struct netdev_rtnl_attribute attributes[ATTRIBUTES] = {
    [NAME] = {IFLA_IFNAME, MNL_TYPE_NUL_STRING},
    [ADDRESS] = {IFLA_ADDRESS, MNL_TYPE_UNSPEC},
    [MTU] = {IFLA_MTU, MNL_TYPE_U32},
    [MASTER] = {IFLA_MASTER, MNL_TYPE_U32},
    [LINK] = {IFLA_LINK, MNL_TYPE_U32},
    [LINK_NETNSID] = {IFLA_LINK_NETNSID, MNL_TYPE_U32},
    [INFO] = {IFLA_LINKINFO, MNL_TYPE_NESTED},
};

enum { KIND, SLAVE_KIND, INFO_ATTRIBUTES };

static const struct netdev_rtnl_attribute info_attributes[INFO_ATTRIBUTES] = {
    [KIND] = {IFLA_INFO_KIND, MNL_TYPE_NUL_STRING},
    [SLAVE_KIND] = {IFLA_INFO_SLAVE_KIND, MNL_TYPE_NUL_STRING},
};

static void take_text(char *text, size_t size, const struct nlattr *attribute)
{
    if (attribute)
        g_strlcpy(text, mnl_attr_get_str(attribute), size);
}

static uint32_t number(const struct nlattr *attribute)
{
    return attribute ? mnl_attr_get_u32(attribute) : 0;
}

static bool take_kinds(const struct nlattr *info, struct netdev_device *device)
{
    const struct nlattr *found[INFO_ATTRIBUTES];

    if (!info)
        return true;
    if (!netdev_rtnl_parse_nested(info, info_attributes, INFO_ATTRIBUTES, found))
        return false;
    take_text(device->kind, sizeof(device->kind), found[KIND]);
    take_text(device->master_kind, sizeof(device->master_kind), found[SLAVE_KIND]);
    return true;
}

static void take_mac(const struct nlattr *attribute, struct netdev_device *device)
{
    if (!attribute)
        return;
    device->mac_length = MIN(mnl_attr_get_payload_len(attribute), sizeof(device->mac));
    memcpy(device->mac, mnl_attr_get_payload(attribute), device->mac_length);
}

static int ethtool(int control, struct ifreq *request, void *data)
{
    request->ifr_data = data;
    return ioctl(control, SIOCETHTOOL, request);
}

int netdev_query_driver(void *data)
{
    struct netdev_device *device = data;
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

bool netdev_parse_link(const struct nlmsghdr *message, struct netdev_device *device)
{
    const struct ifinfomsg *link = mnl_nlmsg_get_payload(message);
    const struct nlattr *found[ATTRIBUTES];

    if (!netdev_rtnl_parse(message, sizeof(*link), attributes, ATTRIBUTES, found) ||
        !take_kinds(found[INFO], device))
        return false;
    device->ifindex = link->ifi_index;
    device->type = link->ifi_type;
    take_text(device->name, sizeof(device->name), found[NAME]);
    take_mac(found[ADDRESS], device);
    device->mtu = number(found[MTU]);
    device->master = number(found[MASTER]);
    device->link = number(found[LINK]);
    device->link_elsewhere = found[LINK_NETNSID] != NULL;
    return true;
}

const struct ifinfomsg *netdev_link_header(const struct nlmsghdr *message)
{
    const struct ifinfomsg *link = mnl_nlmsg_get_payload(message);

    return mnl_nlmsg_get_payload_len(message) >= sizeof(*link) && link->ifi_family == AF_UNSPEC &&
                   link->ifi_index > 0 &&
                   (message->nlmsg_type == RTM_NEWLINK || message->nlmsg_type == RTM_DELLINK)
               ? link
               : NULL;
}
