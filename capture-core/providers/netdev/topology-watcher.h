/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PKTMON_NETDEV_TOPOLOGY_WATCHER_H
#define PKTMON_NETDEV_TOPOLOGY_WATCHER_H

#include <stdint.h>

typedef void netdev_visitor(void *context, uint64_t net_cookie, const char *netns);

/* Callbacks about changes; each may be NULL. */
struct netdev_watcher {
    void (*changed)(void *context, uint32_t component); /* it is new, or its description changed */
    void (*gone)(void *context, uint32_t component);
    /* A namespace got its name, which is final; NULL: the own one. */
    netdev_visitor *named;
    void *context;
};

#endif
