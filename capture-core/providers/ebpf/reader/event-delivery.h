/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Delivery of events in the order of time. */
#ifndef PKTMON_EBPF_READER_EVENT_DELIVERY_H
#define PKTMON_EBPF_READER_EVENT_DELIVERY_H

#include "ebpf-state.h"

/* Passes the event, whose time is monotonic, to the sink. */
void ebpf_deliver(struct ebpf_provider *provider, struct pktmon_event *event);
/* Adds an event of now, which waits for its place among the records; the caller fills in the rest.
 */
struct pktmon_event *ebpf_push(struct ebpf_provider *provider, enum pktmon_record record,
                               uint32_t component);
/* The same for a notice; the result waits with it. */
struct pktmon_notice *ebpf_push_notice(struct ebpf_provider *provider, enum pktmon_notice_id id,
                                       enum pktmon_level level, uint32_t component,
                                       const char *format, ...) G_GNUC_PRINTF(5, 6);
/* The same for counters. What they point to is copied, except names. */
void ebpf_push_counters(struct ebpf_provider *provider, uint32_t component,
                        const struct pktmon_counters *counters);
/* Delivers waiting events that are not after the time, ns. */
void ebpf_deliver_pending(struct ebpf_provider *provider, uint64_t time);
void ebpf_clear_pending(struct ebpf_provider *provider);

#endif
