/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "frame-record.h"

#include <string.h>

#include "compat.h"

static void keep_value(struct record *record, const struct pktmon_metadata_field *field)
{
    struct record_value *value = &record->values[field->type];

    if (value->present)
        return;
    value->present = true;
    value->offset = (uint32_t)field->offset;
    value->length = (uint16_t)field->length;
    value->number = field->number;
}

bool record_parse(struct record *record, tvbuff_t *tvb)
{
    unsigned size = tvb_captured_length(tvb);
    struct pktmon_metadata_reader reader;
    struct pktmon_metadata_field field;

    if (size == 0 || !pktmon_metadata_open(&reader, tvb_get_ptr(tvb, 0, size), size))
        return false;
    memset(record, 0, sizeof *record);
    record->tvb = tvb;
    record->version = reader.version;
    record->type = reader.record;
    while (pktmon_metadata_next(&reader, &field)) {
        if (field.kind != PKTMON_KIND_NONE || field.type == PKTMON_FIELD_JOURNEY)
            keep_value(record, &field);
    }
    return true;
}

bool record_has(const struct record *record, enum pktmon_field field)
{
    return record->values[field].present;
}

uint64_t record_number(const struct record *record, enum pktmon_field field)
{
    return record->values[field].number;
}

const char *record_string(const struct record *record, enum pktmon_field field,
                          wmem_allocator_t *scope)
{
    const struct record_value *value = &record->values[field];

    if (!value->present)
        return NULL;
    const char *text = (const char *)tvb_get_ptr(record->tvb, (int)value->offset, value->length);
    if (g_utf8_validate(text, value->length, NULL)) /* almost every one */
        return wmem_strndup(scope, text, value->length);
    return (const char *)tvb_get_string_enc(scope, record->tvb, value->offset, value->length,
                                            ENC_UTF_8);
}

const char *record_text(const struct record *record, enum pktmon_field field,
                        wmem_allocator_t *scope)
{
    const struct record_value *value = &record->values[field];

    if (!value->present)
        return "";
    return tvb_format_text(scope, record->tvb, value->offset, value->length);
}
