/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the assembler asks of components, answered by a registry: of struct journey_options, with
 * the registry as the context. */
#ifndef PKTMON_JOURNEY_REGISTRY_PLACES_H
#define PKTMON_JOURNEY_REGISTRY_PLACES_H

#include <stdbool.h>
#include <stdint.h>

/* NULL: not known. */
const char *registry_place_name(const void *registry, uint32_t component);
/* Whether what it sends at its lower edge leaves this network stack. */
bool registry_place_hands_out(const void *registry, uint32_t component);

#endif
