/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet-filters.h"

#include <string.h>

#include "expression.h"
#include "followed.h"
#include "linux/filter/inner.h"

#define ETHERNET_SIZE 14
#define TAG_SIZE      4

struct filter {
    char *name; /* NULL = none */
    char *text;
    struct pktmon_expression *expression;
    bool inner;
};

struct pktmon_packet_filters {
    GPtrArray *all;                   /* of struct filter */
    guint holding;                    /* how many of them hold, if not all; G_MAXUINT: all do */
    uint16_t vxlan_port;              /* 0 = the default one */
    uint16_t vxlan_port_before;       /* of those that hold */
    struct pktmon_followed *followed; /* groups that were judged here */
};

/* What an expression is asked about. */
struct view {
    const uint8_t *data;
    uint32_t caplen, wirelen;
    enum pktmon_form form;
};

static void filter_free(void *data)
{
    struct filter *filter = data;

    pktmon_expression_free(filter->expression);
    g_free(filter->name);
    g_free(filter->text);
    g_free(filter);
}

/* Making --------------------------------------------------------------------------------------- */

static struct filter *add(struct pktmon_packet_filters *filters)
{
    struct filter *filter = g_new0(struct filter, 1);

    g_ptr_array_add(filters->all, filter);
    return filter;
}

static void remove_last(struct pktmon_packet_filters *filters)
{
    g_ptr_array_set_size(filters->all, (gint)filters->all->len - 1);
}

static bool has_room(const struct pktmon_packet_filters *filters, GError **error)
{
    if (filters->all->len < PKTMON_MAX_FILTERS) {
        return true;
    }
    g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                "A capture can have %d filters at most: leave some out, or combine them in a "
                "capture filter.",
                PKTMON_MAX_FILTERS);
    return false;
}

bool pktmon_packet_filters_add_expression(struct pktmon_packet_filters *filters, const char *text,
                                          bool inner, GError **error)
{
    g_autofree char *words = NULL;

    if (!has_room(filters, error)) {
        return false;
    }
    struct filter *filter = add(filters);
    filter->inner = inner;
    filter->text = g_strdup(text);
    filter->expression = pktmon_expression_new(text, &words);
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

static bool add_capture_filter(struct pktmon_packet_filters *filters,
                               const struct pktmon_session_options *options, GError **error)
{
    const char *expression = options->capture_filter ? options->capture_filter : "";
    g_autofree char *text = g_strstrip(g_strdup(expression));

    return !*text || pktmon_packet_filters_add_expression(filters, text, options->inner, error);
}

/* One port for all of them, as the kernel looks for one. */
static bool choose_vxlan_port(struct pktmon_packet_filters *filters,
                              const struct pktmon_constraint *constraint, GError **error)
{
    if (!pktmon_constraint_has(constraint, PKTMON_CONDITION_VXLAN_PORT)) {
        return true;
    }
    if (filters->vxlan_port && filters->vxlan_port != constraint->vxlan_port) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                    "The filters look for VXLAN at the ports %u and %u, and one capture can do so "
                    "at one port only: start a capture for each.",
                    filters->vxlan_port, constraint->vxlan_port);
        return false;
    }
    filters->vxlan_port = constraint->vxlan_port;
    return true;
}

static struct pktmon_expression *compile(const struct pktmon_constraint *constraint, char **words)
{
    g_autofree char *ethernet = pktmon_constraint_ethernet(constraint);
    g_autofree char *ip = pktmon_constraint_ip(constraint);
    const struct pktmon_expression_texts texts = {
        .of = {[PKTMON_FORM_ETHERNET] = ethernet, [PKTMON_FORM_IP] = ip}};

    return pktmon_expression_new_any(&texts, 1, words);
}

