/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The account of a capture: the last reading of each counter, and losses that wait to be reported
 * with the next packet.
 */
#ifndef PKTMON_PCAPNG_ACCOUNT_H
#define PKTMON_PCAPNG_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "pktmon/event.h"

struct pcapng_account;

struct pcapng_account *pcapng_account_new(void);
void pcapng_account_free(struct pcapng_account *account);

/* Remembers the reading. True: it differs from the previous one; counters begin at zero. */
bool pcapng_account_changed(struct pcapng_account *account, uint32_t component,
                            const struct pktmon_counters *counters);
bool pcapng_counters_are_zero(const struct pktmon_counters *counters);

/* The counts of a component: packets at all of its edges, and drops. */
struct pcapng_account_sum {
    uint64_t packets, drops;
};
struct pcapng_account_sum pcapng_account_sum(const struct pcapng_account *account,
                                             uint32_t component);
/* No more events of the component come. */
void pcapng_account_forget(struct pcapng_account *account, uint32_t component);

/* Events of the component were lost before a packet that is not written. */
void pcapng_account_keep_loss(struct pcapng_account *account, uint32_t component, uint64_t lost);
/* Returns the losses kept for the component, and forgets them. */
uint64_t pcapng_account_take_loss(struct pcapng_account *account, uint32_t component);

#endif
