/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scalar.h"

#include "etl-reader/log/etl-clock.h"

#define MAX_BINARY_TEXT 1024 /* most bytes shown of a binary value */
#define SID_MAX_PARTS   15

enum out_type {
    OUT_STRING = 1,
    OUT_HEX_INT8 = 16,
    OUT_HEX_INT64 = 19,
    OUT_PORT = 22,
    OUT_IPV4 = 23,
    OUT_IPV6 = 24,
    OUT_SOCKET_ADDRESS = 25,
    OUT_WIN32_ERROR = 30,
    OUT_NTSTATUS = 31,
    OUT_HRESULT = 32,
};

enum etl_scalar_form {
    FORM_NONE, /* unknown type */
    FORM_NOTHING,
    FORM_UTF16,
    FORM_TEXT,
    FORM_SIGNED,
    FORM_UNSIGNED,
    FORM_HEX,
    FORM_FLOAT,
    FORM_BOOLEAN,
    FORM_BINARY,
    FORM_GUID,
    FORM_FILETIME,
    FORM_SYSTEMTIME,
    FORM_SID,
    FORM_POINTER,
};

struct etl_scalar_type {
    enum etl_scalar_form form;
    uint8_t size;    /* bytes; 0 = varies */
    bool counted;    /* a u16 before it has its length in bytes */
    bool to_the_end; /* it extends to the end of the data */
};

static const struct etl_scalar_type types[] = {
    [ETL_IN_NULL] = {FORM_NOTHING},
    [ETL_IN_UNICODE_STRING] = {FORM_UTF16},
    [ETL_IN_ANSI_STRING] = {FORM_TEXT},
    [3] = {FORM_SIGNED, 1},
    [4] = {FORM_UNSIGNED, 1},
    [5] = {FORM_SIGNED, 2},
    [6] = {FORM_UNSIGNED, 2},
    [7] = {FORM_SIGNED, 4},
    [8] = {FORM_UNSIGNED, 4},
    [9] = {FORM_SIGNED, 8},
    [10] = {FORM_UNSIGNED, 8},
    [11] = {FORM_FLOAT, 4},
    [12] = {FORM_FLOAT, 8},
    [13] = {FORM_BOOLEAN, 4},
    [ETL_IN_BINARY] = {FORM_BINARY},
    [15] = {FORM_GUID, 16},
    [ETL_IN_POINTER] = {FORM_POINTER},
    [17] = {FORM_FILETIME, 8},
    [18] = {FORM_SYSTEMTIME, 16},
    [19] = {FORM_SID},
    [20] = {FORM_HEX, 4},
    [21] = {FORM_HEX, 8},
    [22] = {FORM_UTF16, .counted = true},
    [23] = {FORM_TEXT, .counted = true},
    [25] = {FORM_BINARY, .counted = true},
};

/* The second range, from TDH_INTYPE_COUNTEDSTRING on. */
#define FIRST_COUNTED 300
static const struct etl_scalar_type counted_types[] = {
    {FORM_UTF16, .counted = true},     /* COUNTEDSTRING */
    {FORM_TEXT, .counted = true},      /* COUNTEDANSISTRING */
    {FORM_NONE},                       /* REVERSEDCOUNTEDSTRING */
    {FORM_NONE},                       /* REVERSEDCOUNTEDANSISTRING */
    {FORM_UTF16, .to_the_end = true},  /* NONNULLTERMINATEDSTRING */
    {FORM_TEXT, .to_the_end = true},   /* NONNULLTERMINATEDANSISTRING */
    {FORM_UTF16, 2},                   /* UNICODECHAR */
    {FORM_TEXT, 1},                    /* ANSICHAR */
    {FORM_POINTER},                    /* SIZET */
    {FORM_BINARY, .to_the_end = true}, /* HEXDUMP */
};

static struct etl_scalar_type find_type(uint16_t in)
{
    if (in < G_N_ELEMENTS(types))
        return types[in];
    if (in >= FIRST_COUNTED && in - FIRST_COUNTED < (int)G_N_ELEMENTS(counted_types))
        return counted_types[in - FIRST_COUNTED];
    return (struct etl_scalar_type){FORM_NONE};
}

