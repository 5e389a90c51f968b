/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ring records as events. */
#ifndef PKTMON_EBPF_READER_RECORD_EVENTS_H
#define PKTMON_EBPF_READER_RECORD_EVENTS_H

#include "ebpf-state.h"

/* Delivers the records that are due, and the events that wait for their place among them. */
void ebpf_deliver_records(struct ebpf_provider *provider);

#endif
