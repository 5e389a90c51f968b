/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "correlate.h"

#include <glib.h>

#include "event.h"
#include "salted.h"

/* Journeys that are open at a time; the oldest make room. */
#define JOURNEYS  16384u
#define HASH_SIZE 32768u
/* A packet that waits longer than this between two places is not found again. */
#define JOURNEY_GAP_NS UINT64_C(1000000000)
/* Identical packets that follow each other as close as this may be under way together, and then
 * pass each place in the order they came. */
#define TOGETHER_NS    UINT64_C(100000)
#define MAX_CANDIDATES 64
#define MAX_PLACES     32
#define MAX_CONTENT    128 /* bytes compared */
#define MIN_CONTENT    20
#define HASHED_CONTENT 40 /* bytes that every useful packet size leaves of an IP packet */

#define NONE UINT32_MAX

struct content {
    uint32_t hash;
    uint16_t size;
    uint8_t bytes[MAX_CONTENT];
};

struct journey {
    struct content content;
    uint64_t group, last_time;
    uint16_t number;
    uint16_t places; /* how many */
    uint64_t place[MAX_PLACES];
    uint32_t stack; /* 0 = not known */
    bool sent;      /* the last direction was towards the wire */
    bool used;
    uint32_t appearances;
    uint32_t older, newer; /* of the same hash; indexes, or NONE */
};

struct etl_correlator {
    const struct etl_catalogue *catalogue;
    struct journey *journeys; /* a ring: the next to be used is the oldest */
    uint32_t next;
    uint32_t heads[HASH_SIZE]; /* the newest of each hash, or NONE */
};

struct etl_correlator *etl_correlator_new(const struct etl_catalogue *catalogue)
{
    struct etl_correlator *correlator = g_new0(struct etl_correlator, 1);
    correlator->catalogue = catalogue;
    correlator->journeys = g_new0(struct journey, JOURNEYS);
    for (size_t i = 0; i < HASH_SIZE; i++)
        correlator->heads[i] = NONE;
    return correlator;
}

void etl_correlator_free(struct etl_correlator *correlator)
{
    if (!correlator)
        return;
    g_free(correlator->journeys);
    g_free(correlator);
}

static uint16_t be16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

/* Bytes of the link header, and the Ethertype of what follows; size where there is nothing. */
static size_t link_header(const struct etl_frame *frame, uint16_t *ethertype)
{
    const uint8_t *data = frame->data;
    size_t at;
    if (frame->link_type == ETL_LINKTYPE_IEEE802_11) {
        at = frame->size >= 2 ? etl_wifi_header_size(data) + 6 : frame->size;
    } else if (frame->link_type == ETL_LINKTYPE_ETHERNET) {
        at = 12;
        while (at + 6 <= frame->size && (be16(data + at) == 0x8100 || be16(data + at) == 0x88A8))
            at += 4;
    } else {
        *ethertype = frame->size > 0 && data[0] >> 4 == 6 ? 0x86DD : 0x0800;
        return 0;
    }
    if (at + 2 > frame->size)
        return frame->size;
    *ethertype = be16(data + at);
    return at + 2;
}

/* What an adapter fills in later, or never writes to the log the same way twice. */
static void mask_transport(struct content *content, size_t header, uint8_t protocol)
{
    size_t checksum = header + (protocol == 6 ? 16 : 6);
    if ((protocol == 6 || protocol == 17) && checksum + 2 <= content->size)
        memset(content->bytes + checksum, 0, 2);
}

static void mask_ipv4(struct content *content)
{
    size_t header = (size_t)(content->bytes[0] & 15) * 4;
    memset(content->bytes + 10, 0, 2);
    mask_transport(content, header, content->bytes[9]);
}

/* Bytes of the network packet, by its own header, so that padding does not count. */
static size_t network_size(const uint8_t *data, size_t size, uint16_t ethertype)
{
    if (ethertype == 0x0800 && size >= 20 && be16(data + 2) >= 20)
        return MIN(size, be16(data + 2));
    if (ethertype == 0x86DD && size >= 40 && be16(data + 4) > 0)
        return MIN(size, 40u + be16(data + 4));
    return ethertype == 0x0806 ? MIN(size, 28) : size;
}

/* False: there is too little to tell one packet from another. */
static bool content_of(const struct etl_frame *frame, struct content *content)
{
    uint16_t ethertype = 0;
    size_t header = link_header(frame, &ethertype);
    const uint8_t *data = frame->data + header;
    size_t size = network_size(data, frame->size - header, ethertype);
    if (size < MIN_CONTENT)
        return false;
    content->size = (uint16_t)MIN(size, MAX_CONTENT);
    memcpy(content->bytes, data, content->size);
    if (ethertype == 0x0800)
        mask_ipv4(content);
    else if (ethertype == 0x86DD && content->size >= 40)
        mask_transport(content, 40, content->bytes[6]);
    content->hash = salted_bytes(content->bytes, MIN(content->size, HASHED_CONTENT)) ^ ethertype;
    return true;
}

