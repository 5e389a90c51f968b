/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A capture filter in the syntax of pcap-filter(7), compiled by libpcap for both forms of packets:
 * with a link header (Ethernet), and without (beginning at the IP header). Primitives that only
 * apply to a link header ("ether host ...") match no packet without one.
 */
#ifndef PKTMON_FILTER_EXPRESSION_H
#define PKTMON_FILTER_EXPRESSION_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct filter_expression;

enum filter_form {
    FILTER_FORM_ETHERNET,
    FILTER_FORM_IP,
    FILTER_FORMS,
};

/* NULL: libpcap refuses it for Ethernet; *words is libpcap's message, which the caller frees. Takes
 * up to some seconds for hundreds of addresses. */
struct filter_expression *filter_expression_new(const char *text, char **words);

/* The text for packets of each form; NULL: no packet of that form matches. */
struct filter_expression_texts {
    const char *of[FILTER_FORMS];
};

/* The same for packets that match any of count texts. Each is compiled by itself: joined with "or",
 * the "vlan" of one would move the offsets of all texts after it. */
struct filter_expression *filter_expression_new_any(const struct filter_expression_texts *texts,
                                                    size_t count, char **words);
/* Adds an owner, who must free it too; from any thread. Returns the expression. */
struct filter_expression *filter_expression_ref(const struct filter_expression *expression);
void filter_expression_free(struct filter_expression *expression);

/* The compiled instructions, *count of them, at least one. Borrowed from the expression. */
const struct sock_filter *filter_expression_code(const struct filter_expression *expression,
                                                 enum filter_form form, size_t *count);

/* Whether the packet matches, decided by libpcap's interpreter. data has caplen of the packet's
 * wirelen bytes. */
bool filter_expression_matches(const struct filter_expression *expression, enum filter_form form,
                               const uint8_t *data, uint32_t caplen, uint32_t wirelen);

#endif
