/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the gates (gates.bpf.c) and the agent agree upon. */
#ifndef PKTMON_GATES_H
#define PKTMON_GATES_H

/* Two generations may be there at once: one that runs, and one that takes over from it. */
#define GATE_GENERATIONS   2
#define GATES_OF_NETFILTER 2 /* the first and the last of a hook */

/* The index of a program in its array. */
#define GATE_SLOT(place, generation) ((place)*GATE_GENERATIONS + (generation) % GATE_GENERATIONS)

#endif
