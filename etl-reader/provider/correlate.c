/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "correlate.h"

#include <glib.h>

#include "etl-content.h"
#include "pktmon/event.h"

/* Open journeys at a time. A new one replaces the oldest. */
#define JOURNEYS  16384u
#define HASH_SIZE 32768u
/* The longest time between two appearances of a packet. */
#define JOURNEY_GAP_NS ETL_CORRELATION_NS
/* The same between appearances of a packet and a drop of it with an IP header made anew, which has
 * less to identify the packet by. */
#define ANEW_GAP_NS UINT64_C(2000000)
/* Identical packets within this time may be in the stack at the same time. They then pass each
 * place in the same order. */
#define TOGETHER_NS    UINT64_C(100000)
#define MAX_CANDIDATES 64
#define MAX_PLACES     32

#define NONE UINT32_MAX

struct etl_journey_place {
    uint64_t where; /* component, edge, direction, and whether it is a drop */
    uint32_t reason, location;
};

/* In what order journeys are found. */
enum etl_lookup {
    LOOKUP_CONTENT,   /* by the whole content */
    LOOKUP_SURVIVORS, /* by what a drop with an IP header made anew still has of the packet */
    LOOKUPS,
};

/* A journey among those of the same hash. */
struct etl_links {
    uint32_t hash;
    bool is_linked;
    uint32_t older, newer; /* indexes, or NONE */
};

struct etl_open_journey {
    struct etl_content content;
    uint64_t group;
    uint64_t last_time; /* of drops with an IP header made anew, none counts */
    uint64_t last_drop; /* the newest of those; 0 = none */
    uint16_t number;
    uint16_t places; /* number of places */
    struct etl_journey_place place[MAX_PLACES];
    uint16_t anew[MAX_PLACES]; /* drops with an IP header made anew: several are of one packet */
    uint32_t stack;            /* 0 = not known */
    bool sent;                 /* in the last appearance */
    uint32_t appearances;
    struct etl_links links[LOOKUPS];
};

struct etl_correlator {
    const struct etl_catalogue *catalogue;
    struct etl_open_journey *journeys; /* a ring: the oldest is used next; NULL: none so far */
    uint32_t next;
    uint32_t *heads[LOOKUPS]; /* HASH_SIZE indexes: of the newest one of each hash, or NONE */
    struct etl_anew anew;
};

struct etl_correlator *etl_correlator_new(const struct etl_catalogue *catalogue)
{
    struct etl_correlator *correlator = g_new0(struct etl_correlator, 1);
    correlator->catalogue = catalogue;
    return correlator;
}

/* Most logs need no correlation. */
static void make_tables(struct etl_correlator *correlator)
{
    correlator->journeys = g_new0(struct etl_open_journey, JOURNEYS);
    for (size_t lookup = 0; lookup < LOOKUPS; lookup++) {
        correlator->heads[lookup] = g_new(uint32_t, HASH_SIZE);
        for (size_t i = 0; i < HASH_SIZE; i++)
            correlator->heads[lookup][i] = NONE;
    }
}

void etl_correlator_free(struct etl_correlator *correlator)
{
    if (!correlator)
        return;
    for (size_t lookup = 0; lookup < LOOKUPS; lookup++)
        g_free(correlator->heads[lookup]);
    g_free(correlator->journeys);
    g_free(correlator);
}

static struct etl_journey_place read_place(const struct etl_packet_event *event)
{
    return (struct etl_journey_place){.where = (uint64_t)event->component << 32 |
                                               (uint64_t)event->edge << 16 |
                                               (uint64_t)event->direction << 1 | event->dropped,
                                      .reason = event->dropped ? event->reason : 0,
                                      .location = event->dropped ? event->location : 0};
}

static uint32_t find_stack(const struct etl_correlator *correlator,
                           const struct etl_packet_event *event)
{
    const struct etl_binding *binding =
        etl_catalogue_binding(correlator->catalogue, event->component);
    return binding ? binding->stack : 0;
}

