/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel-filters.h"

#include <glib.h>
#include <string.h>

#include "conversation.h"
#include "ebpf-state.h"
#include "filter/expression.h"
#include "providers/ebpf/cbpf/translate.h"

#define WINDOW                                                                                     \
    1536 /* any value will do: here, filters are only tested for whether they can be translated */

static enum agent_filter_form form_of(enum filter_form form)
{
    return form == FILTER_FORM_ETHERNET ? AGENT_FILTER_FRAME : AGENT_FILTER_PACKET;
}

static enum cbpf_translation try_to_translate(const struct filter_expression *expression)
{
    enum cbpf_translation result = CBPF_TRANSLATED;

    for (int form = 0; form < FILTER_FORMS && result == CBPF_TRANSLATED; form++) {
        size_t count;
        const struct sock_filter *code = filter_expression_code(expression, form, &count);
        GArray *body = NULL;

        result = cbpf_translate(code, count, WINDOW, &body);
        g_clear_pointer(&body, g_array_unref);
    }
    return result;
}

/* CBPF_TRANSLATED: each of them can be. */
static enum cbpf_translation worst_translation(const struct provider_options *options)
{
    enum cbpf_translation result = CBPF_TRANSLATED;

    for (size_t i = 0; i < options->filter_count && result == CBPF_TRANSLATED; i++) {
        if (!options->filters[i].unused && options->filters[i].expression)
            result = try_to_translate(options->filters[i].expression);
    }
    return result;
}

static bool send_form(struct ebpf_provider *provider, uint32_t filter, enum filter_form form,
                      GError **error)
{
    const struct filter_expression *expression = provider->options.filters[filter].expression;
    size_t count, sent = 0;
    const struct sock_filter *code = filter_expression_code(expression, form, &count);
    bool ok = true;

    while (ok && sent < count) {
        struct agent_request request = {
            .protocol = AGENT_PROTOCOL,
            .type = AGENT_FILTER,
            .part = {.filter = filter,
                     .form = form_of(form),
                     .count = MIN(count - sent, AGENT_FILTER_PART)},
        };

        memcpy(request.part.code, code + sent, request.part.count * sizeof(*code));
        sent += request.part.count;
        ok = ebpf_send(provider, &request, error);
    }
    return ok;
}

static bool send_filter(struct ebpf_provider *provider, uint32_t filter, GError **error)
{
    for (int form = 0; form < FILTER_FORMS; form++) {
        if (!send_form(provider, filter, form, error))
            return false;
    }
    return true;
}

bool ebpf_send_filters(struct ebpf_provider *provider, struct agent_start *start, GError **error)
{
    const struct provider_options *options = &provider->options;
    enum cbpf_translation result = worst_translation(options);

    if (result != CBPF_TRANSLATED) {
        g_ptr_array_add(provider->base.capture->missing,
                        g_strdup_printf("the capture filter in the kernel, because it %s: all "
                                        "packets are passed to user space and filtered there",
                                        cbpf_translation_text(result)));
        start->pkt_size = start->repeat_size = 0;
        return true;
    }
    start->filters = options->filter_count;
    for (size_t i = 0; i < options->filter_count; i++) {
        const struct provider_filter *filter = &options->filters[i];

        if (filter->unused) /* the agent treats a filter that was not sent as one that matches
                               nothing */
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
