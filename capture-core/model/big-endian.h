/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers in network order. */
#ifndef PKTMON_MODEL_BIG_ENDIAN_H
#define PKTMON_MODEL_BIG_ENDIAN_H

#include <stdint.h>

static inline uint16_t be16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static inline uint32_t be32(const uint8_t *bytes)
{
    return (uint32_t)be16(bytes) << 16 | be16(bytes + 2);
}

#endif
