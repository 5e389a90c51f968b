/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the parts of the catalogue. */
#ifndef PKTMON_ETL_READER_CATALOGUE_PRIVATE_H
#define PKTMON_ETL_READER_CATALOGUE_PRIVATE_H

#include "etl-reader/budget.h"
#include "etl-reader/events/schema.h"
#include "catalogue-entries.h"
#include "pktmon/component.h"

struct etl_catalogue {
    struct pktmon_registry *registry;
    struct etl_budget *budget;
    struct etl_schemas *schemas;
    GHashTable *bindings;   /* component id -> struct etl_binding */
    GHashTable *interfaces; /* ifindex -> struct etl_interface */
    GPtrArray *filters;     /* of struct etl_filter */
    GHashTable *counters;   /* key of place -> struct etl_counter */
    GArray *counter_list;   /* the same, sorted; made at the end */
    GHashTable *adapters;   /* ifindex -> id of its adapter */
    GPtrArray *deferred;    /* of GBytes: records to be read once all maps are known */
    GHashTable *edge_names; /* component << 16 | edge -> const char *, shared */
    GHashTable *counts;     /* struct count_key -> struct etl_event_count */
    uint64_t pktmon_counts[ETL_PKTMON_IDS];
    GArray *former_names; /* of struct etl_former_name */
    uint64_t uncounted;   /* events of kinds beyond the limit */
    uint64_t refused;
};

/* Cuts a name to ETL_MAX_NAME bytes, and counts that. Takes name; the caller frees the result. */
char *etl_catalogue_cut(struct etl_catalogue *catalogue, char *name);

/* Whether the event with this id describes a component (20 to 75). */
bool etl_is_component_event(uint16_t id);
/* Made empty if there is none yet. */
struct etl_binding *etl_binding_of(struct etl_catalogue *catalogue, uint32_t id);
void etl_components_learn(struct etl_catalogue *catalogue, const struct etl_record *record);
void etl_components_finish(struct etl_catalogue *catalogue);

/* Whether it is a record of SystemConfigEx, which describes the machine. */
bool etl_is_system_config(const struct etl_record *record);
/* Learns from such a record if it describes an interface (opcode 36). */
void etl_interfaces_learn(struct etl_catalogue *catalogue, const struct etl_record *record);
void etl_interface_free(void *interface);

/* The name of a number, from its map in the log, else from the project's table. NULL: none. */
const char *etl_catalogue_name(const struct etl_catalogue *catalogue, const char *map,
                               uint32_t value);

#endif
