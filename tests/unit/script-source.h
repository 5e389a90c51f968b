/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A source of packets that a test plays: it judges by the filters that it was asked for, as the
 * kernel does, and can be asked for others, or refuse. All of its providers deliver the same.
 */
#ifndef PKTMON_TEST_SCRIPT_SOURCE_H
#define PKTMON_TEST_SCRIPT_SOURCE_H

#include "provider.h"

/* How it behaves; the test sets it while no session is active. */
extern struct script {
    bool cannot_change; /* it has no change() */
    bool fail_start;
    gint refuse; /* changes with as many filters or more; 0: none; atomic */
    gint fail;   /* read() fails; atomic */
} script;

/* What there is of providers. */
struct script_state {
    int providers, started, changes; /* that there are; those of them that run; changes in all */
    struct pktmon_provider_options asked; /* of the youngest; its filters are not valid */
    /* The same: whether the namespaces of components 1 and 2 were wanted when it was told last. */
    bool wants[2];
};

extern const char *const script_namespaces[2];

void script_reset(void);
struct script_state script_state(void);

struct pktmon_provider *script_new(const struct pktmon_provider_options *options,
                                   struct pktmon_registry *registry, struct pktmon_capture *capture,
                                   struct pktmon_sink *sink, GError **error);

/* Sends a UDP packet to the port past component 1 or 2. Its number is in its first payload bytes.
 */
void script_send(uint32_t component, uint16_t port, uint32_t number);
/* The same, of which the provider does not judge. */
void script_send_unjudged(uint32_t component, uint16_t port, uint32_t number);
/* Describes a component anew. */
void script_rename(uint32_t component, const char *name);
uint32_t script_number(const struct pktmon_event *packet);

#endif
