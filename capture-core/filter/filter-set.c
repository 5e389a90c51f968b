/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "filter-set.h"

#include <string.h>

#include "expression.h"
#include "followed.h"
#include "inner.h"

#define ETHERNET_SIZE 14
#define TAG_SIZE      4

struct set_filter {
    char *name; /* NULL = none */
    char *text;
    struct filter_expression *expression;
    bool inner;
};

struct filter_set {
    GPtrArray *all;                   /* of struct set_filter */
    guint holding;                    /* how many are in force, if not all; G_MAXUINT: all are */
    uint16_t vxlan_port;              /* 0 = the default one */
    uint16_t vxlan_port_before;       /* of the filters in force */
    struct filter_followed *followed; /* groups that were judged in user space */
};

/* The bytes that an expression is applied to. */
struct filter_set_view {
    const uint8_t *data;
    uint32_t caplen, wirelen;
    enum filter_form form;
};

static void filter_free(void *data)
{
    struct set_filter *filter = data;

    filter_expression_free(filter->expression);
    g_free(filter->name);
    g_free(filter->text);
    g_free(filter);
}

/* Making --------------------------------------------------------------------------------------- */

static struct set_filter *add(struct filter_set *filters)
{
    struct set_filter *filter = g_new0(struct set_filter, 1);

    g_ptr_array_add(filters->all, filter);
    return filter;
}

static void remove_last(struct filter_set *filters)
{
    g_ptr_array_set_size(filters->all, (gint)filters->all->len - 1);
}

static bool has_room(const struct filter_set *filters, GError **error)
{
    if (filters->all->len < PKTMON_MAX_FILTERS)
        return true;
    g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                "A capture can have at most %d filters: leave some out, or combine them in a "
                "capture filter.",
                PKTMON_MAX_FILTERS);
    return false;
}

bool filter_set_add_expression(struct filter_set *filters, const char *text, bool inner,
                               GError **error)
{
    g_autofree char *words = NULL;

    if (!has_room(filters, error))
        return false;
    struct set_filter *filter = add(filters);
    filter->inner = inner;
    filter->text = g_strdup(text);
    filter->expression = filter_expression_new(text, &words);
    if (!filter->expression) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                    "The capture filter \"%s\" is not valid (%s): correct it as in "
                    "pcap-filter(7).",
                    filter->text, words);
        remove_last(filters);
        return false;
    }
    return true;
}

static bool add_capture_filter(struct filter_set *filters, const struct filter_set_options *options,
                               GError **error)
{
    const char *expression = options->expression ? options->expression : "";
    g_autofree char *text = g_strstrip(g_strdup(expression));

    return !*text || filter_set_add_expression(filters, text, options->inner, error);
}

/* One port for all filters: the kernel programs look for one. */
static bool choose_vxlan_port(struct filter_set *filters,
                              const struct pktmon_constraint *constraint, GError **error)
{
    if (!pktmon_constraint_has(constraint, PKTMON_CONDITION_VXLAN_PORT))
        return true;
    if (filters->vxlan_port && filters->vxlan_port != constraint->vxlan_port) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                    "The filters look for VXLAN on ports %u and %u, but a capture can do so on one "
                    "port only: start a capture for each.",
                    filters->vxlan_port, constraint->vxlan_port);
        return false;
    }
    filters->vxlan_port = constraint->vxlan_port;
    return true;
}

static struct filter_expression *compile(const struct pktmon_constraint *constraint, char **words)
{
    g_autofree char *ethernet = pktmon_constraint_ethernet(constraint);
    g_autofree char *ip = pktmon_constraint_ip(constraint);
    const struct filter_expression_texts texts = {
        .of = {[FILTER_FORM_ETHERNET] = ethernet, [FILTER_FORM_IP] = ip}};

    return filter_expression_new_any(&texts, 1, words);
}

bool filter_set_add(struct filter_set *filters, const struct pktmon_constraint *constraint,
                    GError **error)
{
    struct pktmon_constraint nameless = *constraint;
    g_autofree char *words = NULL;

    if (!has_room(filters, error) || !pktmon_constraint_check(constraint, error) ||
        !choose_vxlan_port(filters, constraint, error)) {
        return false;
    }
    struct set_filter *filter = add(filters);
    filter->inner = pktmon_constraint_has(constraint, PKTMON_CONDITION_ENCAP);
    nameless.name[0] = '\0';
    filter->name = *constraint->name ? g_strdup(constraint->name) : NULL;
    filter->text = pktmon_constraint_text(&nameless);
    filter->expression = compile(constraint, &words);
    if (!filter->expression) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                    "The filter \"%s\" cannot be compiled (%s): make it simpler.", filter->text,
                    words);
        remove_last(filters);
        return false;
    }
    return true;
}

static bool add_in_words(struct filter_set *filters, const char *text, GError **error)
{
    struct pktmon_constraint constraint;

    return pktmon_constraint_parse(&constraint, text, error) &&
           filter_set_add(filters, &constraint, error);
}

static bool add_all(struct filter_set *filters, const struct filter_set_options *options,
                    GError **error)
{
    const char *const *text = options->constraints;
    bool ok = add_capture_filter(filters, options, error);

    while (ok && text && *text)
        ok = add_in_words(filters, *text++, error);
    return ok;
}

static struct filter_set *make_set(uint16_t vxlan_port)
{
    struct filter_set *filters = g_new0(struct filter_set, 1);

    filters->all = g_ptr_array_new_with_free_func(filter_free);
    filters->holding = G_MAXUINT;
    filters->followed = filter_followed_new();
    filters->vxlan_port = vxlan_port;
    return filters;
}

struct filter_set *filter_set_new(const struct filter_set_options *options, GError **error)
{
    struct filter_set *filters = make_set(options->vxlan_port);

