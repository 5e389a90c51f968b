/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a session looks: components and namespaces that were asked for, and packets that pass or
 * are dropped.
 */
#ifndef PKTMON_FILTER_H
#define PKTMON_FILTER_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "component.h"
#include "event.h"
#include "session.h"

struct pktmon_constraints;

/* Copies what it keeps of options. */
struct pktmon_constraints *pktmon_constraints_new(const struct pktmon_session_options *options);
void pktmon_constraints_free(struct pktmon_constraints *constraints);

/* One more component of which events are wanted; from then on, those of no other unless it was
 * asked for as well. */
void pktmon_constraints_add(struct pktmon_constraints *constraints, uint32_t component);

/* Whether every word of the user means something that exists in the registry. */
bool pktmon_constraints_check(const struct pktmon_constraints *constraints,
                              const struct pktmon_registry *registry, GError **error);

/* As pktmon_provider_options.wants_netns; context is the constraints. */
bool pktmon_constraints_want_netns(const void *context, const char *netns);
/* The same of struct pktmon_provider_options. */
bool pktmon_constraints_take_alias(const void *context, const char *netns, const char *alias);
/* As pktmon_provider_options.wants_component; the same context. From any thread. */
bool pktmon_constraints_want_component(const void *context,
                                       const struct pktmon_component *component);
/* Whether the user named any namespaces. */
bool pktmon_constraints_name_netns(const struct pktmon_constraints *constraints);

/* Whether events of this component are wanted. 0 (no component) always is. */
bool pktmon_constraints_select(struct pktmon_constraints *constraints,
                               const struct pktmon_registry *registry, uint32_t component);
/* The component is new or was described anew: what was decided about it holds no longer. */
void pktmon_constraints_forget(struct pktmon_constraints *constraints, uint32_t component);

/* Whether the packet is of the wanted type. */
bool pktmon_constraints_admit(const struct pktmon_constraints *constraints,
                              const struct pktmon_packet *packet);

#endif
