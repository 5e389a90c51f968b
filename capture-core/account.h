/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The books of a session: what each counter said last, and the losses that wait for a packet to
 * be told with.
 */
#ifndef PKTMON_ACCOUNT_H
#define PKTMON_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"

struct pktmon_account;

struct pktmon_account *pktmon_account_new(void);
void pktmon_account_free(struct pktmon_account *account);

/* Remembers the reading. True: it is another one than before; counters begin at zero. */
bool pktmon_account_changed(struct pktmon_account *account, uint32_t component,
                            const struct pktmon_counters *counters);
bool pktmon_counters_are_zero(const struct pktmon_counters *counters);

/* What was counted of a component: packets at all of its edges, and drops. */
struct pktmon_account_sum {
    uint64_t packets, drops;
};
struct pktmon_account_sum pktmon_account_sum(const struct pktmon_account *account,
                                             uint32_t component);
/* Nothing more comes of the component. */
void pktmon_account_forget(struct pktmon_account *account, uint32_t component);

/* Events of the component were lost before a packet that is not written. */
void pktmon_account_keep_loss(struct pktmon_account *account, uint32_t component, uint64_t lost);
/* All that was kept of the component, which is then forgotten. */
uint64_t pktmon_account_take_loss(struct pktmon_account *account, uint32_t component);

#endif
