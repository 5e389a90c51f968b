/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What held packets need of the components that they passed: the name, as it was when the packet
 * passed. A component may be renamed, or be forgotten by all others, before its packets are
 * written. Only what a packet refers to is kept.
 */
#ifndef PKTMON_JOURNEY_HOP_PLACES_H
#define PKTMON_JOURNEY_HOP_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct journey_places;

struct journey_place {
    uint32_t component;
    uint32_t refs;
    bool is_current;  /* who asks for the component gets this one */
    bool hands_out;   /* it hands packets out of this network stack */
    const char *name; /* NULL: not known */
};

/* Where names are from. The text is copied. */
struct journey_describe {
    const char *(*name)(const void *context, uint32_t component); /* NULL: not known */
    bool (*hands_out)(const void *context, uint32_t component);
    const void *context;
};

/* Bytes that the places take are added to *size, and taken from it again. */
struct journey_places *journey_places_new(const struct journey_describe *describe, size_t *size);
/* All places were given back. */
void journey_places_free(struct journey_places *places);

/* A reference, which journey_places_unref() gives back. */
struct journey_place *journey_places_get(struct journey_places *places, uint32_t component);
void journey_places_unref(struct journey_places *places, struct journey_place *place);
/* Who asks again gets a new place: the component has changed, or gone. */
void journey_places_renew(struct journey_places *places, uint32_t component);

#endif