/* Several points of a component may report one drop at the same time, with several reasons. */
static bool is_repeated_drop(const struct etl_journey_place *one,
                             const struct etl_journey_place *other, bool at_once)
{
    return at_once && (one->reason != other->reason || one->location != other->location);
}

static bool has_place(const struct etl_open_journey *journey, const struct etl_journey_place *place,
                      bool at_once)
{
    for (uint16_t i = 0; i < journey->places; i++) {
        const struct etl_journey_place *one = &journey->place[i];
        if (one->where == place->where && journey->anew[i] == 0 &&
            !is_repeated_drop(one, place, at_once))
            return true;
    }
    return false;
}

static bool is_of_stack(const struct etl_open_journey *journey,
                        const struct etl_open_journey *appearance)
{
    return journey->stack == appearance->stack || !journey->stack || !appearance->stack;
}

/* A switch forwards what it received, but a sent packet does not return as the same packet. */
static bool may_continue(const struct etl_open_journey *journey,
                         const struct etl_open_journey *appearance, uint64_t time)
{
    return time - journey->last_time <= JOURNEY_GAP_NS && journey->places < MAX_PLACES &&
           is_of_stack(journey, appearance) && (appearance->sent || !journey->sent) &&
           etl_content_is_same(&journey->content, &appearance->content) &&
           !has_place(journey, &appearance->place[0], time - journey->last_time <= TOGETHER_NS);
}

static bool is_drop(const struct etl_open_journey *appearance)
{
    return appearance->place[0].where & 1;
}

/* Whether the appearance is a drop with an IP header made anew, or looks like it. */
static bool is_anew(const struct etl_open_journey *appearance)
{
    return is_drop(appearance) && appearance->content.is_anew;
}

/* Whether a drop with an IP header made anew may be one of the journey, whose packet arrived. */
static bool may_drop(const struct etl_open_journey *journey, const struct etl_open_journey *drop,
                     uint64_t time)
{
    return time - MAX(journey->last_time, journey->last_drop) <= ANEW_GAP_NS &&
           is_of_stack(journey, drop) && !journey->sent && !is_anew(journey) &&
           etl_content_survives(&journey->content, &drop->content);
}

/* The journey with the newest appearance, or, of journeys at the same time, the first one. */
static struct etl_open_journey *find_journey(struct etl_correlator *correlator,
                                             const struct etl_open_journey *appearance,
                                             uint64_t time)
{
    struct etl_open_journey *candidates[MAX_CANDIDATES];
    size_t count = 0;
    uint64_t newest = 0;
    uint32_t index = correlator->heads[LOOKUP_CONTENT][appearance->content.hash % HASH_SIZE];
    for (size_t looked = 0; index != NONE && looked < MAX_CANDIDATES; looked++) {
        struct etl_open_journey *journey = &correlator->journeys[index];
        index = journey->links[LOOKUP_CONTENT].older;
        if (!may_continue(journey, appearance, time))
            continue;
        candidates[count++] = journey;
        newest = MAX(newest, journey->last_time);
    }
    while (count > 0 && newest - candidates[count - 1]->last_time > TOGETHER_NS)
        count--;
    return count > 0 ? candidates[count - 1] : NULL;
}

/* --- drops with an IP header made anew --- */

static bool is_same_drop(const struct etl_journey_place *one, const struct etl_journey_place *other)
{
    return one->where == other->where && one->reason == other->reason &&
           one->location == other->location;
}

/* By a component. */
static uint32_t count_drops(const struct etl_open_journey *journey, uint64_t where)
{
    uint32_t count = 0;
    for (uint16_t i = 0; i < journey->places; i++)
        count += journey->place[i].where == where ? journey->anew[i] : 0;
    return count;
}

