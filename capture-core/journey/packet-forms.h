/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The forms that a packet had, and on which side of a NAT each of them is. */
#ifndef PKTMON_JOURNEY_PACKET_FORMS_H
#define PKTMON_JOURNEY_PACKET_FORMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "form.h"
#include "known.h"

#define JOURNEY_MAX_FORMS 255 /* the last one takes all others */

struct journey_packet_form {
    struct journey_form_key key;
    uint32_t length, network, transport; /* of its newest observation */
    bool cut;                            /* so is its key */
    bool is_written;                     /* a journey of it was closed */
    uint8_t side;                        /* 0: of none, as far as is known */
};

struct journey_packet_forms {
    struct journey_packet_form only, *all; /* all: where there are more than one */
    uint8_t count, room;                   /* room: in all */
};

/* What is known beyond the packet. */
struct journey_context {
    struct journey_known *conversations, *datagrams;
};

void journey_packet_forms_clear(struct journey_packet_forms *forms);
/* Bytes of memory besides the structure itself. */
size_t journey_packet_forms_size(const struct journey_packet_forms *forms);

/* The number, from 1, of the form that was read of the next observation. before: that of the
 * observation before it of the same copy, or of what the copy was made from; 0: none. */
uint8_t journey_packet_forms_add(struct journey_packet_forms *forms,
                                 const struct journey_form *read, uint8_t before,
                                 const struct journey_context *context);

/* Whether a journey of the form was closed, which the caller sets. */
bool *journey_packet_forms_written(struct journey_packet_forms *forms, uint8_t form);

/* Of a packet that was translated exactly one form is on side 1. */
uint8_t journey_packet_forms_side(const struct journey_packet_forms *forms, uint8_t form);

#endif
