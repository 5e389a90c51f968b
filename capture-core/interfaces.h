/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interface blocks of a pcapng section: one per component, name that it had, and link type; and
 * what was written and lost on each.
 */
#ifndef PKTMON_INTERFACES_H
#define PKTMON_INTERFACES_H

#include <glib.h>
#include <stdint.h>

struct pktmon_interface {
    uint64_t key;                    /* component and link type */
    char *name;                      /* as its block says; owned */
    uint32_t number;                 /* 0, 1, 2 ... in the order of the blocks */
    uint32_t component;              /* 0 = of no component */
    uint64_t received;               /* packets written on it */
    uint64_t noted;                  /* of these, when pktmon_interfaces_visit_news() came by */
    uint64_t lost;                   /* events that its packets said were lost before them */
    struct pktmon_interface *before; /* of the same component and name; NULL = none */
};

struct pktmon_interfaces;

struct pktmon_interfaces *pktmon_interfaces_new(void);
void pktmon_interfaces_free(struct pktmon_interfaces *interfaces);

/* The next interface block's entry. The table owns it. */
struct pktmon_interface *pktmon_interfaces_add(struct pktmon_interfaces *interfaces,
                                               uint32_t component, uint16_t link_type,
                                               const char *name);
/* NULL: not added yet, or the component has another name by now. */
struct pktmon_interface *pktmon_interfaces_find(struct pktmon_interfaces *interfaces,
                                                uint32_t component, uint16_t link_type);

/* The component's name is this one: a block cannot be changed, so what comes goes to a new one. */
void pktmon_interfaces_rename(struct pktmon_interfaces *interfaces, uint32_t component,
                              const char *name);

/* The counters of this edge say that so many of its events were lost in all. */
void pktmon_interfaces_count_loss(struct pktmon_interfaces *interfaces, uint32_t component,
                                  uint16_t edge, uint64_t lost);

typedef void pktmon_interfaces_visitor(void *context, uint32_t component);

/* The components on whose interfaces packets were written since the call before. */
void pktmon_interfaces_visit_news(struct pktmon_interfaces *interfaces,
                                  pktmon_interfaces_visitor *visitor, void *context);

/* There are no interfaces any more: another section begins. What was lost until now was told. */
void pktmon_interfaces_next_section(struct pktmon_interfaces *interfaces);

/* Nothing more is written on the component's interfaces: appends their statistics, and forgets
 * them. Their numbers are not given again. */
void pktmon_interfaces_retire(struct pktmon_interfaces *interfaces, GByteArray *out,
                              uint32_t component, uint64_t start_time, uint64_t end_time);

/* Appends an Interface Statistics Block for each interface that is left. Once in each section. */
void pktmon_interfaces_put_statistics(struct pktmon_interfaces *interfaces, GByteArray *out,
                                      uint64_t start_time, uint64_t end_time);

#endif
