/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A provider that plays a script. It judges by the filters of its options, as the kernel does, and
 * accepts changes or refuses them. All instances deliver the same events.
 */
#ifndef PKTMON_TEST_SCRIPT_PROVIDER_H
#define PKTMON_TEST_SCRIPT_PROVIDER_H

#include "providers/provider.h"

/* Its behaviour; the test sets it while no session is active. */
extern struct script {
    bool cannot_change; /* it has no change() */
    bool fail_start;
    gint refuse; /* refuses changes to this many filters or more; 0: none; atomic */
    gint fail;   /* read() fails; atomic */
} script;

/* State of the providers. */
struct script_state {
    int providers, started, changes; /* existing providers; running ones; changes in all */
    struct provider_options asked;   /* of the newest provider; its filters are not valid */
    /* Also of the newest one: whether the namespaces of components 1 and 2 were wanted at its last
     * change. */
    bool wants[2];
};

extern const char *const script_namespaces[2];

void script_reset(void);
struct script_state script_state(void);

struct provider *script_new(const struct provider_options *options,
                            struct pktmon_registry *registry, struct pktmon_capture_info *capture,
                            struct pktmon_sink *sink, GError **error);

/* Sends a UDP packet to the port, past component 1 or 2. Its first payload bytes are its number. */
void script_send(uint32_t component, uint16_t port, uint32_t number);
/* The same, but the provider does not judge it. */
void script_send_unjudged(uint32_t component, uint16_t port, uint32_t number);
/* Describes a component again. */
void script_rename(uint32_t component, const char *name);
uint32_t script_number(const struct pktmon_event *packet);

#endif
