/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a hub asks its provider for: as much as its subscribers need together. */
#include "hub-private.h"

/* Programs that do less are loaded when it has been quiet for as long: others may come or go, and
 * each change costs the kernel seconds of work. */
#define LESS_DELAY_NS (5000 * PKTMON_NS_PER_MS)

/* Orders ----------------------------------------------------------------------------------------
 */

/* Sizes of packets, of which 0 is the largest. */
static uint32_t larger_size(uint32_t one, uint32_t other)
{
    return one == 0 || other == 0 ? 0 : MAX(one, other);
}

/* Ceilings, of which 0 is none. */
static uint32_t looser_ceiling(uint32_t one, uint32_t other)
{
    return larger_size(one, other);
}

static void add_needs(struct pktmon_provider_options *options, const struct subscriber *subscriber,
                      bool judges_itself, bool first)
{
    const struct pktmon_provider_options *own = &subscriber->options;
    uint32_t size = judges_itself ? 0 : own->pkt_size;
    uint32_t repeat_size = judges_itself || own->repeat_size == 0 ? size : own->repeat_size;

    options->flow |= own->flow;
    options->drops |= own->drops;
    options->pkt_size = first ? size : larger_size(options->pkt_size, size);
    options->repeat_size = first ? repeat_size : larger_size(options->repeat_size, repeat_size);
    options->max_cpu = first ? own->max_cpu : looser_ceiling(options->max_cpu, own->max_cpu);
}

static bool wants_netns(const struct subscriber *subscriber, const char *netns)
{
    const struct pktmon_provider_options *own = &subscriber->options;

    return !own->wants_netns || own->wants_netns(own->context, netns);
}

/* As pktmon_provider_options.wants_netns: one of those awake wants it, or the one that is served.
 */
static bool hub_wants_netns(const void *context, const char *netns)
{
    const struct hub *hub = context;
    bool wanted = hub->other && wants_netns(hub->other, netns);

    for (guint i = 0; !wanted && i < hub->subscribers->len; i++) {
        wanted = wants_netns(hub->subscribers->pdata[i], netns);
    }
    return wanted;
}

/* Whether all of them choose namespaces. */
static bool hub_selects(const struct hub *hub, const struct subscriber *other)
{
    bool selects = other || hub->subscribers->len > 0;

    for (guint i = 0; selects && i < hub->subscribers->len; i++) {
        selects = ((const struct subscriber *)hub->subscribers->pdata[i])->options.wants_netns;
    }
    return selects && (!other || other->options.wants_netns);
}

/* Whether any of those awake has filters that the provider is to judge by. */
static bool any_filters(const struct hub_order *order)
{
    for (size_t i = 0; i < order->options.filter_count; i++) {
        if (order->filters[i].expression) {
            return true;
        }
    }
    return false;
}

/* A provider that cannot be asked for less or more later on is asked for all at once. */
static void ask_for_all(struct pktmon_provider_options *options)
{
    options->flow = options->drops = true;
    options->pkt_size = options->repeat_size = options->max_cpu = 0;
    options->filter_count = 0;
    options->wants_netns = NULL;
}

struct hub_order *hub_order_new(const struct hub *hub, const struct subscriber *other)
{
    struct hub_order *order = g_new0(struct hub_order, 1);
    struct pktmon_provider_options *options = &order->options;
    bool first = true;