static size_t measure_terminated(const struct etl_cursor *cursor, bool wide)
{
    const uint8_t *data = cursor->data + cursor->at;
    size_t left = etl_cursor_left(cursor), size = 0;
    if (!wide)
        return MIN(strnlen((const char *)data, left) + 1, left);
    while (size + 2 <= left && etl_u16(data + size) != 0)
        size += 2;
    return MIN(size + 2, left);
}

static size_t measure_sid(const struct etl_cursor *cursor)
{
    const uint8_t *data = cursor->data + cursor->at;
    return etl_cursor_left(cursor) < 8 ? 8 : 8 + 4 * (size_t)data[1];
}

/* The size of the value in bytes. A size beyond the data makes the cursor fail. */
static size_t measure_value(struct etl_cursor *cursor, struct etl_scalar_type type,
                            const struct etl_scalar *scalar)
{
    if (type.size)
        return type.size;
    if (type.counted)
        return etl_take_u16(cursor);
    if (type.to_the_end)
        return etl_cursor_left(cursor);
    if (type.form == FORM_POINTER)
        return scalar->pointer_size;
    if (type.form == FORM_SID)
        return measure_sid(cursor);
    if (scalar->has_length)
        return (size_t)scalar->length * (type.form == FORM_UTF16 ? 2 : 1);
    if (type.form == FORM_UTF16 || type.form == FORM_TEXT)
        return measure_terminated(cursor, type.form == FORM_UTF16);
    return scalar->out == OUT_IPV6 ? 16 : 0;
}

static uint64_t read_unsigned(const uint8_t *data, size_t size)
{
    switch (size) {
    case 1:
        return *data;
    case 2:
        return etl_u16(data);
    case 4:
        return etl_u32(data);
    default:
        return etl_u64(data);
    }
}

static int64_t read_signed(const uint8_t *data, size_t size)
{
    switch (size) {
    case 1:
        return (int8_t)*data;
    case 2:
        return (int16_t)etl_u16(data);
    case 4:
        return (int32_t)etl_u32(data);
    default:
        return (int64_t)etl_u64(data);
    }
}

static bool is_shown_in_hex(uint16_t out)
{
    return (out >= OUT_HEX_INT8 && out <= OUT_HEX_INT64) ||
           (out >= OUT_WIN32_ERROR + 1 && out <= OUT_HRESULT);
}

static void append_unsigned(GString *text, const uint8_t *data, size_t size, uint16_t out)
{
    uint64_t value = read_unsigned(data, size);
    if (out == OUT_IPV4 && size == 4) {
        g_autofree char *address = etl_address_text(data, size);
        g_string_append(text, address);
    } else if (out == OUT_PORT && size == 2) {
        g_string_append_printf(text, "%u", data[0] << 8 | data[1]);
    } else {
        g_string_append_printf(
            text, is_shown_in_hex(out) ? "0x%" G_GINT64_MODIFIER "X" : "%" G_GUINT64_FORMAT, value);
    }
}

static void append_float(GString *text, const uint8_t *data, size_t size)
{
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    float single;
    double value;
    memcpy(&single, data, sizeof(single));
    value = single;
    if (size == sizeof(value))
        memcpy(&value, data, sizeof(value));
    g_string_append(text, g_ascii_dtostr(number, sizeof(number), value));
}

static void append_filetime(GString *text, const uint8_t *data)
{
    uint64_t ns = etl_filetime_ns((int64_t)etl_u64(data));
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc((gint64)(ns / 1000000000u));
    g_autofree char *date = time ? g_date_time_format(time, "%Y-%m-%dT%H:%M:%S") : NULL;
    if (date)
        g_string_append_printf(text, "%s.%07uZ", date, (unsigned)(ns % 1000000000u / 100));
}

static void append_systemtime(GString *text, const uint8_t *data)
{
    g_string_append_printf(text, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", etl_u16(data),
                           etl_u16(data + 2), etl_u16(data + 6), etl_u16(data + 8),
                           etl_u16(data + 10), etl_u16(data + 12), etl_u16(data + 14));
}

