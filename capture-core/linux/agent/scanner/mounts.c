/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is mounted where (/proc/self/mountinfo). */
#include "scanner.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define MOUNTINFO "/proc/self/mountinfo"

/* A line has at least these fields, then optional ones, "-" and the file system's type. */
enum mount_field { FIELD_ROOT = 3, FIELD_PLACE = 4, FIELD_OPTIONAL = 6 };

/* False: stop. */
static bool visit(char *const *fields, const char *type, const char *root, mount_visitor visitor,
                  void *data)
{
    guint count = g_strv_length((char **)fields), dash = FIELD_OPTIONAL;
    g_autofree char *place = NULL;

    while (dash < count && strcmp(fields[dash], "-") != 0)
        dash++;
    if (dash + 1 >= count || strcmp(fields[dash + 1], type) != 0 ||
        !g_str_has_prefix(fields[FIELD_ROOT], root))
        return true;
    place = g_strcompress(fields[FIELD_PLACE]); /* blanks are written as \040 */
    return visitor(place, fields[FIELD_ROOT], data);
}

void mounts_visit(const char *type, const char *root, mount_visitor visitor, void *data)
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

struct search {
    const char *root;
    char **place;
};

static bool take_first(const char *place, const char *root, void *data)
{
    struct search *search = data;

    if (strcmp(root, search->root) != 0)
        return true;
    *search->place = g_strdup(place);
    return false;
}

bool mounts_find(const char *type, const char *root, char **place)
{
    struct search search = {.root = root, .place = place};

    mounts_visit(type, root, take_first, &search);
    return *place != NULL;
}

static int watch = -1;

int mounts_watch(void)
{
    if (watch < 0)
        watch = open(MOUNTINFO, O_RDONLY | O_CLOEXEC);
    return watch;
}
