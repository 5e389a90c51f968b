/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "aliases.h"

#include "model/salted-hash.h"

struct netdev_aliases {
    GHashTable *of_namespaces; /* cookie, owned -> GPtrArray of char * */
};

struct netdev_aliases *netdev_aliases_new(void)
{
    struct netdev_aliases *aliases = g_new0(struct netdev_aliases, 1);

    aliases->of_namespaces = g_hash_table_new_full(salted_int64, g_int64_equal, g_free,
                                                   (GDestroyNotify)g_ptr_array_unref);
    return aliases;
}

static GPtrArray *get(struct netdev_aliases *aliases, uint64_t cookie)
{
    GPtrArray *names = g_hash_table_lookup(aliases->of_namespaces, &cookie);

    if (!names) {
        names = g_ptr_array_new_with_free_func(g_free);
        g_hash_table_insert(aliases->of_namespaces, g_memdup2(&cookie, sizeof(cookie)), names);
    }
    return names;
}

void netdev_aliases_add(struct netdev_aliases *aliases, uint64_t cookie, const char *alias)
{
    GPtrArray *names = get(aliases, cookie);

    if (!g_ptr_array_find_with_equal_func(names, alias, g_str_equal, NULL))
        g_ptr_array_add(names, g_strdup(alias));
}

const GPtrArray *netdev_aliases_of(struct netdev_aliases *aliases, uint64_t cookie)
{
    return get(aliases, cookie);
}

void netdev_aliases_remove(struct netdev_aliases *aliases, uint64_t cookie)
{
    g_hash_table_remove(aliases->of_namespaces, &cookie);
}

void netdev_aliases_free(struct netdev_aliases *aliases)
{
    g_hash_table_unref(aliases->of_namespaces);
    g_free(aliases);
}
