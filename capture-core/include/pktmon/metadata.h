/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The metadata record: what pcapng carries of an event beside the packet's bytes, in custom
 * option 2989 of an Enhanced Packet Block or in a Custom Block.
 *
 *   offset 0  "PKMN"           magic
 *          4  u8  version      1
 *          5  u8  record       enum pktmon_record
 *          6  u16 reserved     0
 *          8  fields: u16 type, u16 length, value; nothing between them
 *
 * A frame on "@pktmon" may have several records, each in an option of its own, one after the other:
 * all counters of a reading, all descriptions that are known at a time. Each is read as if the
 * frame had that one alone. A packet, a journey, and a Custom Block have one record.
 *
 * Always little-endian, whatever the block's order. A field of type 0 ends the record (the padding
 * of a Custom Block reads as one). A reader skips field types that it does not know. Strings are
 * UTF-8 without a terminator; flags are one byte, 0 or 1.
 *
 * No dependency but libc: the dissector uses it too.
 */
#ifndef PKTMON_METADATA_H
#define PKTMON_METADATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "public.h"

#define PKTMON_METADATA_MAGIC       "PKMN"
#define PKTMON_METADATA_VERSION     1
#define PKTMON_METADATA_HEADER_SIZE 8
/* A custom option's length is 16 bits, and the enterprise number takes four bytes of it. */
#define PKTMON_METADATA_MAX_SIZE 65531

#define PKTMON_OPTION_CODE  2989       /* pcapng: custom option, binary, copied on save */
#define PKTMON_CUSTOM_BLOCK 0x00000BAD /* pcapng: Custom Block, copied on save */
/* Ethertype of the frames on the interface "@pktmon": IEEE 802 local experimental 1. */
#define PKTMON_FRAME_ETHERTYPE    0x88B5
#define PKTMON_METADATA_INTERFACE "@pktmon"
#ifndef PKTMON_ENTERPRISE_NUMBER
#define PKTMON_ENTERPRISE_NUMBER 32473 /* for documentation, until the project has its own */
#endif

/* dumpcap ends a capture at a longer block (Wireshark 4.0 to 4.6, WTAP_MAX_PACKET_SIZE_STANDARD).
 */
#define PKTMON_MAX_BLOCK_SIZE 262144

enum pktmon_carrier {
    PKTMON_CARRIER_FRAMES, /* descriptions are frames on "@pktmon": for pipes */
    PKTMON_CARRIER_BLOCKS, /* descriptions are Custom Blocks: for regular files */
    PKTMON_CARRIER_EACH,   /* frames, one for each record, also in the packets view */
};

/* pktmon.record: X(NAME, number, "name as it is shown") */
#define PKTMON_RECORDS(X)                                                                          \
    X(PACKET, 1, "Packet")                                                                         \
    X(COMPONENT, 2, "Component")                                                                   \
    X(COUNTERS, 3, "Counters")                                                                     \
    X(FILTER, 4, "Filter")                                                                         \
    X(CAPTURE, 5, "Capture")                                                                       \
    X(EVENT, 6, "Event")

enum pktmon_record {
    PKTMON_RECORD_RETIRED = 7, /* of an event only: never written */
    PKTMON_RECORD_JOURNEY = 8, /* a packet's journey; the dissector shows PACKET */
#define X(NAME, number, name) PKTMON_RECORD_##NAME = number,
    PKTMON_RECORDS(X)
#undef X
};

/* How a field's value is encoded; the fixed kinds have exactly that length. */
enum pktmon_kind {
    PKTMON_KIND_NONE = 0, /* not a known type */
    PKTMON_KIND_FLAG,     /* 1 byte */
    PKTMON_KIND_U8,
    PKTMON_KIND_U16,
    PKTMON_KIND_U32,
    PKTMON_KIND_U64,
    PKTMON_KIND_STRING,
};

/*
 * All field types: X(NAME, number, kind, "name of the dissector's field").
 * Numbers are promises: never reuse one. A new field gets one more than the largest; 57 to 59, 62
 * and 63 belong to no field, and are left free. Property name and value come in pairs, in that
 * order.
 */
