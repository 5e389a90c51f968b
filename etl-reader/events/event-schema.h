/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The description of one kind of event: its message and its fields. */
#ifndef PKTMON_ETL_READER_EVENT_SCHEMA_H
#define PKTMON_ETL_READER_EVENT_SCHEMA_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* EVENT_PROPERTY_INFO.Flags */
enum etl_field_flags {
    ETL_FIELD_STRUCT = 1,
    ETL_FIELD_LENGTH_FIELD = 2, /* length is the index of the field with the length */
    ETL_FIELD_COUNT_FIELD = 4,  /* count likewise */
    ETL_FIELD_FIXED_LENGTH = 0x10,
    ETL_FIELD_FIXED_COUNT = 0x20,
};

struct etl_field {
    const char *name;
    const char *map; /* name of its value map; NULL: none */
    uint32_t flags;
    uint16_t in, out;        /* types */
    uint16_t first, members; /* of a struct: its fields */
    uint16_t count, length;
};

/* The strings are shared and owned by the budget. */
struct etl_schema {
    const char *provider; /* name; may be NULL */
    const char *message;  /* template with %1 ...; NULL: none */
    const char *name;     /* of the event or its task; may be NULL */
    bool spaced;          /* Windows writes a space after the message */
    guint top;            /* number of fields outside of structs, which come first */
    GArray *fields;       /* of struct etl_field */
};

#endif
