/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events written as text, for tests of journeys:
 *
 *   "TIME GROUP COMPONENT EDGE DIRECTION [WORD ...]"   a packet; words: read_word()
 *   "TIME counters", "TIME loss COMPONENT", "TIME loss ?", "TIME notice",
 *   "TIME described COMPONENT", "TIME retired COMPONENT"
 *
 * Times are milliseconds, and may have a fraction. Devices named "phys..." hand packets out.
 */
#ifndef JOURNEY_SCRIPT_H
#define JOURNEY_SCRIPT_H

#include <glib.h>

#include "pktmon/event.h"

struct journey_script {
    GPtrArray *names; /* of components: id - 1 is the index */
    GPtrArray *memory;
    guint asked; /* how often a name was asked for */
};

void journey_script_init(struct journey_script *script);
void journey_script_clear(struct journey_script *script);

/* What it points to is the script's. */
struct pktmon_event journey_script_read(struct journey_script *script, const char *text);

/* As in struct journey_options; context: the script. */
const char *journey_script_name(const void *context, uint32_t component);
bool journey_script_hands_out(const void *context, uint32_t component);

/* Parts of it, for scripts of another kind. The component's id is its index in names, from 1. */
uint32_t journey_script_component(GPtrArray *names, const char *name);
void journey_script_set_edge(struct pktmon_packet *packet, const char *name);
void journey_script_set_direction(struct pktmon_packet *packet, const char *name);
/* layers: as of frame_make(), "eth,ip,udp". memory: of GByteArray, the bytes' owner. */
void journey_script_set_bytes(GPtrArray *memory, struct pktmon_packet *packet, const char *layers);

#endif
