/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The record of a journey: what a frame of the packets view carries beside the packet's bytes, with
 * all that is needed to make its observations again.
 *
 * It is a metadata record (pktmon/metadata.h) whose header has PKTMON_RECORD_JOURNEY, which is
 * shown as a record of a packet. Its field PKTMON_FIELD_JOURNEY holds sections, in any order; a
 * reader skips those that it does not know, and takes the first of each:
 *
 *   section     varint type, varint length, then
 *   ----------  ---------------------------------------------------------------------------------
 *   HEAD        a set of fields (below): of the whole journey
 *   COMPONENTS  for each: varint, its id less that of the one before (or 0), folded; varint n;
 *               text, zero byte. Its name is the text where n is 0, else the nth of TEXTS, a slash
 *               and the text (of JOURNEY_MADE_NAMES bytes in all); an empty one: it has none
 *   TEXTS       each with a zero byte at its end: namespaces, reasons, processes, control groups
 *   BASE        bytes that hops' bytes are edits of, where the frame has none (a continuation)
 *   EDITS       for each: varint length, edits (journey-edits.h)
 *   EXTRAS      for each: varint length, extras; no two are alike
 *   PATH        text; a byte 0xFE is an arrow between spaces, 0xFF and n the name of the nth
 *               component, from 1 to 0xFE. For themselves stand 0xFF 0xFF (0xFE), 0xFF 0x00 (0xFF)
 *   HOPS        for each hop line: varint, nanoseconds since the hop before (of the first: since
 *               the frame's time), then a set of fields
 *
 *   PIECES      for each run, in the order of hop lines: varint length, then for each of its
 *               observations but the first: varint, nanoseconds since the one before, * 2, + 1
 * where a set of fields follows. Of length 0: they are not known
 *
 *   set of fields  varint: bit n is set where field n is not as expected; then, by rising n, the
 *                  varints of those fields. See JOURNEY_HEAD_FIELDS, JOURNEY_HOP_FIELDS and
 *                  JOURNEY_PIECE_FIELDS.
 *   extras         for each: varint type (enum pktmon_field), varint length, value: a number in as
 *                  few bytes as it needs, little-endian, or text with a zero byte at its end.
 *                  A reader skips types that it does not know.
 *
 * Room for what comes: a reader skips the varint of each bit that it does not know, the types of
 * extras, and sections.
 *
 * Numbers of sections, fields, bits and flags are promises: never reuse one.
 *
 * No dependency but libc: the dissector uses it too.
 */
#ifndef PKTMON_MODEL_JOURNEY_FORMAT_H
#define PKTMON_MODEL_JOURNEY_FORMAT_H

#include "pktmon/journey.h"

#include "journey-bytes.h"

#define JOURNEY_MAX_RECORD     32768 /* bytes, the header of the metadata record included */
#define JOURNEY_MAX_TEXTS      1024
#define JOURNEY_MAX_COMPONENTS PKTMON_JOURNEY_MAX_HOPS
#define JOURNEY_MADE_NAMES     4096 /* bytes of names that are put together, zero bytes included */
#define JOURNEY_MAX_EDITS      2048
#define JOURNEY_MAX_EXTRAS     PKTMON_JOURNEY_MAX_HOPS
#define JOURNEY_MAX_NBL        64 /* values of one hop */

/* Extras between these are values of a packet's nbl. */
#define JOURNEY_FIRST_NBL PKTMON_FIELD_NBL_GROUP
#define JOURNEY_LAST_NBL  PKTMON_FIELD_NBL_WIFI

enum journey_section {
    JOURNEY_SECTION_HEAD = 1,
    JOURNEY_SECTION_COMPONENTS = 2,
    JOURNEY_SECTION_TEXTS = 3,
    JOURNEY_SECTION_BASE = 4,
    JOURNEY_SECTION_EDITS = 5,
    JOURNEY_SECTION_EXTRAS = 6,
    JOURNEY_SECTION_PATH = 7,
    JOURNEY_SECTION_HOPS = 8,
    JOURNEY_SECTION_PIECES = 9,
    JOURNEY_SECTION_COUNT,
};

/* Of the path. */
#define JOURNEY_PATH_NAME      0xFF
#define JOURNEY_PATH_NAME_FF   0x00
#define JOURNEY_PATH_NAME_FE   0xFF
#define JOURNEY_PATH_MAX_NAME  0xFE
#define JOURNEY_PATH_STEP      0xFE
#define JOURNEY_PATH_STEP_TEXT " \xE2\x86\x92 "
/* In place of a path's middle, or of its beginning. */
#define JOURNEY_PATH_LEFT_OUT "\xE2\x80\xA6"

/*
 * Fields of the head: X(NAME, bit, expected). The value is written as it is.
 */
#define JOURNEY_HEAD_FIELDS(X)                                                                     \
    X(GROUP, 0, 0)                                                                                 \
    X(HOP_COUNT, 1, 0)                                                                             \
    X(FATE, 2, 0)                                                                                  \
    X(TOTAL, 3, 0)  /* ns */                                                                       \
    X(CAPLEN, 4, 0) /* of the frame, as it was written */                                          \
    X(CHECK, 5, 0)  /* journey_check() of the frame, as it was written */                          \
    X(BYTES_HOP, 6, 0)                                                                             \
    X(MISSING, 7, 0)           /* original length of the frame less its captured length */         \
    X(FLAGS, 8, 0)             /* enum journey_head_flag */                                        \
    X(MORE_OBSERVATIONS, 9, 0) /* than hop lines */                                                \
    X(FORM, 10, 1)                                                                                 \
    X(FORMS, 11, 1)                                                                                \
    X(SIDE, 12, 0)                                                                                 \
    X(MERGED_INTO, 13, 0)                                                                          \
    X(LINK_TYPE, 14, 1)

enum journey_head_field {
#define X(NAME, bit, expected) JOURNEY_HEAD_##NAME = bit,
    JOURNEY_HEAD_FIELDS(X)
#undef X
    /* clang-format off */
    JOURNEY_HEAD_COUNT
    /* clang-format on */
};

enum journey_head_flag {
    JOURNEY_FLAG_OPEN = 1 << 0,
    JOURNEY_FLAG_CONTINUED = 1 << 1,
    JOURNEY_FLAG_COMPOSED = 1 << 2,
};

/*
 * Fields of a hop: X(NAME, bit, expected, written). Those that change most have the lowest bits.
 *
 *   expected  KEPT: the value of the hop before; of the first hop, what journey_values_first() has
 *             NONE: 0
 *             NEXT: one after the observations of the hop before, if it has a number
 *             PROCESS: as KEPT, but none if PID has become 0
 *             CUT: as ORIGLEN, but if the hop before was cut off, no more than it had
 *             RUN: PACKET_NUMBER + MORE, if there is a number
 *   written   AS_IS: the value; CHANGE: the value less what was expected, folded
 */
#define JOURNEY_HOP_FIELDS(X)                                                                      \
    X(EDGE, 0, KEPT, AS_IS)                                                                        \
    X(COMPONENT, 1, KEPT, AS_IS) /* the nth of COMPONENTS, from 0 */                               \
    X(DIRECTION, 2, KEPT, AS_IS)                                                                   \
    X(NETNS, 3, KEPT, AS_IS) /* a text: the nth of TEXTS, from 1; 0 = none */                      \
    X(FLAGS, 4, KEPT, AS_IS) /* JOURNEY_HOP_FLAGS */                                               \
    X(EDITS, 5, KEPT, AS_IS) /* the nth of EDITS, from 1; 0 = equal */                             \
    X(CPU, 6, KEPT, AS_IS)   /* + 1; 0 = not known */                                              \
    X(PID, 7, KEPT, AS_IS)                                                                         \
    X(COMM, 8, PROCESS, AS_IS)   /* a text */                                                      \
    X(CGROUP, 9, PROCESS, AS_IS) /* a text */                                                      \
    X(END, 10, NONE, AS_IS)                                                                        \
    X(LINKED, 11, KEPT, AS_IS)                                                                     \
    X(ORIGLEN, 12, KEPT, CHANGE)                                                                   \
    X(CAPLEN, 13, CUT, CHANGE)                                                                     \
    X(PACKET_TYPE, 14, KEPT, AS_IS)                                                                \
    X(COPY, 15, KEPT, AS_IS)                                                                       \
    X(PACKET_NUMBER, 16, KEPT, AS_IS)                                                              \
    X(APPEARANCE, 17, NEXT, CHANGE)                                                                \
    X(MORE, 18, NONE, AS_IS)        /* observations of a run, less 1 */                            \
    X(LAST, 19, NONE, CHANGE)       /* time of a run's last one, since the first, ns */            \
    X(LAST_NUMBER, 20, RUN, CHANGE) /* packet number of a run's last one */                        \
    X(COPY_OF, 21, KEPT, AS_IS)                                                                    \
    X(FILTER_ID, 22, KEPT, AS_IS)                                                                  \
    X(DROP_REASON, 23, NONE, AS_IS) /* a text */                                                   \
    X(DROP_CODE, 24, NONE, AS_IS)                                                                  \
    X(DROP_LOCATION, 25, NONE, AS_IS) /* a text */                                                 \
    X(DROP_LOCATION_CODE, 26, NONE, AS_IS)                                                         \
    X(EDGE_NAME, 27, KEPT, AS_IS) /* a text */                                                     \
    X(TRAFFIC, 28, KEPT, AS_IS)                                                                    \
    X(QUEUE, 29, KEPT, AS_IS) /* + 1; 0 = not known */                                             \
    X(GSO_SIZE, 30, KEPT, AS_IS)                                                                   \
    X(GSO_SEGS, 31, KEPT, AS_IS)                                                                   \
    X(EXTRAS, 32, KEPT, AS_IS) /* the nth of EXTRAS, from 1; 0 = none */                           \
    X(LOST, 33, NONE, AS_IS)                                                                       \
    X(FORM, 34, KEPT, AS_IS)                                                                       \
    X(LINK_TYPE, 35, KEPT, AS_IS)                                                                  \
    X(GROUP, 36, KEPT, CHANGE)                                                                     \
    X(BACK, 37, NONE, AS_IS) /* ns before the hop before: in place of "since", which is 0 */

enum journey_hop_field {
#define X(NAME, bit, expected, written) JOURNEY_HOP_##NAME = bit,
    JOURNEY_HOP_FIELDS(X)
#undef X
    /* clang-format off */
    JOURNEY_HOP_COUNT
    /* clang-format on */
};

/* Members of struct pktmon_packet that are a value as they are, and those that are texts. */
#define JOURNEY_HOP_NUMBERS(X)                                                                     \
    JOURNEY_PIECE_NUMBERS(X)                                                                       \
    JOURNEY_RUN_NUMBERS(X)

/* Those that each piece of a run has of its own, and those that a run has once. */
#define JOURNEY_PIECE_NUMBERS(X)                                                                   \
    X(APPEARANCE, appearance)                                                                      \
    X(ORIGLEN, origlen)                                                                            \
    X(CAPLEN, caplen)                                                                              \
    X(PACKET_NUMBER, packet_number)

#define JOURNEY_RUN_NUMBERS(X)                                                                     \
    X(EDGE, edge)                                                                                  \
    X(DIRECTION, direction)                                                                        \
    X(PID, pid)                                                                                    \
    X(END, end)                                                                                    \
    X(PACKET_TYPE, packet_type)                                                                    \
    X(COPY, copy)                                                                                  \
    X(COPY_OF, copy_of)                                                                            \
    X(FILTER_ID, filter_id)                                                                        \
    X(LINKED, linked)                                                                              \
    X(DROP_CODE, drop_code)                                                                        \
    X(DROP_LOCATION_CODE, drop_location_code)                                                      \
    X(TRAFFIC, traffic)                                                                            \
    X(GSO_SIZE, gso_size)                                                                          \
    X(GSO_SEGS, gso_segs)                                                                          \
    X(LOST, lost)                                                                                  \
    X(LINK_TYPE, link_type)                                                                        \
    X(GROUP, group)

#define JOURNEY_HOP_TEXTS(X)                                                                       \
    X(NETNS, netns)                                                                                \
    X(COMM, comm)                                                                                  \
    X(CGROUP, cgroup)                                                                              \
    X(DROP_REASON, drop_reason)                                                                    \
    X(DROP_LOCATION, drop_location)                                                                \
    X(EDGE_NAME, edge_name)

/* Bits of FLAGS, and the members that they are: X(bit, member). */
#define JOURNEY_HOP_FLAGS(X)                                                                       \
    X(0, l2_synthesised)                                                                           \
    X(1, dropped)                                                                                  \
    X(2, copy_released)                                                                            \
    X(3, incomplete)                                                                               \
    X(4, has_packet_number)                                                                        \
    X(5, has_filter_id)

enum journey_hop_flag {
#define X(bit, member) JOURNEY_HOP_FLAG_##member = 1 << (bit),
    JOURNEY_HOP_FLAGS(X)
#undef X
};

/*
 * Fields of a piece, an observation of a run that is not the first: X(NAME, bit, expected). Written
 * is the value less what was expected, folded.
 *
 *   expected  NEXT: one more than that of the piece before; 0 stays 0
 *             STRIDE: as many more as the last time
 *             others as in JOURNEY_HOP_FIELDS
 */
#define JOURNEY_PIECE_FIELDS(X)                                                                    \
    X(APPEARANCE, 0, STRIDE)                                                                       \
    X(EDITS, 1, NEXT)                                                                              \
    X(ORIGLEN, 2, KEPT)                                                                            \
    X(CAPLEN, 3, CUT)                                                                              \
    X(PACKET_NUMBER, 4, NEXT)                                                                      \
    X(BACK, 5, NONE)

enum journey_piece_field {
#define X(NAME, bit, expected) JOURNEY_PIECE_##NAME = bit,
    JOURNEY_PIECE_FIELDS(X)
#undef X
    /* clang-format off */
    JOURNEY_PIECE_COUNT
    /* clang-format on */
};

void journey_put_head(struct journey_writer *writer, const uint64_t values[JOURNEY_HEAD_COUNT]);
void journey_get_head(struct journey_reader *reader, uint64_t values[JOURNEY_HEAD_COUNT]);

/* The fields of one hop. */
struct journey_values {
    uint64_t at[JOURNEY_HOP_COUNT];
};

/* What the first hop's values are expected to be. */
struct journey_values journey_values_first(const struct pktmon_journey *journey);

/* All but COMPONENT, EDITS, EXTRAS, BACK and the texts. */
void journey_values_of_hop(struct journey_values *values, const struct pktmon_hop *hop);
/* The inverse; event is what hop->event points to, and its time is known. */
void journey_values_to_hop(const struct journey_values *values, struct pktmon_hop *hop,
                           struct pktmon_event *event);

void journey_put_values(struct journey_writer *writer, const struct journey_values *values,
                        const struct journey_values *before);
void journey_get_values(struct journey_reader *reader, struct journey_values *values,
                        const struct journey_values *before);
/* Reads past the fields of one hop. flags: those of the hop before. Returns those of this one. */
uint64_t journey_skip_values(struct journey_reader *reader, uint64_t flags);

/* A piece of a run, and what is expected of the next one. */
struct journey_piece_values {
    uint64_t time;
    uint64_t stride; /* of the appearances */
    uint64_t at[JOURNEY_PIECE_COUNT];
};

/* Those of the first observation of a run, whose line has these values. */
struct journey_piece_values journey_piece_first(const struct journey_values *run, uint64_t time);
/* Of next, the stride and BACK are set here. */
void journey_put_piece(struct journey_writer *writer, struct journey_piece_values *next,
                       const struct journey_piece_values *before);
/* The piece before becomes the next one. */
void journey_get_piece(struct journey_reader *reader, struct journey_piece_values *piece);

/* Tells whether a frame still begins as it was written: bytes that another tool took from its
 * beginning must not make wrong ones. */
#define JOURNEY_CHECKED_BYTES 32
uint16_t journey_check(const uint8_t *data, size_t size);

#endif
