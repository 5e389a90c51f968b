/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A metadata record that is none of a packet as one printable line, for the Info column and the
 * root of the tree. Those of packets are in hop-text.h.
 */
#ifndef PKTMON_DISSECTOR_SUMMARY_H
#define PKTMON_DISSECTOR_SUMMARY_H

#include <epan/packet.h>

#include "components.h"
#include "frame-record.h"

const char *summary_of_record(const struct record *record,
                              const struct component_description *known, wmem_allocator_t *scope);

#endif
