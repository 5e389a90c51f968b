/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "values.h"

#include <stddef.h>
#include <string.h>

static bool is_meant(const struct etl_value *row, uint32_t value, uint32_t build)
{
    if (row->value != value)
        return false;
    return row->last_build == 0 || (build != 0 && build <= row->last_build);
}

const char *etl_value_name(const struct etl_value *table, uint32_t value, uint32_t build)
{
    for (; table->symbol; table++) {
        if (is_meant(table, value, build))
            return table->text ? table->text : table->symbol;
    }
    return NULL;
}

bool etl_value_is_ours(const char *map, uint32_t value)
{
    static const struct {
        const char *map;
        uint32_t values; /* a bit for each */
    } ours[] = {
        {"ComponentType", 1u << 11}, /* IpInterface */
        {"NdisMedium",
         0xFFFFFu & ~(1u << 0 | 1u << 16 | 1u << 19)}, /* all but Ethernet, WiFi, MBB */
        {"PacketType", 0xFE0u},                        /* 5 to 11 */
    };
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        if (strcmp(ours[i].map, map) == 0)
            return value < 32 && (ours[i].values >> value & 1);
    }
    return false;
}

const struct etl_value *etl_values_of(const char *map)
{
    static const struct {
        const char *map;
        const struct etl_value *table;
    } tables[] = {
        {"DropReason", etl_drop_reason_values},       {"DropLocation", etl_drop_location_values},
        {"ComponentType", etl_component_type_values}, {"PropertyType", etl_property_type_values},
        {"NdisMedium", etl_ndis_medium_values},       {"PacketDirectionTag", etl_direction_values},
        {"PacketType", etl_packet_type_values},       {"EtherType", etl_ethertype_values},
        {"IPProtocol", etl_ip_protocol_values},
    };
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        if (strcmp(tables[i].map, map) == 0)
            return tables[i].table;
    }
    return NULL;
}
