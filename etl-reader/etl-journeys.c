/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "etl-journeys.h"

#include <glib.h>

#include "journey/assemble.h"
#include "journey/registry-places.h"
#include "model/registry-copy.h"
#include "model/registry-stage.h"

struct etl_journeys {
    struct etl_journeys_options options;
    struct journey_assembler *assembler;
    const struct pktmon_registry *present;
    struct registry_stage past; /* as etl_journeys_registry() has it */
};

/* What a log can change of a component while it is read: it is registered or unregistered. Its
 * properties may be many. */
static void copy_registered(struct pktmon_registry *to, const struct pktmon_component *component)
{
    struct pktmon_component *copy = pktmon_registry_get(to, component->id);
    pktmon_component_set(&copy->name, component->name);
    pktmon_component_set(&copy->type, component->type);
    pktmon_component_set(&copy->description, component->description);
    copy->gone = component->gone;
}

/* --- what leaves --- */

static void write_journey(void *context, const struct pktmon_journey *journey)
{
    struct etl_journeys *journeys = context;
    const struct pktmon_event event = journey_event(journey);
    journeys->options.output(journeys->options.user, &event);
}

static void write_event(void *context, const struct pktmon_event *event)
{
    struct etl_journeys *journeys = context;
    if (event->record == PKTMON_RECORD_COMPONENT)
        registry_stage_leave(&journeys->past, event->component);
    journeys->options.output(journeys->options.user, event);
}

/* --- what comes --- */

struct etl_journeys *etl_journeys_new(const struct etl_journeys_options *options,
                                      const struct pktmon_registry *registry)
{
    struct etl_journeys *journeys = g_new0(struct etl_journeys, 1);
    const struct journey_options assembling = {
        /* Windows reports one drop at several places, and a packet in all of its layers. */
        .settle = options->join,
        .join = options->join,
        .memory = options->memory,
        .dropped_only = options->dropped_only,
        .find_merged = true,
        .name = registry_place_name,
        .hands_out = registry_place_hands_out,
        .context = registry,
    };
    const struct journey_output output = {write_journey, write_event, journeys};
    journeys->options = *options;
    journeys->present = registry;
    registry_stage_init(&journeys->past, copy_registered);
    registry_copy_all(journeys->past.registry, registry);
    journeys->assembler = journey_assembler_new(&assembling, &output);
    return journeys;
}

void etl_journeys_free(struct etl_journeys *journeys)
{
    if (!journeys)
        return;
    journey_assembler_free(journeys->assembler);
    registry_stage_clear(&journeys->past);
    g_free(journeys);
}

const struct pktmon_registry *etl_journeys_registry(const struct etl_journeys *journeys)
{
    return journeys->past.registry;
}

void etl_journeys_take(struct etl_journeys *journeys, const struct pktmon_event *event)
{
    if (event->record == PKTMON_RECORD_COMPONENT)
        registry_stage_enter(&journeys->past, journeys->present, event->component, false);
    journey_assembler_take(journeys->assembler, event);
}

void etl_journeys_finish(struct etl_journeys *journeys)
{
    journey_assembler_finish(journeys->assembler);
}
