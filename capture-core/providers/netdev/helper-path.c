/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The search for helpers: only in known places, and only where no other user can put one. */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "helper.h"
#include "pktmon/errors.h"

#define BUILD_FOLDER "capture-core"

static bool is_library(const char *path)
{
    g_autofree char *name = g_path_get_basename(path);

    return strstr(name, ".so") != NULL;
}

/* The path of the program or library that this code is in; the caller frees it. */
static char *own_path(void)
{
    Dl_info info;

    if (dladdr((const void *)own_path, &info) && info.dli_fname && is_library(info.dli_fname))
        return realpath(info.dli_fname, NULL);
    return realpath("/proc/self/exe", NULL);
}

/* The helper's path in a build tree: beside the library, or beside the folder of a program. NULL:
 * this is none. */
static char *path_in_build(const char *own, const char *name)
{
    g_autofree char *folder = g_path_get_dirname(own), *tree = g_path_get_dirname(folder);
    char *path = is_library(own) ? g_build_filename(folder, name, NULL)
                                 : g_build_filename(tree, BUILD_FOLDER, name, NULL);

    if (g_file_test(path, G_FILE_TEST_IS_REGULAR))
        return path;
    g_free(path);
    return NULL;
}

/* Whether only users whom this process trusts anyway can change the file: root, its own user, and
 * the owner of the running program. The owner's personal group counts as the owner. */
static bool is_safe(const struct stat *status, uid_t owner)
{
    bool is_known = status->st_uid == 0 || status->st_uid == geteuid() || status->st_uid == owner;
    bool is_own_group = status->st_gid == 0 || status->st_gid == status->st_uid;
    bool is_sticky = S_ISDIR(status->st_mode) && (status->st_mode & S_ISVTX);

    return is_known && (is_sticky || !(status->st_mode & S_IWOTH)) &&
           (is_sticky || is_own_group || !(status->st_mode & S_IWGRP));
}

/* The first part of the path that others may change; the caller frees it. NULL: none. */
static char *unsafe_part(const char *path, uid_t owner)
{
    g_autofree char *part = g_strdup(path);
    struct stat status;

    for (;;) {
        g_autofree char *below = g_steal_pointer(&part);

        if (lstat(below, &status) == 0 && !is_safe(&status, owner))
            return g_steal_pointer(&below);
        if (g_str_equal(below, "/"))
            return NULL;
        part = g_path_get_dirname(below);
    }
}

char *netdev_find_helper(const char *name, GError **error)
{
    g_autofree char *own = own_path(), *found = own ? path_in_build(own, name) : NULL;
    g_autofree char *path = NULL, *unsafe = NULL;
    struct stat status = {.st_uid = geteuid()};

    if (!found)
        found = g_build_filename(PKTMON_HELPERS_INSTALLED, name, NULL);
    path = realpath(found, NULL);
    if (!path) /* starting it reports why */
        return g_steal_pointer(&found);
    if (own)
        stat(own, &status);
    unsafe = unsafe_part(path, status.st_uid);
    if (!unsafe)
        return g_steal_pointer(&path);
    g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_PERMISSION,
                "%s is not started, because other users may change %s: make root the owner "
                "(chown), and remove the write permission of others (chmod go-w).",
                path, g_str_equal(path, unsafe) ? "it" : unsafe);
    return NULL;
}
