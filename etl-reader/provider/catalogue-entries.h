/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The entries of the catalogue: components, counters, filters, interfaces, kinds of events. */
#ifndef PKTMON_ETL_READER_CATALOGUE_ENTRIES_H
#define PKTMON_ETL_READER_CATALOGUE_ENTRIES_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "etl-reader/log/etl-record.h"

/* Ids of PktMon's components have 16 bits; those of other providers are greater. */
#define ETL_COMPONENT_NDIS   0x01000000u /* + LowerIfIndex, or MiniportIfIndex */
#define ETL_COMPONENT_SWITCH 0x02000000u /* + port of the virtual switch */
#define ETL_COMPONENT_WAN    0x03000000u
#define ETL_COMPONENT_MASK   0x00FFFFFFu

#define ETL_PKTMON_IDS 512 /* event ids of PktMon, each with a count of its own */

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

/* The properties by which components are bound to each other; 0 = none. */
struct etl_binding {
    uint32_t id;
    uint16_t type; /* enum etl_component_type */
    uint32_t ifindex, miniport_ifindex, lower_ifindex, lowest_ifindex, switch_ifindex, ip_ifindex;
    uint32_t stack;   /* the same for all components bound to each other; 0 = bound to none */
    uint32_t adapter; /* id of the adapter it is bound to; its own id for an adapter; 0 = none */
};

/* The newest reading of a counter. */
struct etl_counter {
    uint64_t time;
    uint32_t component;
    bool drops; /* of the drops of the component, else of the flow at an edge */
    uint16_t edge;
    uint16_t direction_in, direction_out;
    uint64_t packets_in, bytes_in, packets_out, bytes_out;
    const char *edge_name; /* owned by the catalogue; NULL: none */
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

/* The number of events of one kind. */
struct etl_event_count {
    enum etl_record_kind kind;
    uint8_t guid[ETL_GUID_SIZE];
    uint8_t version; /* of the first one */
    uint16_t id;
    uint64_t count;
    char *provider; /* set when the catalogue is finished */
};

/* A former name of a component, from an event of its registration. */
struct etl_former_name {
    uint32_t component;
    const char *name; /* NULL: none */
};

#endif
