/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nbl.h"

#include <glib.h>

#define LARGE_SEND_MSS_MASK 0xFFFFF
#define VLAN_PRIORITY_MASK  0x7
#define VLAN_CFI            0x8
#define VLAN_ID_SHIFT       4
#define VLAN_ID_MASK        0xFFF

static const char *const transmit_checksum[] = {
    "IPv4", "IPv6", "compute TCP checksum", "compute UDP checksum", "compute IP header checksum",
};

static const char *const receive_checksum[] = {
    "TCP checksum failed",
    "UDP checksum failed",
    "IP checksum failed",
    "TCP checksum succeeded",
    "UDP checksum succeeded",
    "IP checksum succeeded",
    "loopback",
    "TCP checksum value invalid",
    "IP checksum value invalid",
};

void etl_nbl_clear(struct etl_nbl *nbl)
{
    nbl->count = 0;
}

static void put_value(struct etl_nbl *nbl, struct pktmon_nbl_value value)
{
    if (nbl->count < ETL_NBL_MAX_VALUES)
        nbl->values[nbl->count++] = value;
}

void etl_nbl_put(struct etl_nbl *nbl, enum pktmon_field field, uint64_t number)
{
    put_value(nbl, (struct pktmon_nbl_value){.field = field, .number = number});
}

void etl_nbl_put_text(struct etl_nbl *nbl, enum pktmon_field field, const char *text)
{
    put_value(nbl, (struct pktmon_nbl_value){.field = field, .text = text});
}

static void put_checksum(struct etl_nbl *nbl, uint64_t value, uint16_t direction)
{
    bool transmit = etl_is_sent(direction);
    const char *const *names = transmit ? transmit_checksum : receive_checksum;
    size_t count = transmit ? G_N_ELEMENTS(transmit_checksum) : G_N_ELEMENTS(receive_checksum);
    nbl->checksum[0] = '\0';
    for (size_t bit = 0; bit < count; bit++) {
        if (!(value >> bit & 1))
            continue;
        if (nbl->checksum[0])
            g_strlcat(nbl->checksum, ", ", sizeof(nbl->checksum));
        g_strlcat(nbl->checksum, names[bit], sizeof(nbl->checksum));
    }
    etl_nbl_put(nbl, PKTMON_FIELD_NBL_CHECKSUM, value);
    if (nbl->checksum[0])
        etl_nbl_put_text(nbl, PKTMON_FIELD_NBL_CHECKSUM_TEXT, nbl->checksum);
}

static void put_large_send(struct etl_nbl *nbl, uint64_t value, uint16_t direction)
{
    (void)direction;
    etl_nbl_put(nbl, PKTMON_FIELD_NBL_LARGE_SEND, value);
    etl_nbl_put(nbl, PKTMON_FIELD_NBL_SEGMENT_SIZE, value & LARGE_SEND_MSS_MASK);
}

static void put_tag(struct etl_nbl *nbl, uint64_t value, uint16_t direction)
{
    (void)direction;
    etl_nbl_put(nbl, PKTMON_FIELD_NBL_VLAN, value >> VLAN_ID_SHIFT & VLAN_ID_MASK);
    etl_nbl_put(nbl, PKTMON_FIELD_NBL_PRIORITY, value & VLAN_PRIORITY_MASK);
}

static void put_coalesced(struct etl_nbl *nbl, uint64_t value, uint16_t direction)
{
    (void)direction;
    etl_nbl_put(nbl, PKTMON_FIELD_NBL_COALESCED, value & 0xFFFF);
    etl_nbl_put(nbl, PKTMON_FIELD_NBL_DUPLICATE_ACKS, value >> 16 & 0xFFFF);
}

/* Each entry is one field, or has a function that makes several. */
static const struct {
    enum pktmon_field field;
    void (*put)(struct etl_nbl *nbl, uint64_t value, uint16_t direction);
} entries[ETL_NBL_COUNT] = {
    [ETL_NBL_CHECKSUM] = {.put = put_checksum},
    [ETL_NBL_LARGE_SEND] = {.put = put_large_send},
    [ETL_NBL_8021Q] = {.put = put_tag},
    [ETL_NBL_HASH_INFO] = {PKTMON_FIELD_NBL_HASH_INFO},
    [ETL_NBL_HASH_VALUE] = {PKTMON_FIELD_NBL_HASH},
    [ETL_NBL_VIRTUAL_SUBNET] = {PKTMON_FIELD_NBL_VIRTUAL_SUBNET},
    [ETL_NBL_COALESCED] = {.put = put_coalesced},
    [ETL_NBL_NAME_RESOLUTION] = {PKTMON_FIELD_NBL_NAME_RESOLUTION},
    [ETL_NBL_SEND_OFFLOADS] = {PKTMON_FIELD_NBL_SEND_OFFLOADS},
    [ETL_NBL_SWITCH_FORWARDING] = {PKTMON_FIELD_NBL_SWITCH_FORWARDING},
    [ETL_NBL_GFT_OFFLOAD] = {PKTMON_FIELD_NBL_GFT_OFFLOAD},
    [ETL_NBL_GFT_FLOW] = {PKTMON_FIELD_NBL_GFT_FLOW},
};

void etl_nbl_put_info(struct etl_nbl *nbl, const uint64_t info[ETL_NBL_COUNT], uint16_t direction)
{
    for (int i = 0; i < ETL_NBL_COUNT; i++) {
        if (info[i] == 0)
            continue;
        if (entries[i].put)
            entries[i].put(nbl, info[i], direction);
        else
            etl_nbl_put(nbl, entries[i].field, info[i]);
    }
}

const struct pktmon_nbl *etl_nbl_view(struct etl_nbl *nbl)
{
    nbl->nbl = (struct pktmon_nbl){.values = nbl->values, .count = nbl->count};
    return nbl->count > 0 ? &nbl->nbl : NULL;
}

uint16_t etl_nbl_tag(uint64_t ieee8021q)
{
    unsigned priority = ieee8021q & VLAN_PRIORITY_MASK;
    unsigned format = ieee8021q & VLAN_CFI ? 1 : 0;
    unsigned id = ieee8021q >> VLAN_ID_SHIFT & VLAN_ID_MASK;
    return (uint16_t)(priority << 13 | format << 12 | id);
}