    for (guint i = 0; i < hub->subscribers->len; i++) {
        const struct subscriber *subscriber = hub->subscribers->pdata[i];

        if (subscriber != other) {
            add_needs(options, subscriber, subscriber->judges_itself, first);
            first = false;
        }
    }
    if (other) {
        add_needs(options, other, other->next_judges_itself, first);
    }
    options->points = hub->points;
    options->vxlan_port = hub->vxlan_port;
    options->hook_queues = hub->hook_queues;
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
    if (hub->provider && !hub->provider->ops->change) {
        ask_for_all(options);
    } else if (!any_filters(order)) {
        options->filter_count = 0;
    }
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

static bool is_same_filter(const struct pktmon_provider_filter *one,
                           const struct pktmon_provider_filter *other)
{
    return one->expression == other->expression && one->inner == other->inner &&
           one->unused == other->unused;
}

static bool is_same(const struct hub_order *one, const struct hub_order *other)
{
    const struct pktmon_provider_options *left = &one->options, *right = &other->options;
    bool same = left->flow == right->flow && left->drops == right->drops &&
                left->pkt_size == right->pkt_size && left->repeat_size == right->repeat_size &&
                left->max_cpu == right->max_cpu && left->filter_count == right->filter_count &&
                left->wants_netns == right->wants_netns;

    for (size_t i = 0; same && i < left->filter_count; i++) {
        same = is_same_filter(&one->filters[i], &other->filters[i]);
    }
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

static const struct pktmon_provider_filter all_packets;

static bool assign_filters(struct hub *hub, struct subscriber *subscriber, const GArray *filters)
{
    struct bit_list *list = &subscriber->next_bits;
    /* Filters are only ever added: the first ones have their bits already. */
    size_t known = subscriber->judges_itself || subscriber->filters->len > filters->len
                       ? 0
                       : MIN(subscriber->bits.count, subscriber->filters->len);
    uint64_t now = pktmon_clock_monotonic();
    bool good = true;

    *list = subscriber->bits;
    list->count = known;
    for (guint i = known; good && i < filters->len; i++) {
        good = filter_bits_add(
            &hub->bits, &g_array_index(filters, struct pktmon_provider_filter, i), list, now);
    }
    return good && (filters->len > 0 || filter_bits_add(&hub->bits, &all_packets, list, now));
}

/* All packets are for the subscriber, which judges them itself. Its other bits are given back once
 * this holds. */
static bool assign_all(struct hub *hub, struct subscriber *subscriber)
{
    struct bit_list *list = &subscriber->next_bits;

    subscriber->next_judges_itself = true;
    list->count = 0;
    if (filter_bits_add(&hub->bits, &all_packets, list, pktmon_clock_monotonic())) {
        return true;
    }
    if (subscriber->bits.count == 0) {
        return false;
    }
    /* One of its own takes another meaning, so that they tell nothing any more. */
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
    if (assign_filters(hub, subscriber, filters)) {
        return true;
    }
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
    if (order != hub->order) {
        hub_order_free(hub->order);
    }
    hub->order = order;
    g_clear_pointer(&hub->declined, hub_order_free);
}

void hub_take_over(struct hub *hub, struct hub_request *request)
{
    struct subscriber *subscriber = request->subscriber;

    filter_bits_release(&hub->bits, &subscriber->bits, &subscriber->next_bits,
                        pktmon_clock_monotonic());
    subscriber->bits = subscriber->next_bits;
    subscriber->judges_itself = subscriber->next_judges_itself;
    subscriber_forget_wants(subscriber);
    if (request->kind == HUB_CHANGE) {
        g_array_unref(subscriber->filters);
        subscriber->filters = g_steal_pointer(&request->filters);
        subscriber_changed(subscriber);
        hub_needs_less(hub); /* it may have given back bits */
    }
}

/* What was judged before may still be under way, and counts for the subscriber as it did. */
static void has_changed(struct hub *hub, struct hub_request *request)
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
static void was_refused(struct hub *hub, struct hub_request *request, GError *error)
{
    hub->bits = hub->bits_before;
    request->refused = true;
    if (request->kind == HUB_START) {
        hub_answer(hub, request, error);
        return;
    }
    subscriber_end(request->subscriber, false, error);
    hub_answer(hub, request, NULL);
}

static void try_all_packets(struct hub *hub, struct hub_request *request, GError *error);

/* error: NULL: it was carried out; its ownership is taken. */
static void change_ended(struct hub *hub, GError *error)
{
    struct hub_request *request = g_steal_pointer(&hub->changing);
    struct hub_order *order = g_steal_pointer(&hub->asked);

    hub->other = NULL;
    if (!error) {
        take_order(hub, order);
        if (request) {
            has_changed(hub, request);
        }
        return;
    }
    if (!request) {
        hub_order_free(hub->declined);
        hub->declined = order;
        g_error_free(error);
        return;
    }
    hub_order_free(order);
    if (request->kind == HUB_CHANGE && !request->subscriber->next_judges_itself) {
        try_all_packets(hub, request, error);
    } else {
        was_refused(hub, request, error);
    }
}

static GError *cannot_change(void)
{
    return g_error_new(PKTMON_ERROR, PKTMON_ERROR_UNSUPPORTED,
                       "This source of packets cannot be asked for more while it captures: end the "
                       "other sessions first.");
}

/* request: NULL: one has left, and less is needed. */
static void ask(struct hub *hub, struct hub_request *request)
{
    const struct pktmon_provider_ops *ops = hub->provider->ops;
    bool (*change)(struct pktmon_provider *, const struct pktmon_provider_options *, GError **);
    GError *error = NULL;
    bool same;

    hub->changing = request;
    hub->other = request ? request->subscriber : NULL;
    hub->selects_less = false;
    hub->asked = hub_order_new(hub, hub->other);
    same = is_same(hub->asked, hub->order);
    change = same ? ops->select : ops->change;
    if (same && (!change || !hub->asked->options.wants_netns)) {
        /* The provider borrows from the order that it was given. */
        hub_order_free(hub->asked);
        hub->asked = hub->order;
        change_ended(hub, NULL);
        return;
    }
    if (!change) {
        change_ended(hub, cannot_change());
        return;
    }
    hub->changes = hub->provider->changes;
    hub->change_due = pktmon_clock_monotonic() + CHANGE_TIMEOUT_NS;
    if (!change(hub->provider, &hub->asked->options, &error)) {
        change_ended(hub, error ? error : cannot_change());
    }
}

/* The provider cannot judge by the filters: the session can. Takes ownership of error. */
static void try_all_packets(struct hub *hub, struct hub_request *request, GError *error)
{
    g_info("a session judges all packets itself: %s", error->message);
    g_error_free(error);
    hub->bits = hub->bits_before;
    if (assign_all(hub, request->subscriber)) {
        ask(hub, request);
    } else {
        was_refused(hub, request, cannot_change());
    }
}

static void check_asked(struct hub *hub)
{
    struct pktmon_provider *provider = hub->provider;

    if (provider->changes != hub->changes) {
        change_ended(hub, provider->refused ? g_error_copy(provider->refused) : NULL);
    } else if (pktmon_clock_monotonic() > hub->change_due) {
        /* Who knows what the provider still does with it. */
        g_ptr_array_add(hub->overdue, hub->asked);
        hub->asked = hub_order_new(hub, NULL);
        change_ended(hub, g_error_new(PKTMON_ERROR, PKTMON_ERROR_FAILED,
                                      "The capture could not be changed within 60 s: end the other "
                                      "sessions, and start again."));
    }
}

static void begin_next(struct hub *hub)
{
    struct hub_request *request = g_queue_pop_head(&hub->waiting);

    hub->bits_before = hub->bits;
    if (hub_assign(hub, request->subscriber, wanted_filters(request))) {
        ask(hub, request);
    } else {
        was_refused(hub, request, cannot_change());
    }
}

void hub_needs_less(struct hub *hub)
{
    hub->less_due = pktmon_clock_monotonic() + LESS_DELAY_NS;
}

/* Whether less is needed than what the provider was asked for. */
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
    if (hub->asked) {
        check_asked(hub);
    }
    while (!hub->asked && hub->waiting.length > 0) {
        begin_next(hub);
    }
    if (!hub->asked && hub->less_due && pktmon_clock_monotonic() > hub->less_due) {
        hub->less_due = 0;
        if (has_too_much(hub) || (hub->selects_less && hub->subscribers->len > 0)) {
            ask(hub, NULL);
        }
    }
}
