/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The metadata record of the current frame, parsed into values, whether or not a tree is built.
 */
#ifndef PKTMON_DISSECTOR_FRAME_RECORD_H
#define PKTMON_DISSECTOR_FRAME_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include <epan/packet.h>

#include "pktmon/metadata.h"

/* One more than the greatest field number. */
union record_field_span {
#define X(NAME, number, kind, field) char NAME[(number) + 1];
    PKTMON_FIELDS(X)
#undef X
};
#define RECORD_FIELD_SPAN sizeof(union record_field_span)

struct record_value {
    bool present;
    uint16_t length; /* bytes at offset */
    uint32_t offset; /* in the record */
    uint64_t number; /* of the fixed kinds */
};

struct record {
    tvbuff_t *tvb; /* begins with the magic */
    uint8_t version;
    uint8_t type; /* enum pktmon_record, or a number this version does not know */
    struct record_value values[RECORD_FIELD_SPAN]; /* the first one of a repeated field */
};

/* False: the bytes at the start of tvb are no metadata record. */
bool record_parse(struct record *record, tvbuff_t *tvb);

bool record_has(const struct record *record, enum pktmon_field field);
/* 0 where the record lacks the field. */
uint64_t record_number(const struct record *record, enum pktmon_field field);
/* Valid UTF-8, for the value of a field; NULL where the record lacks the field. */
const char *record_string(const struct record *record, enum pktmon_field field,
                          wmem_allocator_t *scope);
/* Printable, for a line of text; "" where the record lacks the field. */
const char *record_text(const struct record *record, enum pktmon_field field,
                        wmem_allocator_t *scope);

#endif
