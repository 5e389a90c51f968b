/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counters that a stream does not write, because their components have nothing else to say there:
 * of those that go the sum is kept. */
#ifndef PKTMON_UNWRITTEN_H
#define PKTMON_UNWRITTEN_H

#include "event.h"

struct unwritten;

struct unwritten *unwritten_new(void);
void unwritten_free(struct unwritten *unwritten);
/* A reading was not written. */
void unwritten_note(struct unwritten *unwritten, uint32_t component,
                    const struct pktmon_counters *counters);
/* From now on what the component says is written. */
void unwritten_forget(struct unwritten *unwritten, uint32_t component);
/* The component has gone. */
void unwritten_close(struct unwritten *unwritten, uint32_t component);
/* Says how many have gone, and what they counted; NULL: none. The caller frees it. */
char *unwritten_sentence(const struct unwritten *unwritten);

#endif
