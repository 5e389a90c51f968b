/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A capture: one run of one provider into one sink. It applies what the provider leaves open (the
 * selection of components, filters, sizes), keeps the account of what was lost, and may be asked
 * for more while it runs.
 */
#ifndef PKTMON_CAPTURE_CAPTURE_H
#define PKTMON_CAPTURE_CAPTURE_H

#include "change-queue.h"
#include "capture-sink.h"
#include "pktmon/session.h"
#include "provider-maker.h"
#include "providers/ladder.h"

struct capture;
struct filter_set;
struct outputs;

/* Takes ownership of filters, which stand for those of the options. Copies what it keeps. */
struct capture *capture_new(const struct pktmon_session_options *options,
                            struct filter_set *filters, const struct provider_ladder *ladder);
void capture_free(struct capture *capture);

/* The following three before it runs. */

/* Without this, the capture has a provider of its own. */
void capture_set_provider_maker(struct capture *capture, capture_provider_maker *maker,
                                void *context);
/* What is captured goes out by these descriptors, which stay open meanwhile. Copied. */
void capture_set_outputs(struct capture *capture, const struct outputs *outputs);
/* Adds to the components that are wanted. */
void capture_add_component(struct capture *capture, uint32_t id);

/* Captures until capture_stop(), the end of the provider, or until the sink takes no more. Takes
 * ownership of sink. One run for each capture. */
bool capture_run(struct capture *capture, struct capture_sink *sink, GError **error);
/* Async-signal-safe. */
void capture_stop(struct capture *capture);

/* Adds while it runs, where the provider is shared: waits until that holds. From any thread but
 * the capture's own. */
bool capture_add(struct capture *capture, const struct addition *addition, GError **error);

/* Borrowed, and filled while it runs. */
const struct pktmon_registry *capture_registry(const struct capture *capture);
const struct pktmon_capture_info *capture_info(const struct capture *capture);
/* Whether events of this component are wanted, as its name is now. */
bool capture_wants(struct capture *capture, uint32_t component);

#endif
