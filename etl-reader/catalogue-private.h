/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the catalogue share. */
#ifndef PKTMON_ETL_CATALOGUE_PRIVATE_H
#define PKTMON_ETL_CATALOGUE_PRIVATE_H

#include "catalogue.h"

#define ETL_PKTMON_IDS 512 /* event ids of PktMon that are counted each by itself */

struct etl_catalogue {
    struct pktmon_registry *registry;
    struct etl_budget *budget;
    struct etl_schemas *schemas;
    GHashTable *bindings;   /* component id -> struct etl_binding */
    GHashTable *interfaces; /* ifindex -> struct etl_interface */
    GPtrArray *filters;     /* of struct etl_filter */
    GHashTable *counters;   /* key of place -> struct etl_counter */
    GArray *counter_list;   /* the same, sorted, made when finished */
    GHashTable *adapters;   /* ifindex -> id of the adapter that has it */
    GPtrArray *deferred;    /* of GBytes: records that can only be read when all maps are known */
    GHashTable *edge_names; /* component << 16 | edge -> const char *, shared */
    GHashTable *counts;     /* struct count_key -> struct etl_event_count */
    uint64_t pktmon_counts[ETL_PKTMON_IDS];
    uint16_t packet_types[UINT16_MAX + 1]; /* bits of the types logged at each component */
    uint64_t uncounted;                    /* events of kinds beyond those that are counted apart */
    uint64_t refused;
};

/* At most ETL_MAX_NAME bytes of a name, for the caller to free; what is cut is counted. */
char *etl_catalogue_cut(struct etl_catalogue *catalogue, char *name);

/* Whether the event with this id describes a component (20 to 75). */
bool etl_is_component_event(uint16_t id);
/* Made empty where there is none yet. */
struct etl_binding *etl_binding_of(struct etl_catalogue *catalogue, uint32_t id);
void etl_components_learn(struct etl_catalogue *catalogue, const struct etl_record *record);
void etl_components_finish(struct etl_catalogue *catalogue);

/* SystemConfigEx: what the machine says of itself. */
bool etl_is_system_config(const struct etl_record *record);
/* Learns from it, if it describes an interface (opcode 36). */
void etl_interfaces_learn(struct etl_catalogue *catalogue, const struct etl_record *record);
void etl_interface_free(void *interface);

/* A number by its map in the log, else by the project's table. NULL: neither. */
const char *etl_catalogue_name(const struct etl_catalogue *catalogue, const char *map,
                               uint32_t value);

#endif
