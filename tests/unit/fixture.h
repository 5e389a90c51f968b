/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the tests of the pcapng writer: a writer, events for it, and its output. */
#ifndef FIXTURE_H
#define FIXTURE_H

#include <glib.h>

#include "blocks.h"
#include "pcapng/pcapng-writer.h"

#define CAPTURE_ID 0xfeedfacecafe0001ULL
#define START      1000000000ULL /* time at which the capture begins */
#define ETHERNET   1
#define FRAME_SIZE 60

/* A writer with two components, 1 "eth0" and 2 "br0", and its output. */
struct fixture {
    struct pktmon_registry *registry;
    struct pktmon_capture_info *capture;
    struct pcapng_writer *writer;
    int fd;
    uint8_t *data; /* after finish() */
    size_t size;
};

/* Does not begin yet. The fixture owns fd. */
struct fixture fixture_on(int fd, struct pcapng_writer_options options);
/* Begins on a file in memory. */
struct fixture begin(struct pcapng_writer_options options);
void put(struct fixture *fixture, struct pktmon_event event);
/* Ends the section and reads the output back. */
void finish(struct fixture *fixture, uint64_t time);
void clear(struct fixture *fixture);

/* A received packet of FRAME_SIZE bytes. */
struct pktmon_event packet_event(uint64_t time, uint32_t component);

/* The n-th block of this type, counted from 0. If record is not 0, only blocks with a metadata
 * record of that type count. */
struct block find_block(const struct fixture *fixture, uint32_t type, uint8_t record, guint n);
struct packet find_packet(const struct fixture *fixture, guint n);

/* All blocks as one letter each: Section, Interface, sTatistics, and by record type Packet,
 * Component, couNters, Filter, cApture, Event, Journey; lower case for a Custom Block. */
void assert_outline(const struct fixture *fixture, const char *expected);
/* Checks that the block is a frame on "@pktmon" with this text. */
void assert_line(const struct block *block, const char *expected);
void assert_option_text(const uint8_t *options, size_t size, uint16_t code, const char *expected);
uint64_t option_number(const struct packet *packet, uint16_t code);
bool has_option(const struct packet *packet, uint16_t code);

#endif
