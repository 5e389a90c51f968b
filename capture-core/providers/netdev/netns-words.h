/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The network namespaces that a user names: by name, by path, by a process in it, or by the id of a
 * container. Whatever this user may look up is looked up at once. The rest is matched against the
 * aliases that the provider reports for a namespace.
 */
#ifndef PKTMON_NETDEV_NETNS_WORDS_H
#define PKTMON_NETDEV_NETNS_WORDS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct netns_words;

/* The words of a comma-separated list. NULL: all namespaces are selected. */
struct netns_words *netns_words_new(const char *list);
void netns_words_free(struct netns_words *words);

/* Whether the words select this namespace. netns: as shown, NULL = the own one; inode: 0 = not
 * known. */
bool netns_words_match(struct netns_words *words, const char *netns, uint32_t inode);
/* Adds an alias of the namespace that is shown as netns. True: the words now select it because of
 * that. */
bool netns_words_take_alias(struct netns_words *words, const char *netns, const char *alias);
/* False: one of the words selects none of these components (struct pktmon_component). */
bool netns_words_check(struct netns_words *words, const GPtrArray *components, GError **error);

#endif