static void append_sid(GString *text, const uint8_t *data, size_t size)
{
    uint64_t authority = 0;
    for (int i = 2; i < 8; i++)
        authority = authority << 8 | data[i];
    g_string_append_printf(text, "S-%u-%" G_GUINT64_FORMAT, data[0], authority);
    for (size_t at = 8; at + 4 <= size && at < 8 + 4 * SID_MAX_PARTS; at += 4)
        g_string_append_printf(text, "-%u", etl_u32(data + at));
}

/* SOCKADDR_IN and SOCKADDR_IN6: family, port and address in network order. */
static bool append_socket_address(GString *text, const uint8_t *data, size_t size)
{
    bool v4 = size >= 16 && etl_u16(data) == 2, v6 = size >= 28 && etl_u16(data) == 23;
    if (!v4 && !v6)
        return false;
    g_autofree char *address = etl_address_text(data + (v4 ? 4 : 8), v4 ? 4 : 16);
    g_string_append_printf(text, v4 ? "%s:%u" : "[%s]:%u", address, data[2] << 8 | data[3]);
    return true;
}

static void append_binary(GString *text, const uint8_t *data, size_t size, uint16_t out)
{
    if (out == OUT_IPV6 && size == 16) {
        g_autofree char *address = etl_address_text(data, size);
        g_string_append(text, address);
        return;
    }
    if (out == OUT_SOCKET_ADDRESS && append_socket_address(text, data, size))
        return;
    g_autofree char *hex = etl_hex_text(data, MIN(size, MAX_BINARY_TEXT));
    g_autofree char *upper = g_ascii_strup(hex, -1); /* as Windows writes it */
    g_string_append_printf(text, "0x%s%s", upper, size > MAX_BINARY_TEXT ? "..." : "");
}

static void append_string(GString *text, const uint8_t *data, size_t size, bool wide)
{
    g_autofree char *string = wide ? etl_utf16(data, size) : etl_text(data, size);
    g_string_append(text, string);
}

static void append_guid(GString *text, const uint8_t *data)
{
    g_autofree char *guid = etl_guid_text(data);
    g_string_append_printf(text, "{%s}", guid);
}

static void append_value(GString *text, enum etl_scalar_form form, const uint8_t *data, size_t size,
                         uint16_t out)
{
    switch (form) {
    case FORM_UTF16:
    case FORM_TEXT:
        append_string(text, data, size, form == FORM_UTF16);
        break;
    case FORM_SIGNED:
        if (!is_shown_in_hex(out)) {
            g_string_append_printf(text, "%" G_GINT64_FORMAT, read_signed(data, size));
            break;
        }
        append_unsigned(text, data, size, out);
        break;
    case FORM_UNSIGNED:
        append_unsigned(text, data, size, out);
        break;
    case FORM_HEX:
    case FORM_POINTER:
        append_unsigned(text, data, size, OUT_HEX_INT64);
        break;
    case FORM_FLOAT:
        append_float(text, data, size);
        break;
    case FORM_BOOLEAN:
        g_string_append(text, etl_u32(data) ? "true" : "false");
        break;
    case FORM_BINARY:
        append_binary(text, data, size, out);
        break;
    case FORM_GUID:
        append_guid(text, data);
        break;
    case FORM_FILETIME:
        append_filetime(text, data);
        break;
    case FORM_SYSTEMTIME:
        append_systemtime(text, data);
        break;
    case FORM_SID:
        append_sid(text, data, size);
        break;
    case FORM_NONE:
    case FORM_NOTHING:
        break;
    }
}

static bool is_integer(enum etl_scalar_form form)
{
    return form == FORM_SIGNED || form == FORM_UNSIGNED || form == FORM_HEX ||
           form == FORM_POINTER || form == FORM_BOOLEAN;
}

bool etl_scalar_take(struct etl_cursor *cursor, const struct etl_scalar *scalar, GString *text,
                     uint64_t *number)
{
    struct etl_scalar_type type = find_type(scalar->in);
    if (type.form == FORM_NONE)
        return false;
    size_t size = measure_value(cursor, type, scalar);
    const uint8_t *data = etl_take(cursor, size);
    if (!data)
        return false;
    if (is_integer(type.form))
        *number = read_unsigned(data, size);
    append_value(text, type.form, data, size, scalar->out);
    return true;
}
