/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "known-filters.h"

#include "pktmon/component.h"

struct known_filter {
    uint16_t id;
    char *name, *text;
};

static void free_filter(void *data)
{
    struct known_filter *filter = data;

    g_free(filter->name);
    g_free(filter->text);
    g_free(filter);
}

GPtrArray *known_filters_new(void)
{
    return g_ptr_array_new_with_free_func(free_filter);
}

/* NULL: it is not known. */
static struct known_filter *find(const GPtrArray *known, uint16_t id)
{
    for (guint i = 0; i < known->len; i++) {
        struct known_filter *filter = g_ptr_array_index(known, i);

        if (filter->id == id)
            return filter;
    }
    return NULL;
}

bool known_filters_put(GPtrArray *known, const struct pktmon_filter_description *filter, guint most)
{
    struct known_filter *kept = find(known, filter->id);
    bool is_new = !kept;

    if (is_new && known->len >= most)
        return true;
    if (is_new) {
        kept = g_new0(struct known_filter, 1);
        kept->id = filter->id;
        g_ptr_array_add(known, kept);
    }
    bool has_name = pktmon_component_set(&kept->name, filter->name);
    bool has_text = pktmon_component_set(&kept->text, filter->text);
    return is_new || has_name || has_text;
}

struct pktmon_filter_description known_filters_get(const GPtrArray *known, guint index)
{
    const struct known_filter *filter = g_ptr_array_index(known, index);

    return (struct pktmon_filter_description){filter->id, filter->name, filter->text};
}
