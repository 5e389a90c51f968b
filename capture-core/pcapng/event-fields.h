/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which member of an event is which field of its metadata record: what event-metadata.c writes, and
 * metadata-event.c reads. In the order in which the fields stand in the record.
 *
 * ALWAYS(FIELD, member)         it is always written
 * VALUE(FIELD, member)          0 is no value, and is not written
 * KNOWN(FIELD, member, known)   0 is a value if the member known says so
 * TEXT(FIELD, member)           NULL is not written
 *
 * What is not here, both files have by hand: components, edges, whose common names are implied, the
 * CPU, nbl, and which counters a reading has.
 */
#ifndef PKTMON_PCAPNG_EVENT_FIELDS_H
#define PKTMON_PCAPNG_EVENT_FIELDS_H

/* struct pktmon_packet: which packet this is, and where. */
#define EVENT_PACKET_FIELDS(ALWAYS, VALUE, KNOWN)                                                  \
    ALWAYS(DIRECTION, direction)                                                                   \
    ALWAYS(GROUP, group)                                                                           \
    ALWAYS(APPEARANCE, appearance)                                                                 \
    KNOWN(PACKET_NUMBER, packet_number, has_packet_number)                                         \
    VALUE(COPY, copy)                                                                              \
    VALUE(COPY_OF, copy_of)                                                                        \
    VALUE(LINKED, linked)                                                                          \
    VALUE(PACKET_TYPE, packet_type)                                                                \
    KNOWN(FILTER_ID, filter_id, has_filter_id)                                                     \
    VALUE(END, end)                                                                                \
    VALUE(INCOMPLETE, incomplete)

/* Only if it was dropped, or a copy was released. */
#define EVENT_DROP_FIELDS(ALWAYS, VALUE, TEXT)                                                     \
    VALUE(DROPPED, dropped)                                                                        \
    VALUE(COPY_RELEASED, copy_released)                                                            \
    TEXT(DROP_REASON, drop_reason)                                                                 \
    ALWAYS(DROP_CODE, drop_code)                                                                   \
    TEXT(DROP_LOCATION, drop_location)                                                             \
    VALUE(DROP_LOCATION_CODE, drop_location_code)

#define EVENT_CONTEXT_FIELDS(VALUE, TEXT)                                                          \
    VALUE(PID, pid)                                                                                \
    TEXT(COMM, comm)                                                                               \
    TEXT(CGROUP, cgroup)                                                                           \
    TEXT(NETNS, netns)                                                                             \
    VALUE(GSO_SIZE, gso_size)                                                                      \
    VALUE(GSO_SEGS, gso_segs)                                                                      \
    VALUE(L2_SYNTHESISED, l2_synthesised)                                                          \
    VALUE(LOST, lost)

/* struct pktmon_counters: of an edge, of drops, and of both. */
#define EVENT_FLOW_FIELDS(ALWAYS, VALUE)                                                           \
    ALWAYS(PACKETS_IN, packets_in)                                                                 \
    ALWAYS(BYTES_IN, bytes_in)                                                                     \
    ALWAYS(PACKETS_OUT, packets_out)                                                               \
    ALWAYS(BYTES_OUT, bytes_out)                                                                   \
    VALUE(TAKEN_BACK, taken_back)                                                                  \
    VALUE(TAKEN_BACK_BYTES, taken_back_bytes)

#define EVENT_DROPS_FIELDS(ALWAYS)                                                                 \
    ALWAYS(DROPS_IN, drops_in)                                                                     \
    ALWAYS(DROPS_OUT, drops_out)                                                                   \
    ALWAYS(DROP_BYTES_IN, drop_bytes_in)                                                           \
    ALWAYS(DROP_BYTES_OUT, drop_bytes_out)

#define EVENT_READING_FIELDS(VALUE, TEXT)                                                          \
    TEXT(DROP_REASON, drop_reason)                                                                 \
    VALUE(LOST, lost)

/* struct pktmon_notice. */
#define EVENT_NOTICE_FIELDS(ALWAYS, VALUE, TEXT)                                                   \
    VALUE(GROUP, group)                                                                            \
    TEXT(EVENT_PROVIDER, provider)                                                                 \
    ALWAYS(EVENT_ID, id)                                                                           \
    ALWAYS(EVENT_LEVEL, level)                                                                     \
    TEXT(EVENT_MESSAGE, message)                                                                   \
    VALUE(EVENT_FROM, from)                                                                        \
    VALUE(EVENT_UNTIL, until)

/* struct pktmon_filter_description. */
#define EVENT_FILTER_FIELDS(ALWAYS, TEXT)                                                          \
    ALWAYS(FILTER_ID, id)                                                                          \
    TEXT(FILTER_NAME, name)                                                                        \
    TEXT(FILTER_TEXT, text)

/* struct pktmon_component and struct pktmon_capture_info. */
#define EVENT_COMPONENT_FIELDS(VALUE, TEXT)                                                        \
    TEXT(COMPONENT_NAME, name)                                                                     \
    TEXT(COMPONENT_DESCRIPTION, description)                                                       \
    TEXT(COMPONENT_TYPE, type)                                                                     \
    VALUE(COMPONENT_PARENT, parent)                                                                \
    TEXT(NETNS, netns)

#define EVENT_CAPTURE_FIELDS(TEXT)                                                                 \
    TEXT(CAPTURE_OS, os)                                                                           \
    TEXT(CAPTURE_HOST, host)                                                                       \
    TEXT(CAPTURE_RELEASE, release)                                                                 \
    TEXT(CAPTURE_PROVIDER, provider)

/* Of a component: its address and its speed (bits per second), if it has no such properties of its
 * own. */
#define EVENT_MAC_PROPERTY   "MAC"
#define EVENT_SPEED_PROPERTY "speed"

#endif
