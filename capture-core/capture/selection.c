/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "selection.h"

#include "pktmon/errors.h"
#include "model/salted-hash.h"
#include "providers/netdev/netns-words.h"

struct capture_selection {
    enum pktmon_capture_type type;
    GMutex mutex;              /* of components */
    GStrv components;          /* words of the user; NULL = all */
    struct netns_words *netns; /* of the user; NULL = all */
    GHashTable *selected;      /* component id -> whether it is wanted, decided once */
};

/* The words of a comma-separated list; NULL where it has none. */
static GStrv split_words(const char *list)
{
    g_auto(GStrv) parts = g_strsplit(list ? list : "", ",", -1);
    g_autoptr(GStrvBuilder) words = g_strv_builder_new();
    bool any = false;

    for (char **part = parts; *part; part++) {
        if (*g_strstrip(*part)) {
            g_strv_builder_add(words, *part);
            any = true;
        }
    }
    return any ? g_strv_builder_end(words) : NULL;
}

struct capture_selection *capture_selection_new(const struct capture_selection_options *options)
{
    struct capture_selection *selection = g_new0(struct capture_selection, 1);

    g_mutex_init(&selection->mutex);
    selection->type = options->type;
    selection->components = split_words(options->components);
    selection->netns = netns_words_new(options->netns);
    selection->selected = g_hash_table_new(salted_number, NULL);
    return selection;
}

void capture_selection_free(struct capture_selection *selection)
{
    if (!selection)
        return;
    g_mutex_clear(&selection->mutex);
    g_strfreev(selection->components);
    netns_words_free(selection->netns);
    g_hash_table_destroy(selection->selected);
    g_free(selection);
}

void capture_selection_add(struct capture_selection *selection, uint32_t component)
{
    g_autoptr(GStrvBuilder) words = g_strv_builder_new();
    g_autofree char *word = g_strdup_printf("%u", component);

    if (selection->components)
        g_strv_builder_addv(words, (const char **)selection->components);
    g_strv_builder_add(words, word);
    g_mutex_lock(&selection->mutex);
    g_strfreev(selection->components);
    selection->components = g_strv_builder_end(words);
    g_mutex_unlock(&selection->mutex);
    g_hash_table_remove_all(selection->selected);
}

static bool in_netns(const struct capture_selection *selection,
                     const struct pktmon_component *component)
{
    return !selection->netns ||
           netns_words_match(selection->netns, component->netns, component->netns_inode);
}

bool capture_selection_names_netns(const struct capture_selection *selection)
{
    return selection->netns != NULL;
}

bool capture_selection_names_components(const struct capture_selection *selection)
{
    return selection->components != NULL;
}

bool capture_selection_is_partial(const struct capture_selection *selection)
{
    return selection->components || selection->netns || selection->type != PKTMON_CAPTURE_ALL;
}

bool capture_selection_wants_netns(const void *context, const char *netns)
{
    const struct capture_selection *selection = context;

    return !selection->netns || netns_words_match(selection->netns, netns, 0);
}

bool capture_selection_take_alias(const void *context, const char *netns, const char *alias)
{
    const struct capture_selection *selection = context;

    if (!selection->netns || !netns_words_take_alias(selection->netns, netns, alias))
        return false;
    g_hash_table_remove_all(selection->selected); /* decided before that was known */
    return true;
}

typedef bool word_matcher(const struct pktmon_component *component, const char *word);

static bool matches_any_word(const struct pktmon_component *component, const GStrv words,
                             word_matcher *matches)
{
    for (char **word = words; *word; word++) {
        if (matches(component, *word))
            return true;
    }
    return false;
}

static bool matches_any_component(const char *word, const GPtrArray *components,
                                  word_matcher *matches)
{
    for (guint i = 0; i < components->len; i++) {
        if (matches(components->pdata[i], word))
            return true;
    }
    return false;
}

/* The first of the words that means none of the components, or NULL. */
static const char *meaningless_word(const GStrv words, const GPtrArray *components,
                                    word_matcher *matches)
{
    for (char **word = words; word && *word; word++) {
        if (!matches_any_component(*word, components, matches))
            return *word;
    }
    return NULL;
}

bool capture_selection_check(const struct capture_selection *selection,
                             const struct pktmon_registry *registry, GError **error)
{
    g_autoptr(GPtrArray) components = pktmon_registry_list(registry);

    const char *word =
        meaningless_word(selection->components, components, pktmon_component_matches);
    if (word) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                    "No component is called \"%s\": give names or ids of components that exist, "
                    "separated by commas, or leave the list empty for all.",
                    word);
        return false;
    }
    return !selection->netns || netns_words_check(selection->netns, components, error);
}

static bool is_named(const struct capture_selection *selection,
                     const struct pktmon_component *component)
{
    GMutex *mutex = (GMutex *)&selection->mutex;

    g_mutex_lock(mutex);
    bool named = !selection->components ||
                 matches_any_word(component, selection->components, pktmon_component_matches);
    g_mutex_unlock(mutex);
    return named;
}

static bool decide(const struct capture_selection *selection,
                   const struct pktmon_component *component)
{
    return is_named(selection, component) && in_netns(selection, component);
}

bool capture_selection_wants_component(const void *context,
                                       const struct pktmon_component *component)
{
    return decide(context, component);
}

bool capture_selection_wants(struct capture_selection *selection,
                             const struct pktmon_registry *registry, uint32_t component)
{
    gpointer decision;

    if (component == 0 || (!selection->components && !selection->netns))
        return true;
    if (g_hash_table_lookup_extended(selection->selected, GUINT_TO_POINTER(component), NULL,
                                     &decision)) {
        return GPOINTER_TO_INT(decision);
    }
    const struct pktmon_component *known = pktmon_registry_find(registry, component);
    bool wanted = known && decide(selection, known);
    g_hash_table_insert(selection->selected, GUINT_TO_POINTER(component), GINT_TO_POINTER(wanted));
    return wanted;
}

void capture_selection_forget(struct capture_selection *selection, uint32_t component)
{
    g_hash_table_remove(selection->selected, GUINT_TO_POINTER(component));
}

/* A copy that was released is no drop, and the packet does not flow on there. */
bool capture_selection_admits(const struct capture_selection *selection,
                              const struct pktmon_packet *packet)
{
    switch (selection->type) {
    case PKTMON_CAPTURE_FLOW:
        return !packet->dropped && !packet->copy_released;
    case PKTMON_CAPTURE_DROP:
        return packet->dropped;
    default:
        return true;
    }
}
