/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "aliases.h"

#include "salted.h"

struct aliases {
    GHashTable *of_namespaces; /* cookie, owned -> GPtrArray of char * */
};

struct aliases *aliases_new(void)
{
    struct aliases *aliases = g_new0(struct aliases, 1);

    aliases->of_namespaces = g_hash_table_new_full(salted_int64, g_int64_equal, g_free,
                                                   (GDestroyNotify)g_ptr_array_unref);
    return aliases;
}

static GPtrArray *get(struct aliases *aliases, uint64_t cookie)
{
    GPtrArray *names = g_hash_table_lookup(aliases->of_namespaces, &cookie);

    if (!names) {
        names = g_ptr_array_new_with_free_func(g_free);
        g_hash_table_insert(aliases->of_namespaces, g_memdup2(&cookie, sizeof(cookie)), names);
    }
    return names;
}

void aliases_add(struct aliases *aliases, uint64_t cookie, const char *alias)
{
    GPtrArray *names = get(aliases, cookie);

    if (!g_ptr_array_find_with_equal_func(names, alias, g_str_equal, NULL))
        g_ptr_array_add(names, g_strdup(alias));
}

const GPtrArray *aliases_of(struct aliases *aliases, uint64_t cookie)
{
    return get(aliases, cookie);
}

void aliases_remove(struct aliases *aliases, uint64_t cookie)
{
    g_hash_table_remove(aliases->of_namespaces, &cookie);
}

void aliases_free(struct aliases *aliases)
{
    g_hash_table_unref(aliases->of_namespaces);
    g_free(aliases);
}
