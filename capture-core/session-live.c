/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sessions that share their source, and that are asked for more while they run. */
#include "session-private.h"

#include "shared/shared-provider.h"

struct pktmon_session *session_new_shared(const struct pktmon_session_options *options,
                                          pktmon_source *source, pktmon_source *fallback,
                                          size_t queue_size, GError **error)
{
    struct pktmon_session *session = pktmon_session_new_from(options, source, error);

    if (session) {
        session->fallback = fallback;
        session->shared = true;
        session->queue_size = queue_size;
    }
    return session;
}

struct subscriber_missed session_missed(const struct pktmon_session *session)
{
    return shared_provider_missed(session->provider);
}

size_t session_tell_filters(const struct pktmon_session *session,
                            struct pktmon_provider_filter *filters)
{
    size_t count = pktmon_packet_filters_total(session->filters);

    for (size_t i = 0; i < count; i++) {
        filters[i] = pktmon_packet_filters_for_provider(session->filters, i);
    }
    return count;
}

static bool add_filter(struct pktmon_session *session, const struct addition *addition,
                       GError **error)
{
    return addition->constraint
               ? pktmon_packet_filters_add(session->filters, addition->constraint, error)
               : pktmon_packet_filters_add_expression(session->filters, addition->expression,
                                                      addition->inner, error);
}

static bool keeps_vxlan_port(const struct pktmon_session *session, uint16_t port, GError **error)
{
    if (pktmon_packet_filters_vxlan_port(session->filters) == port) {
        return true;
    }
    g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                "The session is active and looks for VXLAN at the port %u: add a filter with "
                "another port before.",
                port);
    return false;
}

static bool source_exists(const struct pktmon_session *session, uint32_t id, GError **error)
{
    if (pktmon_registry_find(session->registry, id)) {
        return true;
    }
    g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                "There is no data source with the id %u: list them again.", id);
    return false;
}

/* What does not need the provider. */
static bool take_addition(struct pktmon_session *session, const struct addition *addition,
                          GError **error)
{
    uint16_t port = pktmon_packet_filters_vxlan_port(session->filters);

    if (addition->source) {
        if (!source_exists(session, addition->source, error)) {
            return false;
        }
        pktmon_constraints_add(session->constraints, addition->source);
        return true;
    }
    return add_filter(session, addition, error) && keeps_vxlan_port(session, port, error);
}

static bool ask_for_change(struct pktmon_session *session, GError **error)
{
    struct pktmon_provider_filter filters[PKTMON_PROVIDER_FILTERS];
    const struct pktmon_provider_options wanted = {
        .filters = filters, .filter_count = session_tell_filters(session, filters)};

    session->changes = session->provider->changes;
    return session->provider->ops->change(session->provider, &wanted, error);
}

/* Takes ownership of error. */
static void end_addition(struct pktmon_session *session, GError *error)
{
    if (error) {
        pktmon_packet_filters_cancel(session->filters);
    } else {
        pktmon_packet_filters_commit(session->filters);
    }
    session->adding = false;
    additions_finish(session->additions, error);
}

static void begin_addition(struct pktmon_session *session, const struct addition *addition)
{
    GError *error = NULL;

    pktmon_packet_filters_hold(session->filters);
    session->adding = take_addition(session, addition, &error) && ask_for_change(session, &error);
    if (!session->adding) {
        end_addition(session, error);
    }
}

void session_advance_additions(struct pktmon_session *session)
{
    size_t before = pktmon_packet_filters_count(session->filters);

    if (session->adding && session->provider->changes != session->changes) {
        end_addition(session, NULL);
        session_write_filters(session, before, session->newest);
    }
    if (!session->adding) {
        const struct addition *addition = additions_next(session->additions);

        if (addition) {
            begin_addition(session, addition);
        }
    }
}

bool session_prepare(struct pktmon_session *session, const struct addition *addition,
                     GError **error)
{
    if (addition->source) {
        pktmon_constraints_add(session->constraints, addition->source);
        return true;
    }
    return add_filter(session, addition, error);
}

bool session_add(struct pktmon_session *session, const struct addition *addition, GError **error)
{
    return additions_ask(session->additions, addition, error);
}
