/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known of conversations and of fragmented datagrams, beyond the packets that are held:
 * the keys that were asked for last, as many as there is room for.
 */
#ifndef PKTMON_JOURNEY_KNOWN_H
#define PKTMON_JOURNEY_KNOWN_H

#include <stddef.h>
#include <stdint.h>

#include "form.h"

struct journey_fact {
    struct journey_form_key of; /* of a later fragment: the form of its datagram */
    uint8_t side;               /* of a conversation: of the NAT; 0 = none */
};

struct journey_known;

/* max: keys; more take the place of those that were not asked for, or set, for the longest time. */
struct journey_known *journey_known_new(size_t max);
void journey_known_free(struct journey_known *known);

/* Valid until the next journey_known_set(). NULL: nothing is known. */
const struct journey_fact *journey_known_find(struct journey_known *known,
                                              const struct journey_form_key *key);
void journey_known_set(struct journey_known *known, const struct journey_form_key *key,
                       const struct journey_fact *fact);

/* Bytes of memory. */
size_t journey_known_size(const struct journey_known *known);
/* How many bytes each key takes. */
size_t journey_known_size_of_one(void);

#endif