/* The log may have cut the same packet at different lengths. */
static bool same_content(const struct content *left, const struct content *right)
{
    return left->hash == right->hash &&
           memcmp(left->bytes, right->bytes, MIN(left->size, right->size)) == 0;
}

static bool is_sent(uint16_t direction)
{
    return direction == PKTMON_DIRECTION_OUT || direction == PKTMON_DIRECTION_TX ||
           direction == PKTMON_DIRECTION_EGRESS;
}

static uint64_t place_of(const struct etl_packet_event *event)
{
    return (uint64_t)event->component << 32 | (uint64_t)event->edge << 16 |
           (uint64_t)event->direction << 1 | event->dropped;
}

static uint32_t stack_of(const struct etl_correlator *correlator,
                         const struct etl_packet_event *event)
{
    const struct etl_binding *binding =
        etl_catalogue_binding(correlator->catalogue, event->component);
    return binding ? binding->stack : 0;
}

static bool has_place(const struct journey *journey, uint64_t place)
{
    for (uint16_t i = 0; i < journey->places; i++) {
        if (journey->place[i] == place)
            return true;
    }
    return false;
}

/* A switch sends on what it received, but what was sent does not come back as the same packet. */
static bool may_continue(const struct journey *journey, const struct journey *appearance,
                         uint64_t time)
{
    return time - journey->last_time <= JOURNEY_GAP_NS && journey->places < MAX_PLACES &&
           (journey->stack == appearance->stack || !journey->stack || !appearance->stack) &&
           (appearance->sent || !journey->sent) &&
           same_content(&journey->content, &appearance->content) &&
           !has_place(journey, appearance->place[0]);
}

/* The journey that moved last, or of several that move together the one that began first. */
static struct journey *find(struct etl_correlator *correlator, const struct journey *appearance,
                            uint64_t time)
{
    struct journey *candidates[MAX_CANDIDATES];
    size_t count = 0;
    uint64_t newest = 0;
    uint32_t index = correlator->heads[appearance->content.hash % HASH_SIZE];
    for (size_t looked = 0; index != NONE && looked < MAX_CANDIDATES; looked++) {
        struct journey *journey = &correlator->journeys[index];
        index = journey->older;
        if (!may_continue(journey, appearance, time))
            continue;
        candidates[count++] = journey;
        newest = MAX(newest, journey->last_time);
    }
    while (count > 0 && newest - candidates[count - 1]->last_time > TOGETHER_NS)
        count--;
    return count > 0 ? candidates[count - 1] : NULL;
}

static void forget(struct etl_correlator *correlator, struct journey *journey)
{
    if (!journey->used)
        return;
    uint32_t *head = &correlator->heads[journey->content.hash % HASH_SIZE];
    if (journey->newer == NONE)
        *head = journey->older;
    else
        correlator->journeys[journey->newer].older = journey->older;
    if (journey->older != NONE)
        correlator->journeys[journey->older].newer = journey->newer;
}

static void begin(struct etl_correlator *correlator, const struct journey *appearance)
{
    uint32_t index = correlator->next;
    struct journey *journey = &correlator->journeys[index];
    uint32_t *head = &correlator->heads[appearance->content.hash % HASH_SIZE];
    forget(correlator, journey);
    *journey = *appearance;
    journey->used = true;
    journey->newer = NONE;
    journey->older = *head;
    if (*head != NONE)
        correlator->journeys[*head].newer = index;
    *head = index;
    correlator->next = (index + 1) % JOURNEYS;
}

static void go_on(struct journey *journey, const struct journey *appearance, uint64_t time)
{
    journey->place[journey->places++] = appearance->place[0];
    journey->last_time = time;
    journey->sent = appearance->sent;
    journey->appearances++;
    if (journey->stack == 0)
        journey->stack = appearance->stack;
}

struct etl_journey etl_correlator_join(struct etl_correlator *correlator, uint64_t time,
                                       const struct etl_packet_event *event,
                                       const struct etl_frame *frame)
{
    struct etl_journey alone = {.group = event->group, .number = event->number, .appearance = 1};
    struct journey appearance = {
        .group = event->group,
        .number = event->number,
        .last_time = time,
        .places = 1,
        .place = {place_of(event)},
        .stack = stack_of(correlator, event),
        .sent = is_sent(event->direction),
        .appearances = 1,
    };
    if (!content_of(frame, &appearance.content))
        return alone;
    struct journey *journey = find(correlator, &appearance, time);
    if (!journey) {
        begin(correlator, &appearance);
        return alone;
    }
    go_on(journey, &appearance, time);
    return (struct etl_journey){
        .group = journey->group, .number = journey->number, .appearance = journey->appearances};
}
