/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hub: one provider for several sessions of this process, with a thread of its own, which alone
 * speaks with the provider. A hub is found by what all of its sessions must have in common, and by
 * its room for their filters; it is gone when the last of them has left. docs/library.md has the
 * whole picture.
 */
#ifndef PKTMON_SHARED_HUB_H
#define PKTMON_SHARED_HUB_H

#include <glib.h>

#include "provider.h"
#include "session.h"
#include "subscriber.h"

struct hub;

/* Finds a hub with room for the subscriber, or makes one (always, where fresh). The provider is not
 * made yet. hub_drop() when the subscriber has left it. */
struct hub *hub_get(pktmon_source *source, struct subscriber *subscriber, bool fresh);
void hub_drop(struct hub *hub, const struct subscriber *subscriber);

/* These wait for the hub's thread, which writes registry and capture meanwhile. */

/* Describes what exists. */
bool hub_enumerate(struct hub *hub, struct subscriber *subscriber, struct pktmon_registry *registry,
                   struct pktmon_capture *capture, GError **error);
/* From when this returns, the events are for the subscriber. *refused: the provider cannot do so
 * beside what it does for others, but could alone. */
bool hub_start(struct hub *hub, struct subscriber *subscriber, struct pktmon_registry *registry,
               struct pktmon_capture *capture, bool *refused, GError **error);

/* Asks for other filters. That they hold comes in the queue (struct queue_entry.changed). */
void hub_change(struct hub *hub, struct subscriber *subscriber,
                const struct pktmon_provider_filter *filters, size_t count);
/* Asks for the end, which comes in the queue, behind all that happened before. */
void hub_leave(struct hub *hub, struct subscriber *subscriber);

#endif
