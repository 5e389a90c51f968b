/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A capture filter in the words of pcap-filter(7), compiled by libpcap for both forms of packets:
 * with the link header (Ethernet) and without (beginning at the IP header). What libpcap can only
 * say of a link header ("ether host ...") matches nothing that has none.
 */
#ifndef PKTMON_EXPRESSION_H
#define PKTMON_EXPRESSION_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pktmon_expression;

enum pktmon_form {
    PKTMON_FORM_ETHERNET,
    PKTMON_FORM_IP,
    PKTMON_FORMS,
};

/* NULL: libpcap refuses it for Ethernet; *words (the caller's to free) has why, in its own words.
 * Takes up to some seconds for hundreds of addresses. */
struct pktmon_expression *pktmon_expression_new(const char *text, char **words);

/* What is looked for in packets of each form; NULL: none of that form matches. */
struct pktmon_expression_texts {
    const char *of[PKTMON_FORMS];
};

/* The same for packets that match any of count texts. Each is compiled by itself: joined with "or",
 * the "vlan" of one would move the offsets of all that follow. */
struct pktmon_expression *pktmon_expression_new_any(const struct pktmon_expression_texts *texts,
                                                    size_t count, char **words);
/* One more owner, who frees it as well; from any thread. Returns the expression. */
struct pktmon_expression *pktmon_expression_ref(const struct pktmon_expression *expression);
void pktmon_expression_free(struct pktmon_expression *expression);

/* The compiled instructions, *count of them, at least one; the expression's. */
const struct sock_filter *pktmon_expression_code(const struct pktmon_expression *expression,
                                                 enum pktmon_form form, size_t *count);

/* Whether the packet matches, decided by libpcap's interpreter: caplen bytes of it are at data, of
 * wirelen in all. */
bool pktmon_expression_matches(const struct pktmon_expression *expression, enum pktmon_form form,
                               const uint8_t *data, uint32_t caplen, uint32_t wirelen);

#endif
