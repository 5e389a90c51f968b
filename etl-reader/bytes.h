/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Little-endian numbers, and a bounded cursor over untrusted bytes. A cursor that is asked for more
 * bytes than it has fails, stays failed, and reads as zeros, so that a decoder reads all its fields
 * and checks once, at the end.
 */
#ifndef PKTMON_ETL_READER_BYTES_H
#define PKTMON_ETL_READER_BYTES_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ETL_GUID_SIZE 16
#define ETL_MAC_SIZE  6

static inline uint16_t etl_u16(const uint8_t *bytes)
{
    uint16_t value;
    memcpy(&value, bytes, sizeof(value));
    return GUINT16_FROM_LE(value);
}

static inline uint32_t etl_u32(const uint8_t *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof(value));
    return GUINT32_FROM_LE(value);
}

static inline uint64_t etl_u64(const uint8_t *bytes)
{
    uint64_t value;
    memcpy(&value, bytes, sizeof(value));
    return GUINT64_FROM_LE(value);
}

struct etl_cursor {
    const uint8_t *data;
    size_t size;
    size_t at;
    bool failed;
};

static inline struct etl_cursor etl_cursor_over(const uint8_t *data, size_t size)
{
    return (struct etl_cursor){.data = data, .size = size};
}

static inline size_t etl_cursor_left(const struct etl_cursor *cursor)
{
    return cursor->size - cursor->at;
}

/* NULL: fewer bytes are left. */
static inline const uint8_t *etl_take(struct etl_cursor *cursor, size_t count)
{
    if (cursor->failed || count > etl_cursor_left(cursor)) {
        cursor->failed = true;
        return NULL;
    }
    const uint8_t *bytes = cursor->data + cursor->at;
    cursor->at += count;
    return bytes;
}

static inline uint8_t etl_take_u8(struct etl_cursor *cursor)
{
    const uint8_t *bytes = etl_take(cursor, 1);
    return bytes ? *bytes : 0;
}

static inline uint16_t etl_take_u16(struct etl_cursor *cursor)
{
    const uint8_t *bytes = etl_take(cursor, 2);
    return bytes ? etl_u16(bytes) : 0;
}

static inline uint32_t etl_take_u32(struct etl_cursor *cursor)
{
    const uint8_t *bytes = etl_take(cursor, 4);
    return bytes ? etl_u32(bytes) : 0;
}

static inline uint64_t etl_take_u64(struct etl_cursor *cursor)
{
    const uint8_t *bytes = etl_take(cursor, 8);
    return bytes ? etl_u64(bytes) : 0;
}

/* A pointer of the machine that wrote the log: 4 or 8 bytes. */
static inline uint64_t etl_take_pointer(struct etl_cursor *cursor, unsigned pointer_size)
{
    return pointer_size == 4 ? etl_take_u32(cursor) : etl_take_u64(cursor);
}

/* Converts UTF-16LE of at most size bytes, up to its first NUL, to UTF-8. Invalid units become
 * U+FFFD. The caller frees it. */
char *etl_utf16(const uint8_t *bytes, size_t size);
/* The same for 8-bit text: UTF-8, in which invalid bytes become U+FFFD. */
char *etl_text(const uint8_t *bytes, size_t size);

/* Cuts UTF-8 in place to at most size bytes, between characters. Returns text. */
char *etl_cut(char *text, size_t size);

/* Takes a NUL-terminated UTF-16LE string. Without a NUL it ends with the data, which is no failure.
 * The caller frees it. */
char *etl_take_utf16(struct etl_cursor *cursor);
/* The same for 8-bit text. */
char *etl_take_text(struct etl_cursor *cursor);

/* "4d4f80d9-c8bd-4d73-bb5b-19c90402c5ac"; the caller frees it. */
char *etl_guid_text(const uint8_t guid[ETL_GUID_SIZE]);
/* "00-22-48-7B-B3-80", as Windows writes it; the caller frees it. */
char *etl_mac_text(const uint8_t mac[ETL_MAC_SIZE]);
/* "20014898...": two digits per byte; the caller frees it. */
char *etl_hex_text(const uint8_t *bytes, size_t size);
/* An IPv4 address (size 4) or an IPv6 address (size 16) in network order; the caller frees it. */
char *etl_address_text(const uint8_t *bytes, size_t size);

#endif