bool pktmon_packet_filters_add(struct pktmon_packet_filters *filters,
                               const struct pktmon_constraint *constraint, GError **error)
{
    struct pktmon_constraint nameless = *constraint;
    g_autofree char *words = NULL;

    if (!has_room(filters, error) || !pktmon_constraint_check(constraint, error) ||
        !choose_vxlan_port(filters, constraint, error)) {
        return false;
    }
    struct filter *filter = add(filters);
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

static bool add_in_words(struct pktmon_packet_filters *filters, const char *text, GError **error)
{
    struct pktmon_constraint constraint;

    return pktmon_constraint_parse(&constraint, text, error) &&
           pktmon_packet_filters_add(filters, &constraint, error);
}

static bool add_all(struct pktmon_packet_filters *filters,
                    const struct pktmon_session_options *options, GError **error)
{
    const char *const *text = options->filters;
    bool good = add_capture_filter(filters, options, error);

    while (good && text && *text) {
        good = add_in_words(filters, *text++, error);
    }
    return good;
}

struct pktmon_packet_filters *
pktmon_packet_filters_new(const struct pktmon_session_options *options, GError **error)
{
    struct pktmon_packet_filters *filters = g_new0(struct pktmon_packet_filters, 1);

    filters->all = g_ptr_array_new_with_free_func(filter_free);
    filters->holding = G_MAXUINT;
    filters->followed = pktmon_followed_new();
    filters->vxlan_port = options->vxlan_port;
    if (!add_all(filters, options, error)) {
        pktmon_packet_filters_free(filters);
        return NULL;
    }
    return filters;
}

void pktmon_packet_filters_free(struct pktmon_packet_filters *filters)
{
    if (!filters) {
        return;
    }
    g_ptr_array_unref(filters->all);
    pktmon_followed_free(filters->followed);
    g_free(filters);
}

char *pktmon_filter_check(const char *expression)
{
    char *words = NULL;

    pktmon_expression_free(pktmon_expression_new(expression, &words));
    return words;
}

/* What there is ---------------------------------------------------------------------------------
 */

static const struct filter *filter_at(const struct pktmon_packet_filters *filters, size_t index)
{
    return g_ptr_array_index(filters->all, index);
}

void pktmon_packet_filters_hold(struct pktmon_packet_filters *filters)
{
    filters->holding = filters->all->len;
    filters->vxlan_port_before = filters->vxlan_port;
}

void pktmon_packet_filters_commit(struct pktmon_packet_filters *filters)
{
    filters->holding = G_MAXUINT;
}

void pktmon_packet_filters_cancel(struct pktmon_packet_filters *filters)
{
    g_ptr_array_set_size(filters->all, (gint)filters->holding);
    filters->holding = G_MAXUINT;
    filters->vxlan_port = filters->vxlan_port_before;
}

size_t pktmon_packet_filters_count(const struct pktmon_packet_filters *filters)
{
    return MIN(filters->all->len, filters->holding);
}

size_t pktmon_packet_filters_total(const struct pktmon_packet_filters *filters)
{
    return filters->all->len;
}

struct pktmon_filter_description
pktmon_packet_filters_describe(const struct pktmon_packet_filters *filters, size_t index)
{
    const struct filter *filter = filter_at(filters, index);

    return (struct pktmon_filter_description){
        .id = index + 1, .name = filter->name, .text = filter->text};
}

struct pktmon_provider_filter
pktmon_packet_filters_for_provider(const struct pktmon_packet_filters *filters, size_t index)
{
    const struct filter *filter = filter_at(filters, index);

    return (struct pktmon_provider_filter){.expression = filter->expression,
                                           .inner = filter->inner};
}

uint16_t pktmon_packet_filters_vxlan_port(const struct pktmon_packet_filters *filters)
{
    return filters->vxlan_port ? filters->vxlan_port : INNER_VXLAN_PORT;
}

/* Judging -------------------------------------------------------------------------------------- */

/* A link header that is ours is not for the filter to see. */
static struct view view_of(const struct pktmon_packet *packet)
{
    struct view view = {.data = packet->data,
                        .caplen = packet->caplen,
                        .wirelen = packet->origlen,
                        .form = PKTMON_FORM_ETHERNET};
    uint32_t header = ETHERNET_SIZE;

    if (!packet->l2_synthesised || packet->caplen < ETHERNET_SIZE) {
        return view;
    }
    if (packet->data[12] == 0x81 && packet->data[13] == 0 &&
        packet->caplen >= ETHERNET_SIZE + TAG_SIZE) {
        header += TAG_SIZE;
    }
    view.data += header;
    view.caplen -= header;
    view.wirelen -= header;
    view.form = PKTMON_FORM_IP;
    return view;
}

static bool matches_view(const struct filter *filter, const struct view *view)
{
    /* "len" in a filter is the packet's own length, not that of the bytes at hand. */
    return pktmon_expression_matches(filter->expression, view->form, view->data, view->caplen,
                                     view->wirelen);
}

static bool matches_inside(const struct filter *filter, const struct view *view,
                           uint16_t vxlan_port)
{
    uint8_t start[INNER_REACH] = {0};
    uint32_t present = MIN(view->caplen, INNER_REACH);

    memcpy(start, view->data, present);
    uint32_t place = inner_find(start, present, view->form == PKTMON_FORM_IP, vxlan_port);
    uint32_t offset = INNER_OFFSET(place);
    const struct view inside = {.data = view->data + offset,
                                .caplen = view->caplen - offset,
                                .wirelen = view->wirelen - offset,
                                .form = place & INNER_WITHOUT_LINK ? PKTMON_FORM_IP
                                                                   : PKTMON_FORM_ETHERNET};
    return offset > 0 && matches_view(filter, &inside);
}

/* Bits of the filters that match what the packet holds now. */
static uint64_t judge(const struct pktmon_packet_filters *filters,
                      const struct pktmon_packet *packet)
{
    const struct view view = view_of(packet);
    uint64_t matching = 0;

    for (guint i = 0; i < pktmon_packet_filters_count(filters); i++) {
        const struct filter *filter = filter_at(filters, i);

        if (matches_view(filter, &view) ||
            (filter->inner &&
             matches_inside(filter, &view, pktmon_packet_filters_vxlan_port(filters)))) {
            matching |= 1ULL << i;
        }
    }
    return matching;
}

uint16_t pktmon_packet_filters_match(struct pktmon_packet_filters *filters,
                                     const struct pktmon_event *event)
{
    uint64_t matching = event->filters;

    if (!event->judged) {
        matching |= judge(filters, &event->packet);
        matching =
            pktmon_followed_add(filters->followed, event->packet.group, event->time, matching);
    }
    return matching ? __builtin_ctzll(matching) + 1 : 0;
}

bool pktmon_packet_filters_want_notice(const struct pktmon_packet_filters *filters,
                                       const struct pktmon_event *event)
{
    if (pktmon_packet_filters_count(filters) == 0 || event->notice.group == 0) {
        return true;
    }
    return event->filters || pktmon_followed_has(filters->followed, event->notice.group);
}
