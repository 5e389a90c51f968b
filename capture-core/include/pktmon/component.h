/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Components (what packets pass: devices, protocol layers, sockets, Windows filter drivers), and
 * the registry of those that a capture knows. A removed device keeps its id and description until
 * its last event, PKTMON_RECORD_RETIRED (event.h).
 */
#ifndef PKTMON_COMPONENT_H
#define PKTMON_COMPONENT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "public.h"

struct pktmon_property {
    char *name;
    char *value;
};

struct pktmon_component {
    uint32_t id;          /* never 0 */
    uint32_t parent;      /* e.g. the bridge of a port; 0 = none */
    char *name;           /* "eth0", "blue/eth0" */
    char *description;    /* one readable line; may be NULL */
    char *type;           /* "physical", "veth", "bridge", "ipv4" ... */
    char *netns;          /* name of its network namespace; NULL = none */
    uint32_t netns_inode; /* of its network namespace; 0 = not known */
    bool has_mac;
    uint8_t mac[6];
    uint64_t speed;        /* bits per second; 0 = not known */
    GPtrArray *properties; /* of struct pktmon_property; ifindex, MTU, driver ... */
    bool hidden;           /* shown by `pktmon list -i` only */
    bool gone;             /* the device was removed */
};

struct pktmon_registry;

PKTMON_PUBLIC struct pktmon_registry *pktmon_registry_new(void);
PKTMON_PUBLIC void pktmon_registry_free(struct pktmon_registry *registry);

/* Forgets all components. No pointer to one may be used afterwards. */
PKTMON_PUBLIC void pktmon_registry_clear(struct pktmon_registry *registry);

/* Removes the component, of which no more events come. */
PKTMON_PUBLIC void pktmon_registry_remove(struct pktmon_registry *registry, uint32_t id);

/* The component with this id; if there is none, adds an empty one (name and type NULL). The
 * registry owns it. */
PKTMON_PUBLIC struct pktmon_component *pktmon_registry_get(struct pktmon_registry *registry,
                                                           uint32_t id);
/* NULL: no such component. */
PKTMON_PUBLIC struct pktmon_component *pktmon_registry_find(const struct pktmon_registry *registry,
                                                            uint32_t id);
/* All components, by ascending id. The caller frees the array (not the components). */
PKTMON_PUBLIC GPtrArray *pktmon_registry_list(const struct pktmon_registry *registry);

/* Replaces the string at *field. value is copied, made valid UTF-8 (a device's name may be any
 * bytes), and may be NULL. True: it has changed. */
PKTMON_PUBLIC bool pktmon_component_set(char **field, const char *value);
/* Adds the property, or replaces its value; NULL removes it. True: something changed. */
PKTMON_PUBLIC bool pktmon_component_set_property(struct pktmon_component *component,
                                                 const char *name, const char *value);
/* NULL: no such property. */
PKTMON_PUBLIC const char *pktmon_component_property(const struct pktmon_component *component,
                                                    const char *name);

/* Whether a user's word names this component: its id in decimal, its whole name, or the part of the
 * name after "<netns>/". */
PKTMON_PUBLIC bool pktmon_component_matches(const struct pktmon_component *component,
                                            const char *word);

#endif
