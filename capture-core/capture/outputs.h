/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The descriptors through which captured packets leave this process for another reader. */
#ifndef PKTMON_CAPTURE_OUTPUTS_H
#define PKTMON_CAPTURE_OUTPUTS_H

#include <stddef.h>

#define OUTPUTS_MAX 8

struct outputs {
    int descriptors[OUTPUTS_MAX];
    size_t count;
    const char *network_file; /* a file of such a file system is among them; NULL: none */
};

/* Notes a pipe, a socket or a terminal, up to OUTPUTS_MAX, and a file on a network file system. */
void outputs_add(struct outputs *outputs, int fd);

#endif
