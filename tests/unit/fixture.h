/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of the stream share: a stream, events for it, and what it wrote. */
#ifndef FIXTURE_H
#define FIXTURE_H

#include <glib.h>

#include "blocks.h"
#include "stream.h"

#define CAPTURE_ID 0xfeedfacecafe0001ULL
#define START      1000000000ULL /* time of the beginning */
#define ETHERNET   1
#define FRAME_SIZE 60

/* A stream with two components, 1 "eth0" and 2 "br0", and what it wrote. */
struct fixture {
    struct pktmon_registry *registry;
    struct pktmon_capture *capture;
    struct pktmon_stream *stream;
    int fd;
    uint8_t *data; /* after finish() */
    size_t size;
};

/* Begins nothing yet. The fixture owns fd. */
struct fixture fixture_on(int fd, struct pktmon_stream_options options);
/* Has begun, on a file in memory. */
struct fixture begin(struct pktmon_stream_options options);
void put(struct fixture *fixture, struct pktmon_event event);
/* Ends the stream and reads back what it wrote. */
void finish(struct fixture *fixture, uint64_t time);
void clear(struct fixture *fixture);

/* A packet of FRAME_SIZE bytes that was received. */
struct pktmon_event packet_event(uint64_t time, uint32_t component);

/* The n-th block of this type, counted from 0; with record not 0, of those whose metadata record
 * is of that type. */
struct block find_block(const struct fixture *fixture, uint32_t type, uint8_t record, guint n);
struct packet find_packet(const struct fixture *fixture, guint n);

/* All blocks, one letter each: Section, Interface, sTatistics, and by record Packet, Component,
 * couNters, Filter, cApture, Event; a Custom Block has a small letter. */
void assert_outline(const struct fixture *fixture, const char *expected);
/* The block is a frame on "@pktmon" that reads so. */
void assert_line(const struct block *block, const char *expected);
void assert_option_text(const uint8_t *options, size_t size, uint16_t code, const char *expected);
uint64_t option_number(const struct packet *packet, uint16_t code);
bool has_option(const struct packet *packet, uint16_t code);

#endif
