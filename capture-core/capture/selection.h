/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Selection: which components and namespaces are wanted, and whether packets that pass or packets
 * that are dropped.
 */
#ifndef PKTMON_CAPTURE_SELECTION_H
#define PKTMON_CAPTURE_SELECTION_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "pktmon/component.h"
#include "pktmon/event.h"
#include "pktmon/session.h"

struct capture_selection;

struct capture_selection_options {
    enum pktmon_capture_type type;
    const char *components; /* comma-separated ids or names; NULL or empty = all */
    const char *netns;      /* as of struct pktmon_session_options */
};

/* Copies what it keeps of options. */
struct capture_selection *capture_selection_new(const struct capture_selection_options *options);
void capture_selection_free(struct capture_selection *selection);

/* Adds a component of which events are wanted. From then on only components that were added or
 * named are selected. */
void capture_selection_add(struct capture_selection *selection, uint32_t component);

/* Checks that every name given by the user matches something in the registry. */
bool capture_selection_check(const struct capture_selection *selection,
                             const struct pktmon_registry *registry, GError **error);

/* As provider_options.wants_netns; context is the selection. */
bool capture_selection_wants_netns(const void *context, const char *netns);
/* The same of struct provider_options. */
bool capture_selection_take_alias(const void *context, const char *netns, const char *alias);
/* As provider_options.wants_component; the same context. From any thread. */
bool capture_selection_wants_component(const void *context,
                                       const struct pktmon_component *component);
/* Whether the user named any namespaces. */
bool capture_selection_names_netns(const struct capture_selection *selection);

/* Whether some components were named or added. */
bool capture_selection_names_components(const struct capture_selection *selection);
/* Whether some packets, or some observations of a packet, are not wanted. */
bool capture_selection_is_partial(const struct capture_selection *selection);

/* Whether events of this component are wanted. 0 (no component) always is. */
bool capture_selection_wants(struct capture_selection *selection,
                             const struct pktmon_registry *registry, uint32_t component);
/* The component is new or was described anew: forgets the decision about it. */
void capture_selection_forget(struct capture_selection *selection, uint32_t component);

/* Whether the packet is of the wanted type. */
bool capture_selection_admits(const struct capture_selection *selection,
                              const struct pktmon_packet *packet);

#endif
