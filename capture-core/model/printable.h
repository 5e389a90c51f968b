/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names and texts that others choose: the owner of a namespace can name a device with any bytes, a
 * process names itself, and a log may come from anybody. A terminal obeys some characters wherever
 * they come from, and not every program that reads a capture replaces them. So none of them enters
 * the capture.
 */
#ifndef PKTMON_MODEL_PRINTABLE_H
#define PKTMON_MODEL_PRINTABLE_H

#include <glib.h>
#include <stdbool.h>

/* No control character (C0, C1 and DEL), line end, or invisible character, which may change the
 * direction of the text that follows. */
bool is_printable(gunichar character);

/* A copy that is valid UTF-8, with "?" in place of each character that is not printable. size: -1 =
 * up to the NUL. */
char *printable(const char *text, gssize size);
/* The same with spaces instead of "?", for texts in which controls and line ends separate words. */
char *printable_line(const char *text, gssize size);

#endif
