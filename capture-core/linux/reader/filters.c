/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "filters.h"

#include <string.h>

#include "../filter/translate.h"
#include "expression.h"

#define WINDOW 1536 /* any will do: only whether it can be translated is asked here */

static enum agent_filter_form form_of(enum pktmon_form form)
{
    return form == PKTMON_FORM_ETHERNET ? AGENT_FILTER_FRAME : AGENT_FILTER_PACKET;
}

static enum filter_translation try_to_translate(const struct pktmon_expression *expression)
{
    enum filter_translation result = FILTER_TRANSLATED;

    for (int form = 0; form < PKTMON_FORMS && result == FILTER_TRANSLATED; form++) {
        size_t count;
        const struct sock_filter *code = pktmon_expression_code(expression, form, &count);
        GArray *body = NULL;

        result = filter_translate(code, count, WINDOW, &body);
        g_clear_pointer(&body, g_array_unref);
    }
    return result;
}

/* FILTER_TRANSLATED: of each of them. */
static enum filter_translation worst_translation(const struct pktmon_provider_options *options)
{
    enum filter_translation result = FILTER_TRANSLATED;

    for (size_t i = 0; i < options->filter_count && result == FILTER_TRANSLATED; i++) {
        if (!options->filters[i].unused && options->filters[i].expression)
            result = try_to_translate(options->filters[i].expression);
    }
    return result;
}

static bool send_form(struct ebpf_provider *provider, uint32_t filter, enum pktmon_form form,
                      GError **error)
{
    const struct pktmon_expression *expression = provider->options.filters[filter].expression;
    size_t count, sent = 0;
    const struct sock_filter *code = pktmon_expression_code(expression, form, &count);
    bool good = true;

    while (good && sent < count) {
        struct agent_request request = {
            .protocol = AGENT_PROTOCOL,
            .type = AGENT_FILTER,
            .part = {.filter = filter,
                     .form = form_of(form),
                     .count = MIN(count - sent, AGENT_FILTER_PART)},
        };

        memcpy(request.part.code, code + sent, request.part.count * sizeof(*code));
        sent += request.part.count;
        good = ebpf_send(provider, &request, error);
    }
    return good;
}

static bool send_filter(struct ebpf_provider *provider, uint32_t filter, GError **error)
{
    for (int form = 0; form < PKTMON_FORMS; form++) {
        if (!send_form(provider, filter, form, error))
            return false;
    }
    return true;
}

bool filters_ask(struct ebpf_provider *provider, struct agent_start *start, GError **error)
{
    const struct pktmon_provider_options *options = &provider->options;
    enum filter_translation result = worst_translation(options);

    if (result != FILTER_TRANSLATED) {
        g_ptr_array_add(provider->base.capture->missing,
                        g_strdup_printf("the capture filter in the kernel, because it %s: all "
                                        "packets come to user space and are filtered there",
                                        filter_translation_text(result)));
        start->pkt_size = start->repeat_size = 0;
        return true;
    }
    start->filters = options->filter_count;
    start->vxlan_port = options->vxlan_port;
    for (size_t i = 0; i < options->filter_count; i++) {
        const struct pktmon_provider_filter *filter = &options->filters[i];

        if (filter->unused) /* the agent takes what it was not sent for one that matches nothing */
            continue;
        if (filter->inner)
            start->inner_filters |= 1ULL << i;
        if (!filter->expression)
            start->always_filters |= 1ULL << i;
        else if (!send_filter(provider, i, error))
            return false;
    }
    return true;
}
