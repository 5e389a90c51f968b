/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames of many kinds, and what may become of them. */
#ifndef FILTER_TEST_FRAMES_H
#define FILTER_TEST_FRAMES_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct frame {
    GByteArray *bytes;
    guint network; /* where its first IP header is; 0: it has none at the beginning */
};

/* Of layers by their names in frames.c, separated by spaces. The caller unrefs its bytes. */
struct frame frame_make(const char *kind);

/* One of each kind: an array of struct frame, which the caller frees with frames_free(). */
GArray *frames_make(void);
void frames_free(GArray *frames);

/* A packet as a capture may see it. */
struct sample {
    uint8_t *data; /* caplen bytes, and behind them up to whole */
    guint whole;   /* bytes of data, some of which are cut off */
    guint caplen;  /* never 0 */
    guint wirelen; /* at least caplen */
    guint present; /* bytes that are copied at first; at most caplen */
};

/*
 * count packets made of the frames: each frame as it is at least once, all others cut at any place
 * or with some bytes changed; the same ones for the same seed. without_link: of those with an IP
 * header, what begins there. An array of struct sample; samples_free() frees it.
 */
GArray *samples_make(const GArray *frames, bool without_link, guint count, guint32 seed);
void samples_free(GArray *samples);

#endif
