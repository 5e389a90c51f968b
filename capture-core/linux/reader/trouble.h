/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Trouble that the kernel told of, in words. */
#ifndef PKTMON_TROUBLE_H
#define PKTMON_TROUBLE_H

#include "../records.h"

struct ebpf_provider;
struct trouble_names;

struct btf;

/* Reads the reasons of resets from the running kernel's BTF; it may have none. */
struct trouble_names *trouble_names_new(const struct btf *kernel);
void trouble_names_free(struct trouble_names *names);

/* Delivers a record of RECORD_POINT_TROUBLE as an event. */
void trouble_take(struct ebpf_provider *provider, const struct packet_record *record);

#endif
