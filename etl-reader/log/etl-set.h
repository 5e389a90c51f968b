/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checks that files are one log. The files of a multi-file session are read as one. Component
 * numbers are valid in one session only, so files of several sessions are refused: the packets of
 * one would get the names of the other.
 */
#ifndef PKTMON_ETL_READER_ETL_SET_H
#define PKTMON_ETL_READER_ETL_SET_H

#include <glib.h>
#include <stdbool.h>

#include "etl-file.h"
#include "etl-record.h"

/* files: of struct etl_file. False: two of them are the same file, or from different computers or
 * boots. */
bool etl_set_check_files(const GPtrArray *files, GError **error);

/* Finds the last file of the session, into which Windows writes the descriptions, in the folder of
 * one of the files. Files in between may be missing. NULL: not found, or one of the files. The
 * caller closes it. */
struct etl_file *etl_set_find_last(const GPtrArray *files);

/* What the records show of the sessions of the files. */
struct etl_set;
/* files is borrowed. */
struct etl_set *etl_set_new(const GPtrArray *files);
void etl_set_free(struct etl_set *set);
/* Learns from an event of PktMon in the file with that number. */
void etl_set_learn(struct etl_set *set, const struct etl_record *record, unsigned file);
/* Whether a file of the set describes components. */
bool etl_set_has_descriptions(const struct etl_set *set);
/* Call it after the last event. False: the files are from different sessions of one boot. */
bool etl_set_check_events(const struct etl_set *set, GError **error);

#endif
