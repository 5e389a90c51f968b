/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets copied as hexadecimal: plain bytes, or a dump with offsets. */
#ifndef PKTMON_CLI_HEX_BYTES_H
#define PKTMON_CLI_HEX_BYTES_H

#include <glib.h>
#include <stdbool.h>

/* Packets of the text, as GByteArray; the caller frees the array. A packet begins at each offset 0
 * of a dump, and after an empty line otherwise. Modifies the text, to save memory. NULL: error. */
GPtrArray *cli_read_hex_bytes(char *text, GError **error);

#endif
