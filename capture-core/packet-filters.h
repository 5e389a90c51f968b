/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which packets a session wants: its capture filter, and filters in the words of Packet Monitor. A
 * packet is wanted that one of them matches, and from then on wherever it goes, whatever is done to
 * it. The provider judges where it can (struct pktmon_event.judged); what it leaves open is judged
 * here.
 */
#ifndef PKTMON_PACKET_FILTERS_H
#define PKTMON_PACKET_FILTERS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "constraint.h"
#include "event.h"
#include "provider.h"
#include "session.h"

struct pktmon_packet_filters;

/* NULL: error. Copies what it keeps of options. */
struct pktmon_packet_filters *
pktmon_packet_filters_new(const struct pktmon_session_options *options, GError **error);
void pktmon_packet_filters_free(struct pktmon_packet_filters *filters);

/* One more; copies what it keeps. After an error the filters are as before. */
bool pktmon_packet_filters_add(struct pktmon_packet_filters *filters,
                               const struct pktmon_constraint *constraint, GError **error);
/* The same in the words of pcap-filter(7). inner: also by the packet inside a tunnel. */
bool pktmon_packet_filters_add_expression(struct pktmon_packet_filters *filters, const char *text,
                                          bool inner, GError **error);

/* What is added from now on does not hold until it is committed; cancelled, it is gone. */
void pktmon_packet_filters_hold(struct pktmon_packet_filters *filters);
void pktmon_packet_filters_commit(struct pktmon_packet_filters *filters);
void pktmon_packet_filters_cancel(struct pktmon_packet_filters *filters);

/* How many hold; 0: all packets are wanted. */
size_t pktmon_packet_filters_count(const struct pktmon_packet_filters *filters);
/* How many there are, with those that do not hold yet. */
size_t pktmon_packet_filters_total(const struct pktmon_packet_filters *filters);
/* The description of one, whose id is its number from 1; what it points to is the filters'. */
struct pktmon_filter_description
pktmon_packet_filters_describe(const struct pktmon_packet_filters *filters, size_t index);
/* What the provider is told of one; the same. */
struct pktmon_provider_filter
pktmon_packet_filters_for_provider(const struct pktmon_packet_filters *filters, size_t index);
/* The UDP port of VXLAN tunnels, host order. */
uint16_t pktmon_packet_filters_vxlan_port(const struct pktmon_packet_filters *filters);

/* The id of the first filter that matched the packet so far; 0: none did, and it is not wanted. The
 * packet is an Ethernet frame, whole where the provider has not judged it. */
uint16_t pktmon_packet_filters_match(struct pktmon_packet_filters *filters,
                                     const struct pktmon_event *event);
/* Whether a notice is wanted that is about a packet. */
bool pktmon_packet_filters_want_notice(const struct pktmon_packet_filters *filters,
                                       const struct pktmon_event *event);

#endif
