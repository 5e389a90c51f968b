/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is known of a capture as a whole. */
#ifndef PKTMON_CAPTURE_INFO_H
#define PKTMON_CAPTURE_INFO_H

#include <glib.h>
#include <stdint.h>

#include "public.h"

/* What the capture is and what it could not see; the provider fills all but id. */
struct pktmon_capture_info {
    uint64_t id;
    char *os;           /* "Linux" */
    char *host;         /* host name */
    char *release;      /* kernel release, or Windows build */
    char *provider;     /* "ebpf", "pcap", "etl" */
    GPtrArray *missing; /* of char *: what it could not see and why */
};

PKTMON_PUBLIC struct pktmon_capture_info *pktmon_capture_info_new(void);
PKTMON_PUBLIC void pktmon_capture_info_free(struct pktmon_capture_info *capture);

#endif