#define PKTMON_FIELDS(X)                                                                           \
    X(CAPTURE_ID, 1, U64, "pktmon.capture_id")                                                     \
    X(COMPONENT, 2, U32, "pktmon.component")                                                       \
    X(COMPONENT_NAME, 3, STRING, "pktmon.component.name")                                          \
    X(COMPONENT_DESCRIPTION, 4, STRING, "pktmon.component.description")                            \
    X(COMPONENT_TYPE, 5, STRING, "pktmon.component.type")                                          \
    X(COMPONENT_PARENT, 6, U32, "pktmon.component.parent")                                         \
    X(PROPERTY_NAME, 7, STRING, "pktmon.property.name")                                            \
    X(PROPERTY_VALUE, 8, STRING, "pktmon.property.value")                                          \
    X(EDGE, 9, U16, "pktmon.edge")                                                                 \
    X(EDGE_NAME, 10, STRING, "pktmon.edge.name")                                                   \
    X(DIRECTION, 11, U16, "pktmon.direction")                                                      \
    X(GROUP, 12, U64, "pktmon.group")                                                              \
    X(PACKET_NUMBER, 13, U16, "pktmon.packet_number")                                              \
    X(APPEARANCE, 14, U32, "pktmon.appearance")                                                    \
    X(COPY, 15, U32, "pktmon.copy")                                                                \
    X(COPY_OF, 16, U32, "pktmon.copy_of")                                                          \
    X(LINKED, 17, U8, "pktmon.linked")                                                             \
    X(PACKET_TYPE, 18, U16, "pktmon.packet_type")                                                  \
    X(FILTER_ID, 19, U16, "pktmon.filter_id")                                                      \
    X(DROPPED, 20, FLAG, "pktmon.dropped")                                                         \
    X(COPY_RELEASED, 21, FLAG, "pktmon.copy_released")                                             \
    X(DROP_REASON, 22, STRING, "pktmon.drop.reason")                                               \
    X(DROP_CODE, 23, U32, "pktmon.drop.code")                                                      \
    X(DROP_LOCATION, 24, STRING, "pktmon.drop.location")                                           \
    X(DROP_LOCATION_CODE, 25, U32, "pktmon.drop.location_code")                                    \
    X(CPU, 26, U32, "pktmon.cpu")                                                                  \
    X(PID, 27, U32, "pktmon.pid")                                                                  \
    X(COMM, 28, STRING, "pktmon.comm")                                                             \
    X(CGROUP, 29, STRING, "pktmon.cgroup")                                                         \
    X(NETNS, 30, STRING, "pktmon.netns")                                                           \
    X(GSO_SIZE, 31, U16, "pktmon.gso_size")                                                        \
    X(GSO_SEGS, 32, U16, "pktmon.gso_segs")                                                        \
    X(L2_SYNTHESISED, 33, FLAG, "pktmon.l2_synthesised")                                           \
    X(TRUNCATED, 34, FLAG, "pktmon.truncated")                                                     \
    X(LOST, 35, U64, "pktmon.lost")                                                                \
    X(PACKETS_IN, 36, U64, "pktmon.counters.packets_in")                                           \
    X(BYTES_IN, 37, U64, "pktmon.counters.bytes_in")                                               \
    X(PACKETS_OUT, 38, U64, "pktmon.counters.packets_out")                                         \
    X(BYTES_OUT, 39, U64, "pktmon.counters.bytes_out")                                             \
    X(DROPS_IN, 40, U64, "pktmon.counters.drops_in")                                               \
    X(DROPS_OUT, 41, U64, "pktmon.counters.drops_out")                                             \
    X(DROP_BYTES_IN, 42, U64, "pktmon.counters.drop_bytes_in")                                     \
    X(DROP_BYTES_OUT, 43, U64, "pktmon.counters.drop_bytes_out")                                   \
    X(FILTER_NAME, 44, STRING, "pktmon.filter.name")                                               \
    X(FILTER_TEXT, 45, STRING, "pktmon.filter.text")                                               \
    X(CAPTURE_OS, 46, STRING, "pktmon.capture.os")                                                 \
    X(CAPTURE_HOST, 47, STRING, "pktmon.capture.host")                                             \
    X(CAPTURE_RELEASE, 48, STRING, "pktmon.capture.release")                                       \
    X(CAPTURE_PROVIDER, 49, STRING, "pktmon.capture.provider")                                     \
    X(CAPTURE_MISSING, 50, STRING, "pktmon.capture.missing")                                       \
    X(EVENT_PROVIDER, 51, STRING, "pktmon.event.provider")                                         \
    X(EVENT_ID, 52, U16, "pktmon.event.id")                                                        \
    X(EVENT_LEVEL, 53, U8, "pktmon.event.level")                                                   \
    X(EVENT_MESSAGE, 54, STRING, "pktmon.event.message")                                           \
    X(END, 55, U8, "pktmon.end")                                                                   \
    X(INCOMPLETE, 56, FLAG, "pktmon.incomplete")                                                   \
    X(TAKEN_BACK, 60, U64, "pktmon.counters.taken_back")                                           \
    X(TAKEN_BACK_BYTES, 61, U64, "pktmon.counters.taken_back_bytes")                               \
    /* Of Windows alone: out-of-band data of the NET_BUFFER_LIST, and what else a log holds. */    \
    X(NBL_GROUP, 64, U64, "pktmon.nbl.group")                                                      \
    X(NBL_CHECKSUM, 65, U32, "pktmon.nbl.checksum")                                                \
    X(NBL_CHECKSUM_TEXT, 66, STRING, "pktmon.nbl.checksum.text")                                   \
    X(NBL_LARGE_SEND, 67, U32, "pktmon.nbl.large_send")                                            \
    X(NBL_SEGMENT_SIZE, 68, U32, "pktmon.nbl.segment_size")                                        \
    X(NBL_VLAN, 69, U16, "pktmon.nbl.vlan")                                                        \
    X(NBL_PRIORITY, 70, U8, "pktmon.nbl.priority")                                                 \
    X(NBL_HASH_INFO, 71, U32, "pktmon.nbl.hash_info")                                              \
    X(NBL_HASH, 72, U32, "pktmon.nbl.hash")                                                        \
    X(NBL_VIRTUAL_SUBNET, 73, U32, "pktmon.nbl.virtual_subnet")                                    \
    X(NBL_COALESCED, 74, U16, "pktmon.nbl.coalesced")                                              \
    X(NBL_DUPLICATE_ACKS, 75, U16, "pktmon.nbl.duplicate_acks")                                    \
    X(NBL_NAME_RESOLUTION, 76, U64, "pktmon.nbl.name_resolution")                                  \
    X(NBL_SEND_OFFLOADS, 77, U64, "pktmon.nbl.send_offloads")                                      \
    X(NBL_SWITCH_FORWARDING, 78, U64, "pktmon.nbl.switch_forwarding")                              \
    X(NBL_GFT_OFFLOAD, 79, U64, "pktmon.nbl.gft_offload")                                          \
    X(NBL_GFT_FLOW, 80, U64, "pktmon.nbl.gft_flow")                                                \
    X(NBL_CONTEXT_TYPE, 81, U16, "pktmon.nbl.context_type")                                        \
    X(NBL_CONTEXT, 82, U64, "pktmon.nbl.context")                                                  \
    X(NBL_SOURCE_PORT, 83, U32, "pktmon.nbl.source_port")                                          \
    X(NBL_SOURCE_NIC, 84, STRING, "pktmon.nbl.source_nic")                                         \
    X(NBL_DESTINATIONS, 85, STRING, "pktmon.nbl.destinations")                                     \
    X(NBL_WIFI, 86, STRING, "pktmon.nbl.wifi")                                                     \
    X(EVENT_FROM, 87, U64, "pktmon.event.from")                                                    \
    X(EVENT_UNTIL, 88, U64, "pktmon.event.until")

