/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the scan learns from a log before its first packet is looked at: who the components are,
 * what their numbers were at the end, which filters there were, and how the log itself names
 * things. In the log all this stands at the end, when the capture stopped.
 */
#ifndef PKTMON_ETL_CATALOGUE_H
#define PKTMON_ETL_CATALOGUE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "component.h"
#include "etl-record.h"
#include "event.h"
#include "schema.h"

/* Ids of PktMon's own components have 16 bits; those of other providers stand above them. */
#define ETL_COMPONENT_NDIS   0x01000000u /* + LowerIfIndex, or MiniportIfIndex */
#define ETL_COMPONENT_SWITCH 0x02000000u /* + port of the virtual switch */
#define ETL_COMPONENT_WAN    0x03000000u
#define ETL_COMPONENT_MASK   0x00FFFFFFu

enum etl_component_type {
    ETL_COMPONENT_MINIPORT = 2,
    ETL_COMPONENT_FILTER = 3,
    ETL_COMPONENT_PROTOCOL = 4,
    ETL_COMPONENT_VMS_VM_NIC = 5,
    ETL_COMPONENT_VMS_MINIPORT = 6,
    ETL_COMPONENT_VMS_EXT_MINIPORT = 7,
    ETL_COMPONENT_VMS_PROTOCOL_NIC = 8,
    ETL_COMPONENT_NETVSC = 9,
    ETL_COMPONENT_NETCX = 14,
};

/* Properties that say how components are bound to each other; 0 = does not have it. */
struct etl_binding {
    uint32_t id;
    uint16_t type; /* enum etl_component_type */
    uint32_t ifindex, miniport_ifindex, lower_ifindex, lowest_ifindex, switch_ifindex, ip_ifindex;
    uint32_t stack;   /* the same for all that are bound to each other; 0 = to nothing */
    uint32_t adapter; /* id of the component it is bound to, itself for an adapter; 0 = none */
};

/* A counter reading, the newest of its place. */
struct etl_counter {
    uint64_t time;
    uint32_t component;
    bool drops; /* of the component's drops, else of an edge's flow */
    uint16_t edge;
    uint16_t direction_in, direction_out;
    uint64_t packets_in, bytes_in, packets_out, bytes_out;
    const char *edge_name; /* owned by the catalogue; NULL = none */
};

struct etl_filter {
    uint16_t id;
    char *name, *text;
};

/* A network interface of the machine (MIB_IF_ROW2). */
struct etl_interface {
    uint32_t ifindex, mtu, type;
    uint64_t speed; /* bits per second; 0 = not known */
    uint8_t mac[ETL_MAC_SIZE];
    bool has_mac;
    char *alias, *description;
};

/* How many events of one kind there were. */
struct etl_event_count {
    enum etl_record_kind kind;
    uint8_t guid[ETL_GUID_SIZE];
    uint8_t version; /* of the first of them */
    uint16_t id;
    uint64_t count;
    char *provider; /* set when the catalogue is finished */
};

struct etl_catalogue;

/* registry and budget are borrowed; the registry is filled. build: of Windows, decides among
 * conflicting names. */
struct etl_catalogue *etl_catalogue_new(struct pktmon_registry *registry, uint32_t build,
                                        struct etl_budget *budget);
void etl_catalogue_free(struct etl_catalogue *catalogue);

/* What the second pass has to do with a record. */
enum etl_use {
    ETL_USE_NONE,        /* nothing can be said of it */
    ETL_USE_DESCRIPTION, /* it was read here and now; it stands for nothing else */
    ETL_USE_EVENT,       /* it is an event of its own time */
};

enum etl_use etl_use_of(const struct etl_record *record);
/* Learns from one record, in any order. */
void etl_catalogue_learn(struct etl_catalogue *catalogue, const struct etl_record *record);
/* The same from a log of the same session: what it says of components, filters and names, without
 * counting its events or counters. */
void etl_catalogue_learn_names(struct etl_catalogue *catalogue, const struct etl_record *record);
/* After the last: joins what several records say of one component. */
void etl_catalogue_finish(struct etl_catalogue *catalogue);

const struct etl_schemas *etl_catalogue_schemas(const struct etl_catalogue *catalogue);
/* Of struct etl_filter, by id. */
const GPtrArray *etl_catalogue_filters(const struct etl_catalogue *catalogue);
/* Of struct etl_counter, by component, flow before drops, edge. */
const GArray *etl_catalogue_counters(const struct etl_catalogue *catalogue);
/* NULL: that component is not bound to anything. */
const struct etl_binding *etl_catalogue_binding(const struct etl_catalogue *catalogue,
                                                uint32_t component);
/* Of struct etl_binding, in the order of `pktmon list`: by adapter, from the adapter up to the
 * protocols. The caller frees the array. */
GPtrArray *etl_catalogue_stacks(const struct etl_catalogue *catalogue);
/* NULL: the log does not tell of it. */
const struct etl_interface *etl_catalogue_interface(const struct etl_catalogue *catalogue,
                                                    uint32_t ifindex);
/* Of struct etl_event_count, the most frequent first; the caller frees the array. */
GPtrArray *etl_catalogue_counts(const struct etl_catalogue *catalogue);
/* Events of kinds beyond those that are counted apart. */
uint64_t etl_catalogue_uncounted(const struct etl_catalogue *catalogue);
/* Whether packets of this type (pktmon.packet_type) were logged at the component. */
bool etl_catalogue_has_type(const struct etl_catalogue *catalogue, uint16_t component,
                            unsigned type);
/* Events of PktMon by id. */
uint64_t etl_catalogue_pktmon_count(const struct etl_catalogue *catalogue, uint16_t id);
/* Rundown events that were too short to be read. */
uint64_t etl_catalogue_refused(const struct etl_catalogue *catalogue);

/* Names of PktMon's numbers: the log's own, else the project's. NULL: neither has one. */
const char *etl_catalogue_reason(const struct etl_catalogue *catalogue, uint32_t reason);
const char *etl_catalogue_location(const struct etl_catalogue *catalogue, uint32_t location);
const char *etl_catalogue_component_type(const struct etl_catalogue *catalogue, uint32_t type);
const char *etl_catalogue_edge_name(const struct etl_catalogue *catalogue, uint32_t component,
                                    uint16_t edge);

/* A component that was registered or went while the capture ran (events 270 and 280); 0: the
 * event is too short. */
uint32_t etl_catalogue_register(struct etl_catalogue *catalogue, const struct etl_record *record);

/* A reading of counters, events 80 and 90. False: too short. edge_name is for the caller to free.
 */
bool etl_counter_read(const struct etl_record *record, struct etl_counter *counter,
                      char **edge_name);

#endif
