/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What network namespaces are called besides their names. */
#ifndef PKTMON_ALIASES_H
#define PKTMON_ALIASES_H

#include <glib.h>
#include <stdint.h>

struct aliases;

struct aliases *aliases_new(void);
void aliases_add(struct aliases *aliases, uint64_t net_cookie, const char *alias);
/* Of char *; borrowed. */
const GPtrArray *aliases_of(struct aliases *aliases, uint64_t net_cookie);
/* The namespace has gone. */
void aliases_remove(struct aliases *aliases, uint64_t net_cookie);
void aliases_free(struct aliases *aliases);

#endif
