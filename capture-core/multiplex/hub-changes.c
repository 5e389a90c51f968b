/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a hub requests of its provider: as much as its subscribers need together. */
#include "hub-private.h"
#include "hub.h"
#include "shared-options.h"

#define CHANGE_TIMEOUT_NS (60000 * PKTMON_NS_PER_MS)

/* Programs that do less are loaded when it has been quiet for as long: others may come or go, and
 * each change costs the kernel seconds of work. */
#define LESS_DELAY_NS (5000 * PKTMON_NS_PER_MS)

/* Orders ----------------------------------------------------------------------------------------
 */

static void add_outputs(struct hub_order *order, const struct provider_options *own)
{
    struct provider_options *options = &order->options;

    options->outputs = order->outputs;
    for (size_t i = 0; i < own->output_count && options->output_count < OUTPUTS_MAX; i++)
        order->outputs[options->output_count++] = own->outputs[i];
}

/* Whether the subscriber may not be given observations that others are given, which then are no
 * repeats for it. (The provider itself knows what a filter matches for the first time.) */
static bool is_partial(const struct provider_options *own)
{
    return own->wants_netns || !own->flow || !own->drops;
}

static void add_needs(struct hub_order *order, const struct subscriber *subscriber,
                      bool judges_itself, bool first)
{
    struct provider_options *options = &order->options;
    const struct provider_options *own = &subscriber->options;
    uint32_t size = judges_itself ? 0 : own->pkt_size;
    bool whole_repeats = judges_itself || own->repeat_size == 0 || is_partial(own);
    uint32_t repeat_size = whole_repeats ? size : own->repeat_size;

    options->flow |= own->flow;
    options->drops |= own->drops;
    options->pkt_size = first ? size : shared_larger_limit(options->pkt_size, size);
    options->repeat_size =
        first ? repeat_size : shared_larger_limit(options->repeat_size, repeat_size);
    shared_options_add(&options->live, &own->live, first);
    add_outputs(order, own);
}

static bool wants_netns(const struct subscriber *subscriber, const char *netns)
{
    const struct provider_options *own = &subscriber->options;

    return !own->wants_netns || own->wants_netns(own->context, netns);
}

/* As provider_options.wants_netns: one of those awake wants it, or the one that is served.
 */
static bool hub_wants_netns(const void *context, const char *netns)
{
    const struct hub *hub = context;
    bool wanted = hub->other && wants_netns(hub->other, netns);

    for (guint i = 0; !wanted && i < hub->subscribers->len; i++)
        wanted = wants_netns(hub->subscribers->pdata[i], netns);
    return wanted;
}

/* Whether all of them choose namespaces. */
static bool hub_selects(const struct hub *hub, const struct subscriber *other)
{
    bool selects = other || hub->subscribers->len > 0;

    for (guint i = 0; selects && i < hub->subscribers->len; i++)
        selects = ((const struct subscriber *)hub->subscribers->pdata[i])->options.wants_netns;
    return selects && (!other || other->options.wants_netns);
}

/* Whether any of those awake has filters that the provider is to judge by. */
static bool any_filters(const struct hub_order *order)
{
    for (size_t i = 0; i < order->options.filter_count; i++) {
        if (order->filters[i].expression)
            return true;
    }
    return false;
}

/* A provider whose filters cannot be changed later captures everything from the beginning. */
static void request_all(struct provider_options *options)
{
    options->flow = options->drops = true;
    options->pkt_size = options->repeat_size = options->max_cpu = 0;
    options->filter_count = 0;
    options->wants_netns = NULL;
}

struct hub_order *hub_order_new(const struct hub *hub, const struct subscriber *other)
{
    struct hub_order *order = g_new0(struct hub_order, 1);
    struct provider_options *options = &order->options;
    bool first = true;

    options->live = shared_options_begin(&hub->first);
    for (guint i = 0; i < hub->subscribers->len; i++) {
        const struct subscriber *subscriber = hub->subscribers->pdata[i];

        if (subscriber != other) {
            add_needs(order, subscriber, subscriber->judges_itself, first);
            first = false;
        }
    }
    if (other)
        add_needs(order, other, other->next_judges_itself, first);
    if (hub_selects(hub, other)) {
        options->wants_netns = hub_wants_netns;
        options->context = hub;
    }
    options->filters = order->filters;
    struct filter_bits bits = hub->bits;
    if (other && other->filters->len == 0) {
        /* Nothing is missed without the bit of all packets: whoever has it is given whatever comes.
         */
        filter_bits_release(&bits, &other->bits, &other->next_bits, 0);
    }
    options->filter_count = filter_bits_for_provider(&bits, order->filters);
    if (hub->provider && !hub->provider->ops->change)
        request_all(options);
    else if (!any_filters(order))
        options->filter_count = 0;
    order->references = filters_copy(order->filters, options->filter_count);
    return order;
}

