/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hub: one provider for several captures of this process, with a thread of its own, the only
 * one that calls the provider. A hub is found by what all of its captures must have in common, and
 * by its room for their filters; it is freed when the last of them has left. docs/library.md has
 * the whole picture.
 */
#ifndef PKTMON_MULTIPLEX_HUB_H
#define PKTMON_MULTIPLEX_HUB_H

#include <glib.h>

#include "providers/provider.h"
#include "subscriber.h"

struct hub;

/* Finds a hub with room for the subscriber, or makes one (always, where fresh). The provider is not
 * made yet. hub_drop() when the subscriber has left it. */
struct hub *hub_get(provider_factory *factory, struct subscriber *subscriber, bool fresh);
void hub_drop(struct hub *hub, const struct subscriber *subscriber);

/* These wait for the hub's thread, which writes registry and capture meanwhile. */

/* Describes what exists. */
bool hub_enumerate(struct hub *hub, struct subscriber *subscriber, struct pktmon_registry *registry,
                   struct pktmon_capture_info *capture, GError **error);
/* From when this returns, the events are for the subscriber. *refused: the provider cannot do so
 * beside what it does for others, but could alone. */
bool hub_start(struct hub *hub, struct subscriber *subscriber, struct pktmon_registry *registry,
               struct pktmon_capture_info *capture, bool *refused, GError **error);

/* Requests other filters. The queue reports when they are in force (struct queue_entry.changed). */
void hub_change(struct hub *hub, struct subscriber *subscriber,
                const struct provider_filter *filters, size_t count);
/* Requests the end, which comes in the queue, behind all that happened before. */
void hub_leave(struct hub *hub, struct subscriber *subscriber);

#endif
