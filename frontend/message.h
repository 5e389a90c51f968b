/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages for the user: those of a program, and those of the library as a program shows them. */
#ifndef PKTMON_FRONTEND_MESSAGE_H
#define PKTMON_FRONTEND_MESSAGE_H

#include <glib.h>
#include <stdbool.h>

/* The library does not know command lines. Where a message means an option in words, the text names
 * the option as it is typed: "a smaller buffer size" becomes "a smaller --buffer-size". Characters
 * that a terminal would obey are escaped. The caller frees the text. */
char *frontend_message_text(const char *message);

/* Sets an error of what the user asked for (PKTMON_ERROR_ARGUMENT), one sentence. Always false. */
bool frontend_refuse(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* "PROGRAM: MESSAGE" on the standard error. */
void frontend_print_error(const char *program, const GError *error);

#endif
