/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was left out because it carries the capture's own output. */
#ifndef PKTMON_OWN_OUTPUT_H
#define PKTMON_OWN_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "../records.h"

struct ebpf_provider;

/* So many connections are named; of the others only packets are counted. */
#define OWN_TOLD 16

struct own {
    struct own_flow told[OWN_TOLD];
    unsigned int told_count;
    uint64_t packets;  /* as was reported last */
    uint64_t looked;   /* monotonic, ns */
    uint64_t reported; /* the same */
};

/* Reports it, if it is time, or the last time. */
void own_look(struct ebpf_provider *provider, bool last);

#endif
