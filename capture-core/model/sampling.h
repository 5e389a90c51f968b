/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Samples: one packet in every N, chosen by a hash of its group. */
#ifndef PKTMON_MODEL_SAMPLING_H
#define PKTMON_MODEL_SAMPLING_H

#include <stdbool.h>
#include <stdint.h>

/* Whether the group is in a sample of one packet in every `sample`. The answer is the same for each
 * appearance and in every session. 0 or 1: all packets are in the sample. */
bool is_in_sample(uint64_t group, uint32_t sample);

#endif
