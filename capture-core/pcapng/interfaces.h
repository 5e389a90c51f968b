/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interface blocks of a pcapng section, one for each combination of component, name of the
 * component, and link type; and how many packets were written and lost on each.
 */
#ifndef PKTMON_PCAPNG_INTERFACES_H
#define PKTMON_PCAPNG_INTERFACES_H

#include <glib.h>
#include <stdint.h>

struct pcapng_interface {
    uint64_t key;                    /* component and link type */
    char *name;                      /* as its block says; owned */
    uint32_t number;                 /* 0, 1, 2 ... in the order of the blocks */
    uint32_t component;              /* 0 = of no component */
    uint64_t received;               /* packets written on it */
    uint64_t noted;                  /* of these, at the last pcapng_interfaces_visit_active() */
    GArray *lost;                    /* private: lost events that its packets reported */
    struct pcapng_interface *before; /* of the same component and name; NULL = none */
};

struct pcapng_interfaces;

struct pcapng_interfaces *pcapng_interfaces_new(void);
void pcapng_interfaces_free(struct pcapng_interfaces *interfaces);

/* Adds the entry for the next interface block. The table owns it. */
struct pcapng_interface *pcapng_interfaces_add(struct pcapng_interfaces *interfaces,
                                               uint32_t component, uint16_t link_type,
                                               const char *name);
/* NULL: not added yet, or the component has another name now. */
struct pcapng_interface *pcapng_interfaces_find(struct pcapng_interfaces *interfaces,
                                                uint32_t component, uint16_t link_type);

/* An earlier block of the component with this name, which gets packets again from now on. NULL:
 * none. Call only after find() returned NULL. */
struct pcapng_interface *pcapng_interfaces_resume(struct pcapng_interfaces *interfaces,
                                                  uint32_t component, uint16_t link_type,
                                                  const char *name);

/* Sets the component's name. A block cannot be changed, so later packets go to a new one. */
void pcapng_interfaces_rename(struct pcapng_interfaces *interfaces, uint32_t component,
                              const char *name);

/* A packet on the interface reports that this many events of the component were lost. That is
 * another component than the interface's where a frame has all observations of a packet. NULL: no
 * packet reports it, which leaves it to the component's own interfaces. */
void pcapng_interfaces_report_loss(struct pcapng_interfaces *interfaces,
                                   struct pcapng_interface *interface, uint32_t component,
                                   uint64_t lost);

/* The counters of this edge report that this many of its events were lost in all. */
void pcapng_interfaces_count_loss(struct pcapng_interfaces *interfaces, uint32_t component,
                                  uint16_t edge, uint64_t lost);

typedef void pcapng_interfaces_visitor(void *context, uint32_t component);

/* Visits the components with new packets on their interfaces since the last call. */
void pcapng_interfaces_visit_active(struct pcapng_interfaces *interfaces,
                                    pcapng_interfaces_visitor *visitor, void *context);

/* Another section begins: forgets all interfaces. All losses until now were reported. */
void pcapng_interfaces_next_section(struct pcapng_interfaces *interfaces);

/* Appends the statistics of the component's interfaces, on which nothing more is written, and
 * forgets them. Their numbers are not reused. */
void pcapng_interfaces_retire(struct pcapng_interfaces *interfaces, GByteArray *out,
                              uint32_t component, uint64_t start_time, uint64_t end_time);

/* Appends an Interface Statistics Block for each remaining interface. Once in each section. */
void pcapng_interfaces_put_statistics(struct pcapng_interfaces *interfaces, GByteArray *out,
                                      uint64_t start_time, uint64_t end_time);

#endif
