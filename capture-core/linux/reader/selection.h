/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which namespaces are wanted. The agent attaches nothing in one before it was told so (where all
 * are wanted, it needs no word), and the kernel programs leave out packets of the others, so that
 * these take no room. Namespaces are wanted by their names, which come from the agent.
 */
#ifndef PKTMON_SELECTION_H
#define PKTMON_SELECTION_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

struct ebpf_provider;

struct selection {
    GHashTable *told;      /* cookie -> of the namespace, whether the agent was told it is wanted */
    GArray *chosen, *left; /* cookies that the agent is still to be told of: wanted, and not */
};

void selection_init(struct selection *selection);
void selection_clear(struct selection *selection);

/* A namespace has this name now; NULL: it is the own one. */
void selection_take_name(struct ebpf_provider *provider, uint64_t cookie, const char *netns);
/* The namespace has gone. */
void selection_forget(struct selection *selection, uint64_t cookie);
/* selection_take_name() of all that are known: which ones are wanted has changed. */
void selection_renew(struct ebpf_provider *provider);
/* Tells the agent what it is still to be told, as far as it has room to listen. waits: all of it.
 */
bool selection_tell(struct ebpf_provider *provider, bool waits, GError **error);

#endif
