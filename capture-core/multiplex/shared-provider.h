/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A provider that shares another one with the other captures of this process: a capture uses it
 * like one of its own, from its own thread.
 */
#ifndef PKTMON_MULTIPLEX_SHARED_PROVIDER_H
#define PKTMON_MULTIPLEX_SHARED_PROVIDER_H

#include "providers/provider.h"
#include "subscriber.h"

/* As a provider_factory. factory makes the provider that is shared; queue_size is in bytes,
 * of the events that wait for this capture, and buffer_size of the options holds only if nobody
 * shares it yet. */
struct provider *shared_provider_new(provider_factory *factory, size_t queue_size,
                                     const struct provider_options *options,
                                     struct pktmon_registry *registry,
                                     struct pktmon_capture_info *capture, struct pktmon_sink *sink);

/* What was missed until the event that the sink got last. */
struct subscriber_missed shared_provider_missed(const struct provider *provider);

#endif
