/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes JSON at the end of a text, without a tree in memory: for many objects a second. Each
 * function adds a member to the object that is open, or an element to the array (key: NULL).
 */
#ifndef PKTMON_CLI_JSON_TEXT_H
#define PKTMON_CLI_JSON_TEXT_H

#include <glib.h>
#include <stdint.h>

/* bracket: '{' or '['. */
void cli_json_open(GString *json, const char *key, char bracket);
void cli_json_close(GString *json, char bracket);

void cli_json_put_number(GString *json, const char *key, uint64_t number);
/* As a string: readers that keep numbers as doubles would change those above 2^53. */
void cli_json_put_id(GString *json, const char *key, uint64_t number);
/* ns since 1970, as a string of seconds with nine decimals. */
void cli_json_put_time(GString *json, const char *key, uint64_t time);
void cli_json_put_true(GString *json, const char *key);

/* Any bytes: what is not UTF-8 becomes U+FFFD, and what a terminal would obey is escaped. NULL
 * adds nothing. */
void cli_json_put_text(GString *json, const char *key, const char *text);

#endif
