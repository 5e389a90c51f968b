/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The network namespaces that a user means: by name, by a path that leads to one, by a process in
 * it, by a container's id. What this user may look up is looked up at once; the rest is known by
 * what the provider says a namespace is called besides its name.
 */
#ifndef PKTMON_NETNS_WORDS_H
#define PKTMON_NETNS_WORDS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct netns_words;

/* The words of a comma-separated list. NULL: all namespaces are meant. */
struct netns_words *netns_words_new(const char *list);
void netns_words_free(struct netns_words *words);

/* Whether it is one of these. netns: as shown, NULL = the own one; inode: 0 = not known. */
bool netns_words_mean(struct netns_words *words, const char *netns, uint32_t inode);
/* The namespace that is shown as netns is called this, too. True: which makes it one of these. */
bool netns_words_take_alias(struct netns_words *words, const char *netns, const char *alias);
/* False: one of the words means none of these components (struct pktmon_component). */
bool netns_words_check(struct netns_words *words, const GPtrArray *components, GError **error);

#endif