void hub_order_free(struct hub_order *order)
{
    if (order) {
        g_array_unref(order->references);
        g_free(order->without_ebpf);
        g_free(order);
    }
}

static bool is_same_filter(const struct provider_filter *one, const struct provider_filter *other)
{
    return one->expression == other->expression && one->inner == other->inner &&
           one->unused == other->unused;
}

static bool is_same(const struct hub_order *one, const struct hub_order *other)
{
    const struct provider_options *left = &one->options, *right = &other->options;
    bool same = left->flow == right->flow && left->drops == right->drops &&
                left->pkt_size == right->pkt_size && left->repeat_size == right->repeat_size &&
                shared_options_equal(&left->live, &right->live) &&
                left->output_count == right->output_count &&
                left->filter_count == right->filter_count &&
                left->wants_netns == right->wants_netns;

    for (size_t i = 0; same && i < left->output_count; i++)
        same = left->outputs[i] == right->outputs[i];

    for (size_t i = 0; same && i < left->filter_count; i++)
        same = is_same_filter(&one->filters[i], &other->filters[i]);
    return same;
}

bool hub_order_fits(const struct hub *hub, const struct subscriber *subscriber)
{
    struct hub_order *order = hub_order_new(hub, subscriber);
    bool fits = is_same(order, hub->order);

    hub_order_free(order);
    return fits;
}

/* Bits ------------------------------------------------------------------------------------------
 */

static const struct provider_filter all_packets;

static bool assign_filters(struct hub *hub, struct subscriber *subscriber, const GArray *filters)
{
    struct bit_list *list = &subscriber->next_bits;
    /* Filters are only ever added: the first ones have their bits already. */
    size_t known = subscriber->judges_itself || subscriber->filters->len > filters->len
                       ? 0
                       : MIN(subscriber->bits.count, subscriber->filters->len);
    uint64_t now = clock_monotonic();
    bool ok = true;

    *list = subscriber->bits;
    list->count = known;
    for (guint i = known; ok && i < filters->len; i++) {
        ok = filter_bits_add(&hub->bits, &g_array_index(filters, struct provider_filter, i), list,
                             now);
    }
    return ok && (filters->len > 0 || filter_bits_add(&hub->bits, &all_packets, list, now));
}

/* All packets are for the subscriber, which judges them itself. Its other bits are given back once
 * this holds. */
static bool assign_all(struct hub *hub, struct subscriber *subscriber)
{
    struct bit_list *list = &subscriber->next_bits;

    subscriber->next_judges_itself = true;
    list->count = 0;
    if (filter_bits_add(&hub->bits, &all_packets, list, clock_monotonic()))
        return true;
    if (subscriber->bits.count == 0)
        return false;
    /* One of its own takes another meaning, so they mean nothing any more. */
    subscriber->judges_itself = true;
    hub->bits.filters[subscriber->bits.bits[0]] = all_packets;
    *list = (struct bit_list){.bits = {subscriber->bits.bits[0]}, .count = 1};
    return true;
}

bool hub_assign(struct hub *hub, struct subscriber *subscriber, const GArray *filters)
{
    const struct filter_bits before = hub->bits;

    if (subscriber->bits.count > 0 && filters->len == 0) { /* as before: it still wants all */
        subscriber->next_bits = subscriber->bits;
        subscriber->next_judges_itself = subscriber->judges_itself;
        return true;
    }
    subscriber->next_judges_itself = false;
    if (assign_filters(hub, subscriber, filters))
        return true;
    hub->bits = before;
    return assign_all(hub, subscriber);
}

/* Changes ---------------------------------------------------------------------------------------
 */

static const GArray *wanted_filters(const struct hub_request *request)
{
    return request->kind == HUB_CHANGE ? request->filters : request->subscriber->filters;
}

static void take_order(struct hub *hub, struct hub_order *order)
{
    if (order != hub->order)
        hub_order_free(hub->order);
    hub->order = order;
    g_clear_pointer(&hub->declined, hub_order_free);
}

void hub_take_over(struct hub *hub, struct hub_request *request)
{
    struct subscriber *subscriber = request->subscriber;

    filter_bits_release(&hub->bits, &subscriber->bits, &subscriber->next_bits, clock_monotonic());
    subscriber->bits = subscriber->next_bits;
    subscriber->judges_itself = subscriber->next_judges_itself;
    subscriber_forget_wants(subscriber);
    if (request->kind == HUB_CHANGE) {
        g_array_unref(subscriber->filters);
        subscriber->filters = g_steal_pointer(&request->filters);
        subscriber_finish_change(subscriber);
        hub_request_less(hub); /* it may have given back bits */
    }
}

/* What was judged before may still be under way, and counts for the subscriber as it did. */
static void finish_change(struct hub *hub, struct hub_request *request)
{
    struct subscriber *subscriber = request->subscriber;

    if (request->kind == HUB_START) {
        g_ptr_array_add(hub->subscribers, subscriber);
        subscriber->state = SUBSCRIBER_COMING;
    }
    g_ptr_array_add(hub->marked, request);
    hub_mark(hub, subscriber);
}

