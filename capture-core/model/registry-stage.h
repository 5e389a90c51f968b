/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Components as they are described at one place of the way, where events are held before it:
 * descriptions wait at its entrance until their events leave.
 */
#ifndef PKTMON_MODEL_REGISTRY_STAGE_H
#define PKTMON_MODEL_REGISTRY_STAGE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "pktmon/component.h"

/* What is kept of a component's description. */
typedef void registry_copier(struct pktmon_registry *to, const struct pktmon_component *component);

struct registry_stage {
    struct pktmon_registry *registry; /* the components as the events that leave know them */
    registry_copier *copy;
    GQueue waiting; /* of struct described */
};

void registry_stage_init(struct registry_stage *stage, registry_copier *copy);
void registry_stage_clear(struct registry_stage *stage);

/* The component is described, as it is in the other registry now; the event that says so follows.
 * is_name: it was described before, and has another name for the packets that follow. */
void registry_stage_enter(struct registry_stage *stage, const struct pktmon_registry *from,
                          uint32_t component, bool is_name);
/* The event leaves. False: it is of the name alone. */
bool registry_stage_leave(struct registry_stage *stage, uint32_t component);

#endif
