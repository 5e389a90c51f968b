/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mounts.h"

#define MAKER_ROOT    0
#define MAKER_UNKNOWN UINT32_MAX

/* --- hierarchies --- */

struct hierarchy_search {
    const char *option; /* as in "cpu,cpuacct"; NULL: any */
    int root;           /* -errno until one was opened */
};

static int open_root(const char *place)
{
    int root = open(place, O_PATH | O_DIRECTORY | O_CLOEXEC);

    return root < 0 ? -errno : root;
}

/* Opens the first whole hierarchy that can be opened. */
static bool open_hierarchy_at(const struct netdev_mount *mount, void *data)
{
    struct hierarchy_search *search = data;
    g_auto(GStrv) options = g_strsplit(mount->options, ",", -1);

    if (strcmp(mount->root, "/") == 0 &&
        (!search->option || g_strv_contains((const char *const *)options, search->option)))
        search->root = open_root(mount->place);
    return search->root < 0;
}

static int open_hierarchy(const char *type, const char *option)
{
    struct hierarchy_search search = {.option = option, .root = -ENOENT};

    netdev_visit_mounts(type, "/", open_hierarchy_at, &search);
    return search.root;
}

int netdev_open_unified(void)
{
    return open_hierarchy("cgroup2", NULL);
}

G_LOCK_DEFINE_STATIC(roots);

/* Opens a hierarchy of version 1, by the first of its controllers or by its name. Each is searched
 * for once. */
static int hierarchy_of(const char *controllers)
{
    static GHashTable *roots; /* controllers -> descriptor */
    g_autofree char *first = g_strndup(controllers, strcspn(controllers, ","));
    void *root;

    G_LOCK(roots);
    if (!roots)
        roots = g_hash_table_new(g_str_hash, g_str_equal);
    if (!g_hash_table_lookup_extended(roots, first, NULL, &root)) {
        root = GINT_TO_POINTER(open_hierarchy("cgroup", first));
        g_hash_table_insert(roots, g_strdup(first), root);
    }
    G_UNLOCK(roots);
    return GPOINTER_TO_INT(root);
}

/* --- names --- */

struct found_container {
    char id[NETDEV_CONTAINER_LONG_ID + 1];
    uint32_t maker;
};

/* Returns the user who could make a directory in this one. A path with ".." is outside of the
 * visible hierarchy. */
static uint32_t maker_in(int root, const char *place)
{
    struct stat status;

    while (*place == '/')
        place++;
    if (root < 0 || strstr(place, "..") ||
        fstatat(root, *place ? place : ".", &status, AT_SYMLINK_NOFOLLOW))
        return MAKER_UNKNOWN;
    if (status.st_uid != MAKER_ROOT)
        return status.st_uid;
    return status.st_mode & (S_IWGRP | S_IWOTH) ? MAKER_UNKNOWN : MAKER_ROOT;
}

/* A name that root made takes precedence: one that another user made is never mistaken for it, and
 * below it, other users' groups are part of it. */
static void take_id(struct found_container *found, const char *id, uint32_t maker)
{
    if (maker == MAKER_UNKNOWN || (*found->id && found->maker == MAKER_ROOT && maker != MAKER_ROOT))
        return;
    g_strlcpy(found->id, id, sizeof(found->id));
    found->maker = maker;
}

/* An id is a run of 64 hexadecimal digits in the name of a directory; the last one applies. */
static void take_path(struct found_container *found, int root, const char *path)
{
    size_t run = 0, parent = 0;

    for (size_t i = 0; path[i]; i++) {
        run = g_ascii_isxdigit(path[i]) ? run + 1 : 0;
        if (path[i] == '/')
            parent = i;
        if (run == NETDEV_CONTAINER_LONG_ID) {
            g_autofree char *place = g_strndup(path, parent);
            take_id(found, path + i + 1 - NETDEV_CONTAINER_LONG_ID, maker_in(root, place));
        }
    }
}

void netdev_container_of(const char *pid, int unified, char name[NETDEV_CONTAINER_NAME_SIZE])
{
    g_autofree char *file = g_strdup_printf("/proc/%s/cgroup", pid), *text = NULL;
    g_auto(GStrv) lines = NULL;
    struct found_container found = {};

    *name = '\0';
    if (!g_file_get_contents(file, &text, NULL, NULL))
        return;
    lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        g_auto(GStrv) parts = g_strsplit(*line, ":", 3); /* number, controllers, path */

        if (g_strv_length(parts) == 3 && strlen(parts[2]) > NETDEV_CONTAINER_LONG_ID)
            take_path(&found, *parts[1] ? hierarchy_of(parts[1]) : unified, parts[2]);
    }
    if (*found.id && found.maker != MAKER_ROOT)
        snprintf(name, NETDEV_CONTAINER_NAME_SIZE, "%s@%u", found.id, found.maker);
    else
        g_strlcpy(name, found.id, NETDEV_CONTAINER_NAME_SIZE);
}

void netdev_shorten_container(const char *name, char shortened[NETDEV_CONTAINER_NAME_SIZE])
{
    const char *mark = strchr(name, '@');

    snprintf(shortened, NETDEV_CONTAINER_NAME_SIZE, "%.*s%s", NETDEV_CONTAINER_SHORT_ID, name,
             mark ? mark : "");
}
