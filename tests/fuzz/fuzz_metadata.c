/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arbitrary bytes as a metadata record. If the fields that were read are written again, they read
 * the same. */
#include <glib.h>
#include <string.h>

#include "pktmon/metadata.h"

static void put_again(struct pktmon_metadata_writer *writer,
                      const struct pktmon_metadata_field *field)
{
    if (field->kind == PKTMON_KIND_STRING) {
        g_autofree char *text = g_strndup((const char *)field->value, field->length);
        pktmon_metadata_put_string(writer, (enum pktmon_field)field->type, text);
    } else {
        pktmon_metadata_put(writer, (enum pktmon_field)field->type, field->number);
    }
}

static void check_same(const struct pktmon_metadata_field *field,
                       struct pktmon_metadata_reader *again)
{
    struct pktmon_metadata_field other;
    g_assert_true(pktmon_metadata_next(again, &other));
    g_assert_cmpuint(other.type, ==, field->type);
    g_assert_cmpuint(other.kind, ==, field->kind);
    if (field->kind == PKTMON_KIND_STRING)
        g_assert_cmpmem(other.value, other.length, field->value,
                        strnlen((const char *)field->value, field->length));
    else if (field->kind == PKTMON_KIND_FLAG)
        g_assert_cmpuint(other.number, ==, field->number != 0);
    else
        g_assert_cmpuint(other.number, ==, field->number);
}

/* The first bytes, which the codec checks, are given; the fuzzer chooses all others. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pktmon_metadata_reader reader, again;
    struct pktmon_metadata_field field;
    struct pktmon_metadata_writer writer;
    g_autofree uint8_t *record = g_memdup2(data, size);
    /* Half of the size is not enough for all fields, so that overflow is tested too. */
    size_t room = size > 1 && data[size - 1] & 1 ? size / 2 : size;
    g_autofree uint8_t *copy = g_malloc0(room + 1);
    if (size >= PKTMON_METADATA_HEADER_SIZE)
        memcpy(record, PKTMON_METADATA_MAGIC, 4);
    if (!pktmon_metadata_open(&reader, record, size))
        return 0;
    pktmon_metadata_begin(&writer, copy, room, (enum pktmon_record)reader.record);
    while (pktmon_metadata_next(&reader, &field)) {
        g_assert_cmpuint(field.offset + field.length, <=, size);
        if (field.kind != PKTMON_KIND_NONE && !writer.overflow)
            put_again(&writer, &field);
    }
    g_assert_cmpuint(writer.length, <=, room);
    if (writer.overflow || !pktmon_metadata_open(&again, copy, writer.length))
        return 0;
    pktmon_metadata_open(&reader, record, size);
    while (pktmon_metadata_next(&reader, &field)) {
        if (field.kind != PKTMON_KIND_NONE)
            check_same(&field, &again);
    }
    g_assert_false(pktmon_metadata_next(&again, &field));
    g_assert_false(again.malformed);
    return 0;
}
