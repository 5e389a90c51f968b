/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names of rows in statistics trees. They come from the file, and Wireshark goes through all
 * rows below one to add another. So the first few thousand names below a row have a row each; all
 * others are counted together.
 */
#ifndef PKTMON_DISSECTOR_STATS_NAMES_H
#define PKTMON_DISSECTOR_STATS_NAMES_H

#include <epan/packet.h>
#include <epan/stats_tree.h>

#define STATS_MAX_NAMES 4096 /* below one row */
#define STATS_OTHERS    "(others)"

/* The callbacks of a tree: it has no rows yet, or again; it is freed. */
void stats_names_init(stats_tree *tree);
void stats_names_cleanup(stats_tree *tree);

/* The name of the row below parent that counts for this name: the same, or STATS_OTHERS. */
const char *stats_names_row(stats_tree *tree, int parent, const char *name);

#endif
