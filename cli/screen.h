/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text shown repeatedly on standard output: in place on a terminal; elsewhere one after another,
 * separated by empty lines. */
#ifndef PKTMON_CLI_SCREEN_H
#define PKTMON_CLI_SCREEN_H

#include <glib.h>
#include <stdbool.h>

struct cli_screen {
    bool in_place;
    bool open;  /* the terminal shows the alternate screen */
    bool shown; /* something has been shown */
};

void cli_screen_init(struct cli_screen *screen);
/* False: the reader has gone. A text longer than the terminal is cut, and the last line says so. */
bool cli_screen_show(struct cli_screen *screen, const char *text);
/* Restores the terminal. May be called again. */
void cli_screen_close(struct cli_screen *screen);

#endif