/* Takes ownership of error. */
static void refuse_change(struct hub *hub, struct hub_request *request, GError *error)
{
    hub->bits = hub->bits_before;
    request->refused = true;
    if (request->kind == HUB_START) {
        hub_reply(hub, request, error);
        return;
    }
    subscriber_end(request->subscriber, false, error);
    hub_reply(hub, request, NULL);
}

static void try_all_packets(struct hub *hub, struct hub_request *request, GError *error);

/* error: NULL: it was carried out; its ownership is taken. */
static void end_change(struct hub *hub, GError *error)
{
    struct hub_request *request = g_steal_pointer(&hub->changing);
    struct hub_order *order = g_steal_pointer(&hub->requested);

    hub->other = NULL;
    if (!error) {
        take_order(hub, order);
        if (request)
            finish_change(hub, request);
        return;
    }
    if (!request) {
        hub_order_free(hub->declined);
        hub->declined = order;
        g_error_free(error);
        return;
    }
    hub_order_free(order);
    if (request->kind == HUB_CHANGE && !request->subscriber->next_judges_itself)
        try_all_packets(hub, request, error);
    else
        refuse_change(hub, request, error);
}

static GError *cannot_change(void)
{
    return g_error_new(
        PKTMON_ERROR, PKTMON_ERROR_UNSUPPORTED,
        "This provider cannot be changed while it captures: end the other sessions first.");
}

/* request: NULL: one has left, and less is needed. */
static void request_change(struct hub *hub, struct hub_request *request)
{
    const struct provider_ops *ops = hub->provider->ops;
    bool (*change)(struct provider *, const struct provider_options *, GError **);
    GError *error = NULL;
    bool same;

    hub->changing = request;
    hub->other = request ? request->subscriber : NULL;
    hub->selects_less = false;
    hub->requested = hub_order_new(hub, hub->other);
    same = is_same(hub->requested, hub->order);
    change = same ? ops->select : ops->change;
    if (same && (!change || !hub->requested->options.wants_netns)) {
        /* The provider borrows from the order that it was given. */
        hub_order_free(hub->requested);
        hub->requested = hub->order;
        end_change(hub, NULL);
        return;
    }
    if (!change) {
        end_change(hub, cannot_change());
        return;
    }
    hub->changes = hub->provider->changes;
    hub->change_due = clock_monotonic() + CHANGE_TIMEOUT_NS;
    if (!change(hub->provider, &hub->requested->options, &error))
        end_change(hub, error ? error : cannot_change());
}

/* The provider cannot judge by the filters: the session can. Takes ownership of error. */
static void try_all_packets(struct hub *hub, struct hub_request *request, GError *error)
{
    g_info("a session applies its filters in user space: %s", error->message);
    g_error_free(error);
    hub->bits = hub->bits_before;
    if (assign_all(hub, request->subscriber))
        request_change(hub, request);
    else
        refuse_change(hub, request, cannot_change());
}

static void check_asked(struct hub *hub)
{
    struct provider *provider = hub->provider;

    if (provider->changes != hub->changes) {
        end_change(hub, provider->refused ? g_error_copy(provider->refused) : NULL);
    } else if (clock_monotonic() > hub->change_due) {
        /* Who knows what the provider still does with it. */
        g_ptr_array_add(hub->overdue, hub->requested);
        hub->requested = hub_order_new(hub, NULL);
        end_change(hub, g_error_new(PKTMON_ERROR, PKTMON_ERROR_FAILED,
                                    "The capture could not be changed within 60 s: end the other "
                                    "sessions, and start again."));
    }
}

static void begin_next(struct hub *hub)
{
    struct hub_request *request = g_queue_pop_head(&hub->waiting);

    hub->bits_before = hub->bits;
    if (hub_assign(hub, request->subscriber, wanted_filters(request)))
        request_change(hub, request);
    else
        refuse_change(hub, request, cannot_change());
}

void hub_request_less(struct hub *hub)
{
    hub->less_due = clock_monotonic() + LESS_DELAY_NS;
}

/* Whether less is needed than was requested of the provider. */
static bool has_too_much(const struct hub *hub)
{
    struct hub_order *needed = hub_order_new(hub, NULL);
    bool too_much = hub->provider->ops->change && hub->subscribers->len > 0 &&
                    !is_same(needed, hub->order) &&
                    !(hub->declined && is_same(needed, hub->declined));

    hub_order_free(needed);
    return too_much;
}

void hub_advance_changes(struct hub *hub)
{
    if (hub->requested)
        check_asked(hub);
    while (!hub->requested && hub->waiting.length > 0)
        begin_next(hub);
    if (!hub->requested && hub->less_due && clock_monotonic() > hub->less_due) {
        hub->less_due = 0;
        if (has_too_much(hub) || (hub->selects_less && hub->subscribers->len > 0))
            request_change(hub, NULL);
    }
}
