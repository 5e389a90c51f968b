/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The network interfaces of the machine, in merged logs as MIB_IF_ROW2 (netioapi.h). */
#include "catalogue.h"
#include "catalogue-private.h"

/* {9b79ee91-b5fd-41c0-a243-4248e266e9d0}, SystemConfigEx */
static const uint8_t system_config_guid[ETL_GUID_SIZE] = {
    0x91, 0xee, 0x79, 0x9b, 0xfd, 0xb5, 0xc0, 0x41, 0xa2, 0x43, 0x42, 0x48, 0xe2, 0x66, 0xe9, 0xd0};
#define OPCODE_INTERFACE 36

enum etl_row_field {
    ROW_IFINDEX = 8,
    ROW_ALIAS = 28,
    ROW_DESCRIPTION = 542,
    ROW_MAC_LENGTH = 1056,
    ROW_MAC = 1060,
    ROW_MTU = 1124,
    ROW_TYPE = 1128,
    ROW_TRANSMIT_SPEED = 1192,
    ROW_SIZE = 1352,
};
#define ROW_STRING_SIZE (257 * 2) /* bytes */
#define MAX_INTERFACES  4096

void etl_interface_free(void *data)
{
    struct etl_interface *interface = data;
    g_free(interface->alias);
    g_free(interface->description);
    g_free(interface);
}

static struct etl_interface *read_row(const uint8_t *row)
{
    struct etl_interface *interface = g_new0(struct etl_interface, 1);
    uint64_t speed = etl_u64(row + ROW_TRANSMIT_SPEED);
    interface->ifindex = etl_u32(row + ROW_IFINDEX);
    interface->alias = etl_utf16(row + ROW_ALIAS, ROW_STRING_SIZE);
    interface->description = etl_utf16(row + ROW_DESCRIPTION, ROW_STRING_SIZE);
    interface->mtu = etl_u32(row + ROW_MTU);
    interface->type = etl_u32(row + ROW_TYPE);
    interface->speed = speed == UINT64_MAX ? 0 : speed; /* all ones: unknown */
    interface->has_mac = etl_u32(row + ROW_MAC_LENGTH) == ETL_MAC_SIZE;
    memcpy(interface->mac, row + ROW_MAC, ETL_MAC_SIZE);
    return interface;
}

bool etl_is_system_config(const struct etl_record *record)
{
    return etl_record_is(record, ETL_RECORD_CLASSIC, system_config_guid);
}

void etl_interfaces_learn(struct etl_catalogue *catalogue, const struct etl_record *record)
{
    if (!etl_is_system_config(record) || record->opcode != OPCODE_INTERFACE)
        return;
    if (record->payload_size < ROW_SIZE) {
        catalogue->refused++;
        return;
    }
    if (g_hash_table_size(catalogue->interfaces) >= MAX_INTERFACES) {
        etl_budget_cuts(catalogue->budget)->descriptions++;
        return;
    }
    struct etl_interface *interface = read_row(record->payload);
    g_hash_table_replace(catalogue->interfaces, GUINT_TO_POINTER(interface->ifindex), interface);
}

const struct etl_interface *etl_catalogue_interface(const struct etl_catalogue *catalogue,
                                                    uint32_t ifindex)
{
    return g_hash_table_lookup(catalogue->interfaces, GUINT_TO_POINTER(ifindex));
}
