/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records that did not fit into the rings: told at once, with the times between which that was. */
#ifndef PKTMON_EBPF_READER_RECORD_LOSSES_H
#define PKTMON_EBPF_READER_RECORD_LOSSES_H

struct ebpf_provider;

/* Before the records that have been pulled are delivered: reports what has been lost since the last
 * call. */
void ebpf_tell_losses(struct ebpf_provider *provider);

#endif
