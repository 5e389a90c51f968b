/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "logger-text.h"

#include "etl-reader/bytes.h"
#include "scalar.h"

/* Types of tdh.h. */
enum {
    IN_STRING = 1,
    IN_U16 = 6,
    IN_U32 = 8,
    IN_I64 = 9,
    IN_U64 = 10,
    IN_POINTER = 16,
    OUT_HEX32 = 18,
};

struct etl_logger_field {
    const char *name;
    uint16_t in, out;
    uint16_t skipped; /* bytes of a field that Windows does not show */
};

/* TRACE_LOGFILE_HEADER. Its union of sizes is separate, and padding follows the time zone. */
static const struct etl_logger_field header[] = {
    {"BufferSize", IN_U32, 0, 0},
    {"Version", IN_U32, 0, 0},
    {"ProviderVersion", IN_U32, 0, 0},
    {"NumberOfProcessors", IN_U32, 0, 0},
    {"EndTime", IN_U64, 0, 0},
    {"TimerResolution", IN_U32, 0, 0},
    {"MaxFileSize", IN_U32, 0, 0},
    {"LogFileMode", IN_U32, OUT_HEX32, 0},
    {"BuffersWritten", IN_U32, 0, 0},
    {"StartBuffers", IN_U32, 0, 0},
    {"PointerSize", IN_U32, 0, 0},
    {"EventsLost", IN_U32, 0, 0},
    {"CPUSpeed", IN_U32, 0, 0},
    {"LoggerName", IN_POINTER, 0, 0},
    {"LogFileName", IN_POINTER, 0, 0},
    {"TimeZoneInformation", 0, 0, 176},
    {"BootTime", IN_U64, 0, 0},
    {"PerfFreq", IN_U64, 0, 0},
    {"StartTime", IN_U64, 0, 0},
    {"ReservedFlags", IN_U32, OUT_HEX32, 0},
    {"BuffersLost", IN_U32, 0, 0},
    {"SessionNameString", IN_STRING, 0, 0},
    {"LogFileNameString", IN_STRING, 0, 0},
    {0},
};

/* ETW_TRACE_PARTITION_INFORMATION_V2; the ids are GUIDs. */
static const struct etl_logger_field partition[] = {
    {"EventVersion", IN_U16, 0, 0},
    {"Reserved", IN_U16, 0, 0},
    {"PartitionType", IN_U32, 0, 0},
    {"QpcOffsetFromRoot", IN_I64, 0, 0},
    {"PartitionId", 0, 0, 16},
    {"ParentId", 0, 0, 16},
    {0},
};

/* By group and type of the record. */
static const struct {
    uint16_t id;
    const char *name;
    const struct etl_logger_field *fields;
} kinds[] = {
    {0x0000, "Header", header},
    {0x0050, "PartitionInfoExtensionV2", partition},
};

static bool take_field(struct etl_cursor *cursor, const struct etl_logger_field *field,
                       unsigned pointer_size, GString *text)
{
    const struct etl_scalar scalar = {
        .in = field->in, .out = field->out, .pointer_size = pointer_size};
    uint64_t number;
    if (field->skipped)
        return etl_take(cursor, field->skipped) != NULL;
    return etl_scalar_take(cursor, &scalar, text, &number);
}

/* A short record lacks its last fields. */
static void put_fields(const struct etl_record *record, const struct etl_logger_field *fields,
                       GString *text)
{
    struct etl_cursor cursor = etl_cursor_over(record->payload, record->payload_size);
    for (; fields->name; fields++) {
        g_string_append_printf(text, ", %s: ", fields->name);
        if (!take_field(&cursor, fields, record->pointer_size, text))
            return;
    }
}

bool etl_is_logger_record(const struct etl_record *record)
{
    if (record->kind != ETL_RECORD_KERNEL)
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (kinds[i].id == record->id)
            return true;
    }
    return false;
}

bool etl_logger_text(const struct etl_record *record, GString *text)
{
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (record->kind != ETL_RECORD_KERNEL || kinds[i].id != record->id)
            continue;
        g_string_append_printf(text, "Event: %s", kinds[i].name);
        put_fields(record, kinds[i].fields, text);
        return true;
    }
    return false;
}
