/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The filters of a capture: its capture filter, and those in the syntax of Windows' pktmon. Once a
 * filter matches a packet, all later appearances of it are wanted, however the packet changes. The
 * provider applies filters if it can (struct pktmon_event.judged); otherwise they are applied here.
 */
#ifndef PKTMON_FILTER_FILTER_SET_H
#define PKTMON_FILTER_FILTER_SET_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "pktmon/constraint.h"
#include "pktmon/event.h"
#include "providers/provider.h"

struct filter_set;

struct filter_set_options {
    const char *expression; /* in the syntax of pcap-filter(7); NULL or empty: none */
    bool inner;             /* the expression also matches the packet inside a tunnel */
    /* In the syntax of Windows' `pktmon filter add`, the last one followed by NULL; NULL: none. */
    const char *const *constraints;
    uint16_t vxlan_port; /* of tunnels, host order; 0 = the default */
};

/* NULL: error. Copies what it keeps of the options. */
struct filter_set *filter_set_new(const struct filter_set_options *options, GError **error);
/* Another set of the same filters, which shares the compiled programs. */
struct filter_set *filter_set_copy(const struct filter_set *filters);
void filter_set_free(struct filter_set *filters);

/* Adds a filter; copies what it keeps. After an error the filters are as before. */
bool filter_set_add(struct filter_set *filters, const struct pktmon_constraint *constraint,
                    GError **error);
/* The same in the syntax of pcap-filter(7). inner: it also matches the packet inside a tunnel. */
bool filter_set_add_expression(struct filter_set *filters, const char *text, bool inner,
                               GError **error);

/* Filters added from now on are not in force until they are committed; cancelling removes them. */
void filter_set_hold(struct filter_set *filters);
void filter_set_commit(struct filter_set *filters);
void filter_set_cancel(struct filter_set *filters);

/* Number of filters in force; 0: all packets are wanted. */
size_t filter_set_count(const struct filter_set *filters);
/* Number of filters, including those not in force yet. */
size_t filter_set_total(const struct filter_set *filters);
/* The description of one filter, whose id is its number, from 1. Its pointers are borrowed from the
 * set. */
struct pktmon_filter_description filter_set_describe(const struct filter_set *filters,
                                                     size_t index);
/* One filter for the provider; borrowed as well. */
struct provider_filter filter_set_for_provider(const struct filter_set *filters, size_t index);
/* The UDP port of VXLAN tunnels, host order. */
uint16_t filter_set_vxlan_port(const struct filter_set *filters);

/* The id of the first filter that has matched the packet so far; 0: none has, and the packet is not
 * wanted. The packet is an Ethernet frame, whole if the provider has not judged it. */
uint16_t filter_set_match(struct filter_set *filters, const struct pktmon_event *event);
/* Whether a notice about a packet is wanted. */
bool filter_set_want_notice(const struct filter_set *filters, const struct pktmon_event *event);

#endif
