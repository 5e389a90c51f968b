/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nearest.h"

#include <string.h>

#define LONGEST  64 /* letters; longer words are not compared */
#define SHORTEST 3  /* letters that a word needs to be taken as the beginning of a name */

/* How many letters have to be added, removed or replaced (Levenshtein distance). */
static guint distance_between(const char *one, const char *other)
{
    guint row[LONGEST + 1], length = (guint)strlen(other);

    for (guint i = 0; i <= length; i++)
        row[i] = i;
    for (; *one; one++) {
        guint diagonal = row[0]++;

        for (guint i = 1; i <= length; i++) {
            guint replaced = diagonal + (g_ascii_toupper(*one) != g_ascii_toupper(other[i - 1]));

            diagonal = row[i];
            row[i] = MIN(replaced, MIN(row[i], row[i - 1]) + 1);
        }
    }
    return row[length];
}

/* The shortest name that begins with the word. */
static const char *continuation_of(const char *word, const GPtrArray *names)
{
    const char *shortest = NULL;

    for (guint i = 0; i < names->len; i++) {
        const char *name = names->pdata[i];

        if (g_ascii_strncasecmp(name, word, strlen(word)) == 0 &&
            (!shortest || strlen(name) < strlen(shortest)))
            shortest = name;
    }
    return shortest;
}

const char *nearest_word(const char *word, const GPtrArray *names)
{
    size_t length = strlen(word);
    guint least = (guint)length / 3 + 1; /* more changes would make another word */
    const char *nearest = length >= SHORTEST ? continuation_of(word, names) : NULL;

    if (nearest || length == 0 || length > LONGEST)
        return nearest;
    for (guint i = 0; i < names->len; i++) {
        const char *name = names->pdata[i];
        guint distance;

        if (strlen(name) > LONGEST)
            continue;
        distance = distance_between(word, name);
        if (distance <= least && (distance < least || !nearest)) {
            least = distance;
            nearest = name;
        }
    }
    return nearest;
}
