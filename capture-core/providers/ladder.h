/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The choice of a provider, and the one place that falls back from eBPF to libpcap. A live capture
 * tries the providers of a ladder in turn: the next one only where the system cannot do the first
 * (PKTMON_ERROR_UNSUPPORTED); every other error ends the search.
 */
#ifndef PKTMON_PROVIDERS_LADDER_H
#define PKTMON_PROVIDERS_LADDER_H

#include <glib.h>
#include <stdbool.h>

#include "providers/provider.h"

struct provider_rung {
    const char *title; /* what messages call the provider */
    provider_factory *factory;
};

struct provider_ladder {
    struct provider_rung first;
    struct provider_rung fallback; /* without a factory: none */
};

/* Looks up the ladder called name; NULL and "" mean "auto". False: there is no such ladder, and
 * error lists those that exist. */
bool provider_ladder_find(const char *name, struct provider_ladder *ladder, GError **error);

/* What a caller does with each provider of the ladder, until one succeeds. */
struct provider_attempt {
    /* Opens a provider that the factory makes. without_ebpf: why the first provider could not be
     * used (for struct provider_options); NULL: this is the first one. */
    bool (*open)(void *context, provider_factory *factory, const char *without_ebpf,
                 GError **error);
    /* Removes whatever a failed open() left behind, before the next one. NULL: nothing to do. */
    void (*undo)(void *context);
    void *context;
};

/* Runs the attempt on each provider of the ladder, and logs a fallback with g_message(). False:
 * none could be opened; where there was a fallback, error names both reasons. */
bool provider_ladder_open(const struct provider_ladder *ladder,
                          const struct provider_attempt *attempt, GError **error);

#endif
