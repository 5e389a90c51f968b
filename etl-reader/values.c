/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "values.h"

#include <stdbool.h>
#include <stddef.h>

static bool means(const struct etl_value *row, uint32_t value, uint32_t build)
{
    if (row->value != value)
        return false;
    return row->last_build == 0 || (build != 0 && build <= row->last_build);
}

const char *etl_value_name(const struct etl_value *table, uint32_t value, uint32_t build)
{
    for (; table->symbol; table++) {
        if (means(table, value, build))
            return table->text ? table->text : table->symbol;
    }
    return NULL;
}
