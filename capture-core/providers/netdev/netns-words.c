/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns-words.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "container.h"
#include "model/nearest.h"
#include "pktmon/component.h"
#include "pktmon/errors.h"

#define CURRENT     "current" /* what the own namespace is called, which has no name */
#define OWN_PATH    "/proc/self/ns/net"
#define LONGEST_PID 10 /* digits */

struct word {
    char *text;
    uint32_t inode;      /* of the namespace that the word leads to; 0 = none */
    int failure;         /* errno of that search; 0 = none */
    char *container;     /* the beginning of its id, and its user; NULL = no container */
    GHashTable *matched; /* namespaces with this alias, by their name as shown */
};

struct netns_words {
    GMutex mutex;
    GPtrArray *words; /* of struct word */
    uint32_t own_inode;
};

/* --- looking words up --- */

static bool consists_of(const char *text, const char *letters)
{
    return *text && text[strspn(text, letters)] == '\0';
}

static bool is_pid(const char *text)
{
    return consists_of(text, "0123456789") && strlen(text) <= LONGEST_PID;
}

/* How many digits of a container's id the text begins with: all of it but "@USER" (container.h). 0:
 * it is no container. */
static size_t id_length(const char *text)
{
    size_t length = strspn(text, "0123456789abcdef");
    const char *user = text + length;

    if (length < NETDEV_CONTAINER_SHORT_ID || length > NETDEV_CONTAINER_LONG_ID)
        return 0;
    return !*user || (*user == '@' && consists_of(user + 1, "0123456789")) ? length : 0;
}

/* The beginning of an id is enough, but the user must be the same. */
static bool is_same_container(const char *one, const char *other)
{
    size_t length = id_length(one), other_length = id_length(other);

    return length > 0 && other_length > 0 && strncmp(one, other, MIN(length, other_length)) == 0 &&
           strcmp(one + length, other + other_length) == 0;
}

/* 0: errno says why. */
static uint32_t inode_at(const char *path)
{
    struct stat status;
    struct statfs system;

    if (stat(path, &status) || statfs(path, &system))
        return 0;
    if (system.f_type != NSFS_MAGIC) {
        errno = EINVAL;
        return 0;
    }
    return (uint32_t)status.st_ino;
}

/* The inode in "net:[4026531840]", or 0. */
static uint32_t inode_in(const char *text)
{
    unsigned int inode = 0;

    return text && sscanf(text, "net:[%u]", &inode) == 1 ? inode : 0;
}

static void look_up(struct word *word, const char *path)
{
    word->inode = inode_at(path);
    word->failure = word->inode ? 0 : errno;
}

/* Another user's process does not show its namespace, but its container is known. */
static void look_up_container(struct word *word)
{
    char name[NETDEV_CONTAINER_NAME_SIZE];
    int unified = netdev_open_unified();

    netdev_container_of(word->text, unified, name);
    word->container = *name ? g_strdup(name) : NULL;
    if (unified >= 0)
        close(unified);
}

static void look_up_process(struct word *word)
{
    g_autofree char *path = g_strdup_printf("/proc/%s/ns/net", word->text);

    look_up(word, path);
    if (word->failure == EACCES || word->failure == EPERM)
        look_up_container(word);
}

static struct word *word_new(const char *text)
{
    struct word *word = g_new0(struct word, 1);

    word->text = g_strdup(text);
    word->inode = inode_in(text);
    word->matched = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    if (strchr(text, '/'))
        look_up(word, text);
    else if (is_pid(text))
        look_up_process(word);
    else if (id_length(text) > 0)
        word->container = g_strdup(text);
    return word;
}

static void word_free(void *data)
{
    struct word *word = data;

    g_free(word->text);
    g_free(word->container);
    g_hash_table_unref(word->matched);
    g_free(word);
}

/* --- matching --- */

static const char *shown(const char *netns)
{
    return netns && *netns ? netns : CURRENT;
}

static bool is_at(const struct word *word, uint32_t inode)
{
    return word->inode && word->inode == inode;
}

static bool is_called(const struct word *word, const char *name)
{
    return strcmp(word->text, name) == 0 || is_at(word, inode_in(name)) ||
           (word->container && is_same_container(word->container, name));
}

static bool is_match(const struct netns_words *words, const struct word *word, const char *netns,
                     uint32_t inode)
{
    bool own = !netns || !*netns;

    return is_called(word, shown(netns)) || is_at(word, inode) ||
           (own && is_at(word, words->own_inode)) ||
           g_hash_table_contains(word->matched, shown(netns));
}