enum pktmon_field {
    PKTMON_FIELD_NONE = 0,
    PKTMON_FIELD_JOURNEY =
        62, /* in records of journeys: bytes that are no field of the dissector */
#define X(NAME, number, kind, field) PKTMON_FIELD_##NAME = number,
    PKTMON_FIELDS(X)
#undef X
};

/* The kind of a field type; PKTMON_KIND_NONE for types this version does not know. */
PKTMON_PUBLIC enum pktmon_kind pktmon_field_kind(uint16_t type);

/* The length that a kind always has, or 0 where it varies. */
PKTMON_PUBLIC size_t pktmon_kind_size(enum pktmon_kind kind);

/*
 * Writes a record into memory of the caller. A field that does not fit is left out whole and sets
 * overflow; the record stays well-formed.
 */
struct pktmon_metadata_writer {
    uint8_t *data;
    size_t size;   /* bytes at data */
    size_t length; /* bytes written */
    bool overflow;
};

PKTMON_PUBLIC void pktmon_metadata_begin(struct pktmon_metadata_writer *writer, uint8_t *data,
                                         size_t size, enum pktmon_record record);
/* For the fixed kinds; value is cut to the field's width. */
PKTMON_PUBLIC void pktmon_metadata_put(struct pktmon_metadata_writer *writer,
                                       enum pktmon_field field, uint64_t value);
/* For strings; NULL writes nothing. */
PKTMON_PUBLIC void pktmon_metadata_put_string(struct pktmon_metadata_writer *writer,
                                              enum pktmon_field field, const char *value);

/* For JOURNEY: where its value goes, of which length bytes are to be written; NULL: it does not
 * fit. */
PKTMON_PUBLIC uint8_t *pktmon_metadata_put_bytes(struct pktmon_metadata_writer *writer,
                                                 enum pktmon_field field, size_t length);

/* Reads a record. The memory is borrowed. */
struct pktmon_metadata_reader {
    const uint8_t *data;
    size_t size;
    size_t offset; /* of the next field */
    /* may be newer than PKTMON_METADATA_VERSION: known fields keep their meaning */
    uint8_t version;
    uint8_t record; /* enum pktmon_record, or a number this version does not know */
    bool malformed; /* a field overran the record, or a fixed kind had the wrong length */
};

struct pktmon_metadata_field {
    uint16_t type;         /* enum pktmon_field, or a number this version does not know */
    enum pktmon_kind kind; /* PKTMON_KIND_NONE: skip it */
    size_t offset;         /* of the value, from the start of the record */
    size_t length;         /* bytes of the value */
    const uint8_t *value;
    uint64_t number; /* of the fixed kinds, in host order */
};

/* False: data is not a metadata record (too short, or another magic). */
PKTMON_PUBLIC bool pktmon_metadata_open(struct pktmon_metadata_reader *reader, const uint8_t *data,
                                        size_t size);

/* False: no more fields; reader->malformed says whether the record was malformed. A fixed-kind
 * field of the wrong length is returned with kind NONE, and sets malformed. */
PKTMON_PUBLIC bool pktmon_metadata_next(struct pktmon_metadata_reader *reader,
                                        struct pktmon_metadata_field *field);

#endif