    if (!add_all(filters, options, error)) {
        filter_set_free(filters);
        return NULL;
    }
    return filters;
}

struct filter_set *filter_set_copy(const struct filter_set *filters)
{
    struct filter_set *copy = make_set(filters->vxlan_port);

    for (guint i = 0; i < filters->all->len; i++) {
        const struct set_filter *from = g_ptr_array_index(filters->all, i);
        struct set_filter *to = add(copy);

        to->name = g_strdup(from->name);
        to->text = g_strdup(from->text);
        to->expression = filter_expression_ref(from->expression);
        to->inner = from->inner;
    }
    return copy;
}

void filter_set_free(struct filter_set *filters)
{
    if (!filters)
        return;
    g_ptr_array_unref(filters->all);
    filter_followed_free(filters->followed);
    g_free(filters);
}

char *pktmon_filter_check(const char *expression)
{
    char *words = NULL;

    filter_expression_free(filter_expression_new(expression, &words));
    return words;
}

/* Getters -------------------------------------------------------------------------------------- */

static const struct set_filter *filter_at(const struct filter_set *filters, size_t index)
{
    return g_ptr_array_index(filters->all, index);
}

void filter_set_hold(struct filter_set *filters)
{
    filters->holding = filters->all->len;
    filters->vxlan_port_before = filters->vxlan_port;
}

void filter_set_commit(struct filter_set *filters)
{
    filters->holding = G_MAXUINT;
}

void filter_set_cancel(struct filter_set *filters)
{
    g_ptr_array_set_size(filters->all, (gint)filters->holding);
    filters->holding = G_MAXUINT;
    filters->vxlan_port = filters->vxlan_port_before;
}

size_t filter_set_count(const struct filter_set *filters)
{
    return MIN(filters->all->len, filters->holding);
}

size_t filter_set_total(const struct filter_set *filters)
{
    return filters->all->len;
}

struct pktmon_filter_description filter_set_describe(const struct filter_set *filters, size_t index)
{
    const struct set_filter *filter = filter_at(filters, index);

    return (struct pktmon_filter_description){
        .id = index + 1, .name = filter->name, .text = filter->text};
}

struct provider_filter filter_set_for_provider(const struct filter_set *filters, size_t index)
{
    const struct set_filter *filter = filter_at(filters, index);

    return (struct provider_filter){.expression = filter->expression, .inner = filter->inner};
}

uint16_t filter_set_vxlan_port(const struct filter_set *filters)
{
    return filters->vxlan_port ? filters->vxlan_port : INNER_VXLAN_PORT;
}

/* Judging -------------------------------------------------------------------------------------- */

/* Filters do not see a link header that we made. */
static struct filter_set_view view_of(const struct pktmon_packet *packet)
{
    struct filter_set_view view = {.data = packet->data,
                                   .caplen = packet->caplen,
                                   .wirelen = packet->origlen,
                                   .form = FILTER_FORM_ETHERNET};
    uint32_t header = ETHERNET_SIZE;

    if (!packet->l2_synthesised || packet->caplen < ETHERNET_SIZE)
        return view;
    if (packet->data[12] == 0x81 && packet->data[13] == 0 &&
        packet->caplen >= ETHERNET_SIZE + TAG_SIZE) {
        header += TAG_SIZE;
    }
    view.data += header;
    view.caplen -= header;
    view.wirelen -= header;
    view.form = FILTER_FORM_IP;
    return view;
}

static bool matches_view(const struct set_filter *filter, const struct filter_set_view *view)
{
    /* "len" in a filter is the packet's own length, not the number of bytes at hand. */
    return filter_expression_matches(filter->expression, view->form, view->data, view->caplen,
                                     view->wirelen);
}

static bool matches_inside(const struct set_filter *filter, const struct filter_set_view *view,
                           uint16_t vxlan_port)
{
    uint8_t start[INNER_REACH] = {0};
    uint32_t present = MIN(view->caplen, INNER_REACH);

    memcpy(start, view->data, present);
    uint32_t place = inner_find(start, present, view->form == FILTER_FORM_IP, vxlan_port);
    uint32_t offset = INNER_OFFSET(place);
    const struct filter_set_view inside = {
        .data = view->data + offset,
        .caplen = view->caplen - offset,
        .wirelen = view->wirelen - offset,
        .form = place & INNER_WITHOUT_LINK ? FILTER_FORM_IP : FILTER_FORM_ETHERNET};
    return offset > 0 && matches_view(filter, &inside);
}

/* Bits of the filters that match the packet as it is now. */
static uint64_t judge(const struct filter_set *filters, const struct pktmon_packet *packet)
{
    const struct filter_set_view view = view_of(packet);
    uint64_t matching = 0;

    for (guint i = 0; i < filter_set_count(filters); i++) {
        const struct set_filter *filter = filter_at(filters, i);

        if (matches_view(filter, &view) ||
            (filter->inner && matches_inside(filter, &view, filter_set_vxlan_port(filters)))) {
            matching |= 1ULL << i;
        }
    }
    return matching;
}

uint16_t filter_set_match(struct filter_set *filters, const struct pktmon_event *event)
{
    uint64_t matching = event->filters;

    if (!event->judged) {
        matching |= judge(filters, &event->packet);
        matching =
            filter_followed_add(filters->followed, event->packet.group, event->time, matching);
    }
    return matching ? __builtin_ctzll(matching) + 1 : 0;
}

bool filter_set_want_notice(const struct filter_set *filters, const struct pktmon_event *event)
{
    if (filter_set_count(filters) == 0 || event->notice.group == 0)
        return true;
    return event->filters || filter_followed_has(filters->followed, event->notice.group);
}