bool netns_words_match(struct netns_words *words, const char *netns, uint32_t inode)
{
    bool match = false;

    g_mutex_lock(&words->mutex);
    for (guint i = 0; i < words->words->len && !match; i++)
        match = is_match(words, words->words->pdata[i], netns, inode);
    g_mutex_unlock(&words->mutex);
    return match;
}

bool netns_words_take_alias(struct netns_words *words, const char *netns, const char *alias)
{
    bool news = false;

    g_mutex_lock(&words->mutex);
    for (guint i = 0; i < words->words->len; i++) {
        struct word *word = words->words->pdata[i];

        if (is_called(word, alias))
            news |= g_hash_table_add(word->matched, g_strdup(shown(netns)));
    }
    g_mutex_unlock(&words->mutex);
    return news;
}

/* --- words without a match --- */

static void explain_process(const struct word *word, bool hidden, GError **error)
{
    if (hidden)
        g_set_error(
            error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
            "You may not see which network namespace process %s is in: give the namespace's "
            "name, as \"pktmon list\" shows it, or its container's id.",
            word->text);
    else
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                    "There is neither a process %s nor a network namespace of that name.",
                    word->text);
}

static void explain_path(const struct word *word, GError **error)
{
    g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                "%s is not the file of a network namespace (%s): give its name, as \"pktmon list\" "
                "shows it, the id of a process or container in it, or its file.",
                word->text, word->failure == EINVAL ? "another file" : g_strerror(word->failure));
}

static void explain_name(const struct word *word, const GPtrArray *names, GError **error)
{
    const char *nearest = nearest_word(word->text, names);

    g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                "No network namespace called \"%s\" can be captured%s%s%s: give names as \"pktmon "
                "list\" shows them, paths, or ids of processes or containers, separated by commas, "
                "or \"current\" or \"all\".",
                word->text, nearest ? " (did you mean " : "", nearest ? nearest : "",
                nearest ? "?)" : "");
}

static void explain(const struct word *word, const GPtrArray *names, GError **error)
{
    bool hidden = word->failure == EACCES || word->failure == EPERM;

    if (word->inode)
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                    "The network namespace of \"%s\" is not seen by this capture: give one that "
                    "\"pktmon list -a\" shows.",
                    word->text);
    else if (is_pid(word->text))
        explain_process(word, hidden, error);
    else if (strchr(word->text, '/') && !hidden)
        explain_path(word, error);
    else
        explain_name(word, names, error);
}

static bool matches_any(const struct netns_words *words, struct word *word,
                        const GPtrArray *components)
{
    bool any = false, named = false;

    for (guint i = 0; i < components->len; i++) {
        const struct pktmon_component *component = components->pdata[i];

        any |= is_match(words, word, component->netns, component->netns_inode);
        named |= strcmp(word->text, shown(component->netns)) == 0;
    }
    /* A name takes precedence over a number. */
    if (named && is_pid(word->text)) {
        word->inode = 0;
        g_hash_table_remove_all(word->matched);
        g_clear_pointer(&word->container, g_free);
    }
    return any;
}

/* The caller frees the array, not the names. */
static GPtrArray *names_of(const GPtrArray *components)
{
    GPtrArray *names = g_ptr_array_new();

    for (guint i = 0; i < components->len; i++)
        g_ptr_array_add(
            names, (void *)shown(((const struct pktmon_component *)components->pdata[i])->netns));
    return names;
}

bool netns_words_check(struct netns_words *words, const GPtrArray *components, GError **error)
{
    bool ok = true;

    g_mutex_lock(&words->mutex);
    for (guint i = 0; i < words->words->len && ok; i++) {
        struct word *word = words->words->pdata[i];

        ok = matches_any(words, word, components);
        if (!ok) {
            g_autoptr(GPtrArray) names = names_of(components);
            explain(word, names, error);
        }
    }
    g_mutex_unlock(&words->mutex);
    return ok;
}

/* --- making and freeing --- */

struct netns_words *netns_words_new(const char *list)
{
    g_auto(GStrv) parts = g_strsplit(list ? list : "", ",", -1);
    struct netns_words *words = g_new0(struct netns_words, 1);
    bool all = false;

    g_mutex_init(&words->mutex);
    words->words = g_ptr_array_new_with_free_func(word_free);
    words->own_inode = inode_at(OWN_PATH);
    for (char **part = parts; *part; part++) {
        all |= strcmp(g_strstrip(*part), "all") == 0;
        if (**part)
            g_ptr_array_add(words->words, word_new(*part));
    }
    if (!all && words->words->len > 0)
        return words;
    netns_words_free(words);
    return NULL;
}

void netns_words_free(struct netns_words *words)
{
    if (!words)
        return;
    g_mutex_clear(&words->mutex);
    g_ptr_array_unref(words->words);
    g_free(words);
}
