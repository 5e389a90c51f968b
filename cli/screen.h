/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A text that is shown again and again on the standard output: on a terminal in place, elsewhere
 * one after another with an empty line between. */
#ifndef PKTMON_CLI_SCREEN_H
#define PKTMON_CLI_SCREEN_H

#include <glib.h>
#include <stdbool.h>

struct screen {
    bool in_place;
    bool open;  /* of a terminal: it shows our page */
    bool shown; /* something was shown before */
};

void screen_init(struct screen *screen);
/* False: nobody reads it any more. Of a text longer than the terminal the end is left out, and the
 * last line says so. */
bool screen_show(struct screen *screen, const char *text);
/* The terminal is as it was before the first text. Does nothing twice. */
void screen_close(struct screen *screen);

#endif
