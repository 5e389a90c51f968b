/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bytes.h"

#include <gio/gio.h>

#define REPLACEMENT 0xFFFD

static bool is_high_surrogate(uint16_t unit)
{
    return unit >= 0xD800 && unit < 0xDC00;
}

static bool is_low_surrogate(uint16_t unit)
{
    return unit >= 0xDC00 && unit < 0xE000;
}

/* Size of the string in bytes: up to its NUL, or all complete units. */
static size_t utf16_length(const uint8_t *bytes, size_t size)
{
    size_t length = 0;
    while (length + 2 <= size && etl_u16(bytes + length) != 0)
        length += 2;
    return length;
}

char *etl_utf16(const uint8_t *bytes, size_t size)
{
    size_t length = utf16_length(bytes, size);
    GString *text = g_string_sized_new(length / 2);
    for (size_t at = 0; at < length; at += 2) {
        uint16_t unit = etl_u16(bytes + at);
        gunichar character = unit;
        if (is_high_surrogate(unit) && at + 4 <= length &&
            is_low_surrogate(etl_u16(bytes + at + 2))) {
            at += 2;
            character = 0x10000 + ((unit - 0xD800u) << 10) + (etl_u16(bytes + at) - 0xDC00u);
        } else if (is_high_surrogate(unit) || is_low_surrogate(unit)) {
            character = REPLACEMENT;
        }
        g_string_append_unichar(text, character);
    }
    return g_string_free(text, FALSE);
}

char *etl_text(const uint8_t *bytes, size_t size)
{
    return g_utf8_make_valid((const char *)bytes, (gssize)strnlen((const char *)bytes, size));
}

char *etl_cut(char *text, size_t size)
{
    if (strlen(text) <= size)
        return text;
    while (size > 0 && ((uint8_t)text[size] & 0xC0) == 0x80)
        size--;
    text[size] = '\0';
    return text;
}

char *etl_take_utf16(struct etl_cursor *cursor)
{
    size_t left = etl_cursor_left(cursor);
    if (cursor->failed)
        return g_strdup("");
    const uint8_t *bytes = cursor->data + cursor->at;
    size_t length = utf16_length(bytes, left);
    cursor->at += MIN(length + 2, left);
    return etl_utf16(bytes, length);
}

char *etl_take_text(struct etl_cursor *cursor)
{
    size_t left = etl_cursor_left(cursor);
    if (cursor->failed || left == 0)
        return g_strdup("");
    const uint8_t *bytes = cursor->data + cursor->at;
    size_t length = strnlen((const char *)bytes, left);
    cursor->at += MIN(length + 1, left);
    return etl_text(bytes, length);
}

char *etl_guid_text(const uint8_t guid[ETL_GUID_SIZE])
{
    return g_strdup_printf("%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x", etl_u32(guid),
                           etl_u16(guid + 4), etl_u16(guid + 6), guid[8], guid[9], guid[10],
                           guid[11], guid[12], guid[13], guid[14], guid[15]);
}

char *etl_mac_text(const uint8_t mac[ETL_MAC_SIZE])
{
    return g_strdup_printf("%02X-%02X-%02X-%02X-%02X-%02X", mac[0], mac[1], mac[2], mac[3], mac[4],
                           mac[5]);
}

char *etl_hex_text(const uint8_t *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    char *text = g_malloc(2 * size + 1);
    for (size_t i = 0; i < size; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    text[2 * size] = '\0';
    return text;
}

char *etl_address_text(const uint8_t *bytes, size_t size)
{
    g_autoptr(GInetAddress) address = g_inet_address_new_from_bytes(
        bytes, size == 4 ? G_SOCKET_FAMILY_IPV4 : G_SOCKET_FAMILY_IPV6);
    return g_inet_address_to_string(address);
}
