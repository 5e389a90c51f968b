/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The descriptors that a capture goes out by, as far as others may read what is written there. */
#ifndef PKTMON_OUTPUTS_H
#define PKTMON_OUTPUTS_H

#include <stddef.h>

#define OUTPUTS_MAX 8

struct outputs {
    int descriptors[OUTPUTS_MAX];
    size_t count;
    const char *network_file; /* a file of such a file system is among them; NULL: none */
};

/* A pipe, a socket or a terminal is taken note of; what is no more than OUTPUTS_MAX, of these. */
void outputs_add(struct outputs *outputs, int fd);

#endif
