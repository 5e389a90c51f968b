/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A provider that shares another one with the other sessions of this process: for a session it is
 * like one of its own. One thread at a time uses it, that of its session.
 */
#ifndef PKTMON_SHARED_PROVIDER_H
#define PKTMON_SHARED_PROVIDER_H

#include "provider.h"
#include "session.h"
#include "subscriber.h"

/* As a pktmon_source. source makes the provider that is shared; queue_size is in bytes, of the
 * events that wait for this session, and buffer_size of the options holds only if nobody shares it
 * yet. */
struct pktmon_provider *shared_provider_new(pktmon_source *source, size_t queue_size,
                                            const struct pktmon_provider_options *options,
                                            struct pktmon_registry *registry,
                                            struct pktmon_capture *capture,
                                            struct pktmon_sink *sink);

/* What was missed until the event that the sink got last. */
struct subscriber_missed shared_provider_missed(const struct pktmon_provider *provider);

#endif
