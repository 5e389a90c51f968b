/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a capture gets its provider: one of its own, or one that it shares with other captures. */
#ifndef PKTMON_CAPTURE_PROVIDER_MAKER_H
#define PKTMON_CAPTURE_PROVIDER_MAKER_H

#include "providers/provider.h"

/* Makes a provider from a factory of the ladder; otherwise as provider_factory. */
typedef struct provider *capture_provider_maker(void *context, provider_factory *factory,
                                                const struct provider_options *options,
                                                struct pktmon_registry *registry,
                                                struct pktmon_capture_info *info,
                                                struct pktmon_sink *sink, GError **error);

#endif
