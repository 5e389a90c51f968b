/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PKTMON_MODEL_REGISTRY_COPY_H
#define PKTMON_MODEL_REGISTRY_COPY_H

#include "pktmon/component.h"

/* Copies a component, or all of them, into another registry, as they are described now. */
void registry_copy(struct pktmon_registry *to, const struct pktmon_component *component);
void registry_copy_all(struct pktmon_registry *to, const struct pktmon_registry *from);

#endif
