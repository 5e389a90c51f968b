/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The mounts that this process sees (/proc/self/mountinfo). */
#include "mounts.h"

#include <fcntl.h>
#include <glib.h>
#include <string.h>

#define MOUNTINFO "/proc/self/mountinfo"

/* Fields of a line; optional ones follow, then "-", and those that are counted from there. */
enum mount_field { FIELD_ROOT = 3, FIELD_PLACE = 4, FIELD_OPTIONAL = 6 };
enum { BEHIND_TYPE = 1, BEHIND_OPTIONS = 3 };

/* False: visit no more. */
static bool visit(char *const *fields, const char *type, const char *root,
                  netdev_mount_visitor *visitor, void *data)
{
    guint count = g_strv_length((char **)fields), dash = FIELD_OPTIONAL;
    g_autofree char *place = NULL;

    while (dash < count && strcmp(fields[dash], "-") != 0)
        dash++;
    if (dash + BEHIND_TYPE >= count || strcmp(fields[dash + BEHIND_TYPE], type) != 0 ||
        !g_str_has_prefix(fields[FIELD_ROOT], root))
        return true;
    place = g_strcompress(fields[FIELD_PLACE]); /* blanks are written as \040 */
    const struct netdev_mount mount = {
        .place = place,
        .root = fields[FIELD_ROOT],
        .options = dash + BEHIND_OPTIONS < count ? fields[dash + BEHIND_OPTIONS] : "",
    };
    return visitor(&mount, data);
}

void netdev_visit_mounts(const char *type, const char *root, netdev_mount_visitor *visitor,
                         void *data)
{
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    bool more = true;

    if (!g_file_get_contents(MOUNTINFO, &text, NULL, NULL))
        return;
    lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line && more; line++) {
        g_auto(GStrv) fields = g_strsplit(*line, " ", -1);
        more = visit(fields, type, root, visitor, data);
    }
}

static bool take_first(const struct netdev_mount *mount, void *data)
{
    char **place = data;

    *place = g_strdup(mount->place);
    return false;
}

char *netdev_find_mount(const char *type)
{
    char *place = NULL;

    netdev_visit_mounts(type, "", take_first, &place);
    return place;
}

static int watch = -1;

int netdev_watch_mounts(void)
{
    if (watch < 0)
        watch = open(MOUNTINFO, O_RDONLY | O_CLOEXEC);
    return watch;
}
