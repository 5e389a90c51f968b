/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The other names of network namespaces. */
#ifndef PKTMON_NETDEV_ALIASES_H
#define PKTMON_NETDEV_ALIASES_H

#include <glib.h>
#include <stdint.h>

struct netdev_aliases;

struct netdev_aliases *netdev_aliases_new(void);
void netdev_aliases_add(struct netdev_aliases *aliases, uint64_t net_cookie, const char *alias);
/* Of char *; borrowed. */
const GPtrArray *netdev_aliases_of(struct netdev_aliases *aliases, uint64_t net_cookie);
/* The namespace has gone. */
void netdev_aliases_remove(struct netdev_aliases *aliases, uint64_t net_cookie);
void netdev_aliases_free(struct netdev_aliases *aliases);

#endif
