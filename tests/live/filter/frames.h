/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames of many kinds, and changed versions of them. */
#ifndef FILTER_TEST_FRAMES_H
#define FILTER_TEST_FRAMES_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct frame {
    GByteArray *bytes;
    guint network; /* offset of its first IP header; 0: it does not begin with one */
};

/* Builds a frame of the layers with these names (frames.c), separated by spaces. The caller unrefs
 * its bytes. */
struct frame frame_make(const char *kind);

/* One of each kind: an array of struct frame, which the caller frees with frames_free(). */
GArray *frames_make(void);
void frames_free(GArray *frames);

/* A packet as a capture may see it. */
struct sample {
    uint8_t *data; /* caplen bytes, followed by others up to whole */
    guint whole;   /* bytes of data, including those cut off */
    guint caplen;  /* never 0 */
    guint wirelen; /* at least caplen */
    guint present; /* bytes copied at first; at most caplen */
};

/*
 * Makes count packets from the frames: each frame unchanged at least once, the others cut anywhere
 * or with some bytes changed; the same packets for the same seed. without_link: only frames with an
 * IP header, from that header on. An array of struct sample; free it with samples_free().
 */
GArray *samples_make(const GArray *frames, bool without_link, guint count, guint32 seed);
void samples_free(GArray *samples);

#endif
