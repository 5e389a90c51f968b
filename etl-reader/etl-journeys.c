/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "etl-journeys.h"

#include <glib.h>

#include "journey/assemble.h"
#include "journey/registry-places.h"
#include "model/registry-copy.h"

/* What a log can change of a component while it is read: it is registered or unregistered. */
struct etl_described {
    uint32_t id;
    char *name, *type, *description;
    bool gone;
};

struct etl_journeys {
    struct etl_journeys_options options;
    struct journey_assembler *assembler;
    const struct pktmon_registry *present;
    struct pktmon_registry *past; /* as etl_journeys_registry() has it */
    GQueue between;               /* of struct etl_described: of each description that is held */
};

/* --- descriptions --- */

static void free_description(void *data)
{
    struct etl_described *described = data;
    g_free(described->name);
    g_free(described->type);
    g_free(described->description);
    g_free(described);
}

static void put_description(struct pktmon_registry *registry, const struct etl_described *described)
{
    struct pktmon_component *component = pktmon_registry_get(registry, described->id);
    pktmon_component_set(&component->name, described->name);
    pktmon_component_set(&component->type, described->type);
    pktmon_component_set(&component->description, described->description);
    component->gone = described->gone;
}

static void keep_description(struct etl_journeys *journeys, uint32_t id)
{
    const struct pktmon_component none = {0};
    const struct pktmon_component *component = pktmon_registry_find(journeys->present, id);
    struct etl_described *described = g_new(struct etl_described, 1);
    component = component ? component : &none;
    *described = (struct etl_described){.id = id,
                                        .name = g_strdup(component->name),
                                        .type = g_strdup(component->type),
                                        .description = g_strdup(component->description),
                                        .gone = component->gone};
    g_queue_push_tail(&journeys->between, described);
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
    if (event->record == PKTMON_RECORD_COMPONENT) {
        struct etl_described *described = g_queue_pop_head(&journeys->between);
        put_description(journeys->past, described);
        free_description(described);
    }
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
    journeys->past = pktmon_registry_new();
    registry_copy_all(journeys->past, registry);
    g_queue_init(&journeys->between);
    journeys->assembler = journey_assembler_new(&assembling, &output);
    return journeys;
}

void etl_journeys_free(struct etl_journeys *journeys)
{
    if (!journeys)
        return;
    journey_assembler_free(journeys->assembler);
    g_queue_clear_full(&journeys->between, free_description);
    pktmon_registry_free(journeys->past);
    g_free(journeys);
}

const struct pktmon_registry *etl_journeys_registry(const struct etl_journeys *journeys)
{
    return journeys->past;
}

void etl_journeys_take(struct etl_journeys *journeys, const struct pktmon_event *event)
{
    if (event->record == PKTMON_RECORD_COMPONENT)
        keep_description(journeys, event->component);
    journey_assembler_take(journeys->assembler, event);
}

void etl_journeys_finish(struct etl_journeys *journeys)
{
    journey_assembler_finish(journeys->assembler);
}
