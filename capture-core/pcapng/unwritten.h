/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counters that are not written, because their components have no other record in the file. When
 * such a component goes, its counts are added to a sum. */
#ifndef PKTMON_PCAPNG_UNWRITTEN_H
#define PKTMON_PCAPNG_UNWRITTEN_H

#include "pktmon/event.h"

struct unwritten;

struct unwritten *unwritten_new(void);
void unwritten_free(struct unwritten *unwritten);
/* Notes a reading that was not written. */
void unwritten_note(struct unwritten *unwritten, uint32_t component,
                    const struct pktmon_counters *counters);
/* From now on, the component's counters are written. */
void unwritten_forget(struct unwritten *unwritten, uint32_t component);
/* The component has gone. */
void unwritten_close(struct unwritten *unwritten, uint32_t component);
/* A sentence with the number of components that have gone, and their counts; NULL: none. The caller
 * frees it. */
char *unwritten_sentence(const struct unwritten *unwritten);

#endif