/* The journeys that the drop may be of, from the one that began last. */
static size_t collect_arrived(struct etl_correlator *correlator,
                              const struct etl_open_journey *drop, uint64_t time,
                              struct etl_open_journey *candidates[MAX_CANDIDATES])
{
    size_t count = 0;
    uint32_t hash;
    if (!etl_content_hash_survivors(&drop->content, &hash))
        return 0;
    uint32_t index = correlator->heads[LOOKUP_SURVIVORS][hash % HASH_SIZE];
    for (size_t looked = 0; index != NONE && looked < MAX_CANDIDATES; looked++) {
        struct etl_open_journey *journey = &correlator->journeys[index];
        index = journey->links[LOOKUP_SURVIVORS].older;
        if (may_drop(journey, drop, time))
            candidates[count++] = journey;
    }
    return count;
}

/* The nearest packet is the newest one. Identical packets that were received together are offered
 * to each receiver one after the other, in their order: so the first of those that the component
 * dropped least often. */
static struct etl_open_journey *find_arrived(struct etl_correlator *correlator,
                                             const struct etl_open_journey *drop, uint64_t time)
{
    struct etl_open_journey *candidates[MAX_CANDIDATES];
    uint64_t where = drop->place[0].where;
    size_t count = collect_arrived(correlator, drop, time, candidates);
    struct etl_open_journey *best = count > 0 ? candidates[0] : NULL;
    for (size_t i = 1; i < count; i++) {
        if (candidates[i]->last_time + TOGETHER_NS < candidates[i - 1]->last_time)
            break;
        if (count_drops(candidates[i], where) <= count_drops(best, where))
            best = candidates[i];
    }
    correlator->anew.joined += count > 0;
    correlator->anew.ambiguous += count > 1;
    return best;
}

static bool was_at(const struct etl_open_journey *journey, uint64_t where)
{
    for (uint16_t i = 0; i < journey->places; i++) {
        if (journey->place[i].where == where)
            return true;
    }
    return false;
}

static bool was_dropped_so(const struct etl_open_journey *journey,
                           const struct etl_journey_place *place)
{
    for (uint16_t i = 0; i < journey->places; i++) {
        if (is_same_drop(&journey->place[i], place))
            return true;
    }
    return false;
}

/* Whether a journey that began with a drop goes on with one at the same component: several
 * receivers refuse a multicast one after the other, and one drop may be reported several times at
 * once. */
static bool may_drop_again(const struct etl_open_journey *journey,
                           const struct etl_open_journey *drop, uint64_t time)
{
    uint64_t gap = time - MAX(journey->last_time, journey->last_drop);
    const struct etl_journey_place *place = &drop->place[0];
    bool has_receivers = is_anew(drop) && etl_content_is_multicast(&drop->content);
    return is_anew(journey) && was_at(journey, place->where) &&
           (has_receivers ? gap <= ANEW_GAP_NS
                          : gap <= TOGETHER_NS && !was_dropped_so(journey, place)) &&
           etl_content_survives(&journey->content, &drop->content);
}

/* Of a packet that is not in the log, because it came from this host itself. NULL: the drop is the
 * first. */
static struct etl_open_journey *find_dropped(struct etl_correlator *correlator,
                                             const struct etl_open_journey *drop, uint64_t time)
{
    uint32_t hash;
    if (!etl_content_hash_survivors(&drop->content, &hash))
        return NULL;
    uint32_t index = correlator->heads[LOOKUP_SURVIVORS][hash % HASH_SIZE];
    for (size_t looked = 0; index != NONE && looked < MAX_CANDIDATES; looked++) {
        struct etl_open_journey *journey = &correlator->journeys[index];
        index = journey->links[LOOKUP_SURVIVORS].older;
        if (may_drop_again(journey, drop, time))
            return journey;
    }
    return NULL;
}

static void continue_with_drop(struct etl_open_journey *journey,
                               const struct etl_open_journey *drop, uint64_t time)
{
    uint16_t at = 0;
    while (at < journey->places &&
           !(journey->anew[at] > 0 && is_same_drop(&journey->place[at], &drop->place[0])))
        at++;
    if (at == journey->places && at < MAX_PLACES)
        journey->place[journey->places++] = drop->place[0];
    if (at < MAX_PLACES)
        journey->anew[at] += journey->anew[at] < UINT16_MAX;
    journey->last_drop = time;
    journey->appearances++;
    if (journey->stack == 0)
        journey->stack = drop->stack;
}

