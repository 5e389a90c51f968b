/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests to a running capture. */
#include "capture-private.h"

#include "capture.h"

size_t capture_fill_filters(const struct capture *capture, struct provider_filter *filters)
{
    size_t count = filter_set_total(capture->filters);

    for (size_t i = 0; i < count; i++)
        filters[i] = filter_set_for_provider(capture->filters, i);
    return count;
}

static bool add_filter(struct capture *capture, const struct addition *addition, GError **error)
{
    return addition->constraint ? filter_set_add(capture->filters, addition->constraint, error)
                                : filter_set_add_expression(capture->filters, addition->expression,
                                                            addition->inner, error);
}

static bool keeps_vxlan_port(const struct capture *capture, uint16_t port, GError **error)
{
    if (filter_set_vxlan_port(capture->filters) == port)
        return true;
    g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                "The active session looks for VXLAN on port %u: add filters for another port "
                "before activating it.",
                port);
    return false;
}

static bool source_exists(const struct capture *capture, uint32_t id, GError **error)
{
    if (pktmon_registry_find(capture->registry, id))
        return true;
    g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                "There is no data source with the id %u: list them again.", id);
    return false;
}

/* The part that does not need the provider. */
static bool take_addition(struct capture *capture, const struct addition *addition, GError **error)
{
    uint16_t port = filter_set_vxlan_port(capture->filters);

    if (addition->source) {
        if (!source_exists(capture, addition->source, error))
            return false;
        capture_selection_add(capture->selection, addition->source);
        return true;
    }
    return add_filter(capture, addition, error) && keeps_vxlan_port(capture, port, error);
}

static bool request_change(struct capture *capture, GError **error)
{
    struct provider_filter filters[PROVIDER_MAX_FILTERS];
    const struct provider_options wanted = {.filters = filters,
                                            .filter_count = capture_fill_filters(capture, filters)};

    capture->changes = capture->provider->changes;
    return capture->provider->ops->change(capture->provider, &wanted, error);
}

/* Takes ownership of error. */
static void end_addition(struct capture *capture, GError *error)
{
    if (error)
        filter_set_cancel(capture->filters);
    else
        filter_set_commit(capture->filters);
    capture->adding = false;
    additions_finish(capture->additions, error);
}

static void begin_addition(struct capture *capture, const struct addition *addition)
{
    GError *error = NULL;

    filter_set_hold(capture->filters);
    capture->adding = take_addition(capture, addition, &error) && request_change(capture, &error);
    if (!capture->adding)
        end_addition(capture, error);
}

size_t capture_advance_additions(struct capture *capture)
{
    size_t before = filter_set_count(capture->filters);

    if (capture->adding && capture->provider->changes != capture->changes)
        end_addition(capture, NULL);
    if (!capture->adding) {
        const struct addition *addition = additions_next(capture->additions);

        if (addition)
            begin_addition(capture, addition);
    }
    return before;
}

void capture_add_component(struct capture *capture, uint32_t id)
{
    capture_selection_add(capture->selection, id);
}

bool capture_add(struct capture *capture, const struct addition *addition, GError **error)
{
    return additions_request(capture->additions, addition, error);
}
