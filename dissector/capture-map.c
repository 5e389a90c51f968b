/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture-map.h"

#include <string.h>

static guint key_hash(gconstpointer key)
{
    return wmem_strong_hash(key, sizeof(struct capture_map_key));
}

static gboolean key_equal(gconstpointer left, gconstpointer right)
{
    return memcmp(left, right, sizeof(struct capture_map_key)) == 0;
}

wmem_map_t *capture_map_new(void)
{
    return wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(), key_hash, key_equal);
}
