/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Notices about packets, from records of the kernel programs. */
#ifndef PKTMON_EBPF_READER_KERNEL_NOTICES_H
#define PKTMON_EBPF_READER_KERNEL_NOTICES_H

#include "providers/ebpf/records.h"

struct btf;
struct ebpf_notice_names;
struct ebpf_provider;

/* Reads the reasons of resets from the running kernel's BTF, which may have none. */
struct ebpf_notice_names *ebpf_notice_names_new(const struct btf *kernel);
void ebpf_notice_names_free(struct ebpf_notice_names *names);

/* Delivers a record of RECORD_POINT_NOTICE as an event. */
void ebpf_deliver_notice(struct ebpf_provider *provider, const struct packet_record *record);

#endif