/* --- journeys --- */

static void unlink_journey(struct etl_correlator *correlator, struct etl_open_journey *journey,
                           enum etl_lookup lookup)
{
    struct etl_links *links = &journey->links[lookup];
    if (!links->is_linked)
        return;
    if (links->newer == NONE)
        correlator->heads[lookup][links->hash % HASH_SIZE] = links->older;
    else
        correlator->journeys[links->newer].links[lookup].older = links->older;
    if (links->older != NONE)
        correlator->journeys[links->older].links[lookup].newer = links->newer;
}

static void link_journey(struct etl_correlator *correlator, uint32_t index, enum etl_lookup lookup,
                         uint32_t hash)
{
    uint32_t *head = &correlator->heads[lookup][hash % HASH_SIZE];
    correlator->journeys[index].links[lookup] =
        (struct etl_links){.hash = hash, .is_linked = true, .older = *head, .newer = NONE};
    if (*head != NONE)
        correlator->journeys[*head].links[lookup].newer = index;
    *head = index;
}

static void begin_journey(struct etl_correlator *correlator,
                          const struct etl_open_journey *appearance)
{
    uint32_t index = correlator->next, survivors;
    struct etl_open_journey *journey = &correlator->journeys[index];
    unlink_journey(correlator, journey, LOOKUP_CONTENT);
    unlink_journey(correlator, journey, LOOKUP_SURVIVORS);
    *journey = *appearance;
    link_journey(correlator, index, LOOKUP_CONTENT, journey->content.hash);
    if (etl_content_hash_survivors(&journey->content, &survivors))
        link_journey(correlator, index, LOOKUP_SURVIVORS, survivors);
    correlator->next = (index + 1) % JOURNEYS;
}

static void continue_journey(struct etl_open_journey *journey,
                             const struct etl_open_journey *appearance, uint64_t time)
{
    if (journey->places < MAX_PLACES)
        journey->place[journey->places++] = appearance->place[0];
    journey->last_time = time;
    journey->sent = appearance->sent;
    journey->appearances++;
    if (journey->stack == 0)
        journey->stack = appearance->stack;
}

/* A header that only looks as if it were made anew is found by its whole content. */
static struct etl_open_journey *join(struct etl_correlator *correlator,
                                     const struct etl_open_journey *appearance, uint64_t time)
{
    bool dropped = is_drop(appearance), anew = is_anew(appearance);
    struct etl_open_journey *journey = anew ? find_arrived(correlator, appearance, time) : NULL;
    correlator->anew.drops += anew;
    if (anew && !journey)
        journey = find_dropped(correlator, appearance, time);
    if (journey) {
        continue_with_drop(journey, appearance, time);
        return journey;
    }
    journey = find_journey(correlator, appearance, time);
    if (!journey && dropped && !anew)
        journey = find_dropped(correlator, appearance, time);
    if (journey)
        continue_journey(journey, appearance, time);
    return journey;
}

struct etl_journey etl_correlator_join(struct etl_correlator *correlator, uint64_t time,
                                       const struct etl_packet_event *event,
                                       const struct etl_frame *frame)
{
    struct etl_journey alone = {.group = event->group, .number = event->number, .appearance = 1};
    struct etl_open_journey appearance = {
        .group = event->group,
        .number = event->number,
        .last_time = time,
        .places = 1,
        .place = {read_place(event)},
        .stack = find_stack(correlator, event),
        .sent = etl_is_sent(event->direction),
        .appearances = 1,
    };
    if (!etl_content_read(frame, &appearance.content))
        return alone;
    if (!correlator->journeys)
        make_tables(correlator);
    struct etl_open_journey *journey = join(correlator, &appearance, time);
    if (!journey) {
        begin_journey(correlator, &appearance);
        return alone;
    }
    return (struct etl_journey){
        .group = journey->group, .number = journey->number, .appearance = journey->appearances};
}

const struct etl_anew *etl_correlator_anew(const struct etl_correlator *correlator)
{
    return &correlator->anew;
}
