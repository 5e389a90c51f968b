/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "filter.h"

#include "netns-words.h"
#include "salted.h"

struct pktmon_constraints {
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

struct pktmon_constraints *pktmon_constraints_new(const struct pktmon_session_options *options)
{
    struct pktmon_constraints *constraints = g_new0(struct pktmon_constraints, 1);

    g_mutex_init(&constraints->mutex);
    constraints->type = options->type;
    constraints->components = split_words(options->components);
    constraints->netns = netns_words_new(options->netns);
    constraints->selected = g_hash_table_new(salted_number, NULL);
    return constraints;
}

void pktmon_constraints_free(struct pktmon_constraints *constraints)
{
    if (!constraints) {
        return;
    }
    g_mutex_clear(&constraints->mutex);
    g_strfreev(constraints->components);
    netns_words_free(constraints->netns);
    g_hash_table_destroy(constraints->selected);
    g_free(constraints);
}

void pktmon_constraints_add(struct pktmon_constraints *constraints, uint32_t component)
{
    g_autoptr(GStrvBuilder) words = g_strv_builder_new();
    g_autofree char *word = g_strdup_printf("%u", component);

    if (constraints->components) {
        g_strv_builder_addv(words, (const char **)constraints->components);
    }
    g_strv_builder_add(words, word);
    g_mutex_lock(&constraints->mutex);
    g_strfreev(constraints->components);
    constraints->components = g_strv_builder_end(words);
    g_mutex_unlock(&constraints->mutex);
    g_hash_table_remove_all(constraints->selected);
}

static bool in_netns(const struct pktmon_constraints *constraints,
                     const struct pktmon_component *component)
{
    return !constraints->netns ||
           netns_words_mean(constraints->netns, component->netns, component->netns_inode);
}

bool pktmon_constraints_name_netns(const struct pktmon_constraints *constraints)
{
    return constraints->netns != NULL;
}

bool pktmon_constraints_want_netns(const void *context, const char *netns)
{
    const struct pktmon_constraints *constraints = context;

    return !constraints->netns || netns_words_mean(constraints->netns, netns, 0);
}

bool pktmon_constraints_take_alias(const void *context, const char *netns, const char *alias)
{
    const struct pktmon_constraints *constraints = context;

    if (!constraints->netns || !netns_words_take_alias(constraints->netns, netns, alias)) {
        return false;
    }
    g_hash_table_remove_all(constraints->selected); /* decided before that was known */
    return true;
}

typedef bool word_matcher(const struct pktmon_component *component, const char *word);

static bool matches_any_word(const struct pktmon_component *component, const GStrv words,
                             word_matcher *matches)
{
    for (char **word = words; *word; word++) {
        if (matches(component, *word)) {
            return true;
        }
    }
    return false;
}

static bool matches_any_component(const char *word, const GPtrArray *components,
                                  word_matcher *matches)
{
    for (guint i = 0; i < components->len; i++) {
        if (matches(components->pdata[i], word)) {
            return true;
        }
    }
    return false;
}

/* The first of the words that means none of the components, or NULL. */
static const char *meaningless_word(const GStrv words, const GPtrArray *components,
                                    word_matcher *matches)
{
    for (char **word = words; word && *word; word++) {
        if (!matches_any_component(*word, components, matches)) {
            return *word;
        }
    }
    return NULL;
}

bool pktmon_constraints_check(const struct pktmon_constraints *constraints,
                              const struct pktmon_registry *registry, GError **error)
{
    g_autoptr(GPtrArray) components = pktmon_registry_list(registry);

    const char *word =
        meaningless_word(constraints->components, components, pktmon_component_matches);
    if (word) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                    "No component is called \"%s\": give names or ids of components that exist, "
                    "separated by commas, or leave the list empty for all.",
                    word);
        return false;
    }
    return !constraints->netns || netns_words_check(constraints->netns, components, error);
}

static bool is_named(const struct pktmon_constraints *constraints,
                     const struct pktmon_component *component)
{
    GMutex *mutex = (GMutex *)&constraints->mutex;

    g_mutex_lock(mutex);
    bool named = !constraints->components ||
                 matches_any_word(component, constraints->components, pktmon_component_matches);
    g_mutex_unlock(mutex);
    return named;
}

static bool decide(const struct pktmon_constraints *constraints,
                   const struct pktmon_component *component)
{
    return is_named(constraints, component) && in_netns(constraints, component);
}

bool pktmon_constraints_want_component(const void *context,
                                       const struct pktmon_component *component)
{
    return decide(context, component);
}

bool pktmon_constraints_select(struct pktmon_constraints *constraints,
                               const struct pktmon_registry *registry, uint32_t component)
{
    gpointer decision;

    if (component == 0 || (!constraints->components && !constraints->netns)) {
        return true;
    }
    if (g_hash_table_lookup_extended(constraints->selected, GUINT_TO_POINTER(component), NULL,
                                     &decision)) {
        return GPOINTER_TO_INT(decision);
    }
    const struct pktmon_component *known = pktmon_registry_find(registry, component);
    bool wanted = known && decide(constraints, known);
    g_hash_table_insert(constraints->selected, GUINT_TO_POINTER(component),
                        GINT_TO_POINTER(wanted));
    return wanted;
}

void pktmon_constraints_forget(struct pktmon_constraints *constraints, uint32_t component)
{
    g_hash_table_remove(constraints->selected, GUINT_TO_POINTER(component));
}

bool pktmon_constraints_admit(const struct pktmon_constraints *constraints,
                              const struct pktmon_packet *packet)
{
    bool drop = packet->dropped || packet->copy_released;

    return constraints->type == PKTMON_CAPTURE_ALL ||
           drop == (constraints->type == PKTMON_CAPTURE_DROP);
}
