/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet.h"

#include <string.h>

#include "alike.h"
#include "keep.h"
#include "model/journey-piece.h"
#include "model/salted-hash.h"

#define FEW_PARTS      4
#define SHARE_OF_SPARE 8                    /* of the pool's memory: one in so many parts */
#define TABLE_ROW      (4 * sizeof(void *)) /* bytes of a row in a hash table, about */

/* --- the packet --- */

static struct journey_packet *take_spare(struct journey_store *store)
{
    struct journey_packet *packet = store->spare;

    store->spare = packet->link.data;
    packet->link.data = NULL;
    store->spare_size -= journey_packet_size(packet);
    return packet;
}

struct journey_packet *journey_packet_new(struct journey_store *store, uint64_t group)
{
    struct journey_packet *packet;

    if (store->spare) {
        packet = take_spare(store);
    } else {
        packet = g_new0(struct journey_packet, 1);
        packet->chains = journey_chains_new();
    }
    packet->group = group;
    packet->link.data = packet;
    return packet;
}

static void destroy(struct journey_packet *packet)
{
    journey_chains_free(packet->chains);
    g_free(packet);
}

/* Its memory is in the caches now, and would not be where others wait before it. */
void journey_packet_free(struct journey_store *store, struct journey_packet *packet)
{
    struct journey_chains *chains = packet->chains;
    size_t size;

    journey_packet_forms_clear(&packet->forms);
    if (packet->written)
        g_hash_table_unref(packet->written);
    journey_chains_clear(chains);
    *packet = (struct journey_packet){.chains = chains};
    size = journey_packet_size(packet);
    if (store->spare_size + size > store->pool.max / SHARE_OF_SPARE) {
        destroy(packet);
        return;
    }
    store->spare_size += size;
    packet->link.data = store->spare;
    store->spare = packet;
}

void journey_store_clear(struct journey_store *store)
{
    while (store->spare)
        destroy(take_spare(store));
    journey_arena_pool_clear(&store->pool);
}

size_t journey_packet_size(const struct journey_packet *packet)
{
    return sizeof(*packet) + TABLE_ROW + journey_chains_size(packet->chains) +
           journey_packet_forms_size(&packet->forms) +
           (packet->written ? g_hash_table_size(packet->written) * TABLE_ROW : 0);
}

/* --- rounds --- */

static void count(struct journey_round *round, size_t size)
{
    round->size += size;
    round->store->held += size;
}

void *journey_round_take(struct journey_round *round, size_t size)
{
    size_t before = round->arena.size;
    void *taken = journey_arena_take(&round->arena, size);

    count(round, round->arena.size - before);
    return taken;
}

struct journey_round *journey_round_new(struct journey_packet *packet, struct journey_store *store)
{
    struct journey_arena arena = {.pool = &store->pool};
    struct journey_round *round = journey_arena_take(&arena, sizeof(*round));

    *round = (struct journey_round){.packet = packet, .store = store, .arena = arena};
    packet->round = round;
    count(round, arena.size);
    return round;
}

void journey_round_free(struct journey_round *round)
{
    struct journey_arena arena = round->arena;

    for (struct journey_line *line = round->lines; line; line = line->next_of_all) {
        if (line->place)
            journey_places_unref(round->store->places, line->place);
    }
    g_clear_pointer(&round->index, g_hash_table_unref);
    g_clear_pointer(&round->runs, g_hash_table_unref);
    round->store->held -= round->size;
    journey_arena_clear(&arena);
}

/* --- parts --- */

static void *make_part_key(uint8_t form, uint16_t lane)
{
    return GUINT_TO_POINTER((guint)lane << 8 | form);
}

struct journey_part *journey_round_find(const struct journey_round *round, uint8_t form,
                                        uint16_t lane)
{
    if (round->index)
        return g_hash_table_lookup(round->index, make_part_key(form, lane));
    for (struct journey_part *part = round->parts; part; part = part->next) {
        if (part->form == form && part->lane == lane)
            return part;
    }
    return NULL;
}

static void add_to_index(struct journey_round *round, struct journey_part *part)
{
    g_hash_table_insert(round->index, make_part_key(part->form, part->lane), part);
}

static void make_index(struct journey_round *round)
{
    round->index = g_hash_table_new(salted_number, g_direct_equal);
    for (struct journey_part *part = round->parts; part; part = part->next)
        add_to_index(round, part);
    count(round, round->part_count * TABLE_ROW);
}

static struct journey_part *get_part(struct journey_round *round, uint8_t form, uint16_t lane)
{
    struct journey_part *part = journey_round_find(round, form, lane);

    if (part)
        return part;
    part = journey_round_take(round, sizeof(*part));
    *part = (struct journey_part){.form = form, .lane = lane, .next = round->parts};
    round->parts = part;
    round->part_count++;
    if (round->index) {
        add_to_index(round, part);
        count(round, TABLE_ROW);
    } else if (round->part_count > FEW_PARTS) {
        make_index(round);
    }
    return part;
}

/* --- runs of pieces --- */

/* Where a run is at home: pieces of one copy, at one place. */
struct run_key {
    uint32_t copy, component;
    uint16_t edge, direction, form, zero;
};

static guint hash_run(gconstpointer key)
{
    return salted_bytes(key, sizeof(struct run_key));
}

static gboolean equal_runs(gconstpointer left, gconstpointer right)
{
    const struct run_key *one = left, *other = right;

    return one->copy == other->copy && one->component == other->component &&
           one->edge == other->edge && one->direction == other->direction &&
           one->form == other->form;
}

static struct run_key make_run_key(const struct pktmon_event *event, uint8_t form)
{
    return (struct run_key){.copy = event->packet.copy,
                            .component = event->component,
                            .edge = event->packet.edge,
                            .direction = event->packet.direction,
                            .form = form};
}

/* The line of the piece before this one, if this one fared alike; NULL: it needs its own. */
static struct journey_line *find_run(const struct journey_round *round,
                                     const struct pktmon_event *event, uint8_t form)
{
    const struct run_key key = make_run_key(event, form);
    struct journey_line *line = round->runs ? g_hash_table_lookup(round->runs, &key) : NULL;

    if (!line || journey_line_number(line) == UINT16_MAX ||
        journey_line_number(line) + 1 != event->packet.packet_number)
        return NULL;
    return journey_fares_alike(&line->event, event) ? line : NULL;
}

static void begin_run(struct journey_round *round, struct journey_line *line)
{
    const struct run_key key = make_run_key(&line->event, line->form);
    guint before;

    if (!round->runs)
        round->runs = g_hash_table_new_full(hash_run, equal_runs, g_free, NULL);
    before = g_hash_table_size(round->runs);
    g_hash_table_insert(round->runs, g_memdup2(&key, sizeof(key)), line);
    if (g_hash_table_size(round->runs) > before)
        count(round, TABLE_ROW + sizeof(key));
}

/* --- observations --- */

/* Which piece the frame is of that an observation belongs to. Where the whole was observed first,
 * it is the frame, and so are its pieces; where pieces were, each is a frame of its own, and a
 * whole that comes later belongs to the first one. A log numbers packets that were never one. */
static uint16_t find_lane(struct journey_packet *packet, const struct pktmon_packet *observed)
{
    uint16_t number = observed->packet_number;

    if (journey_chains_count(packet->chains) == 0)
        packet->lane = number;
    if (observed->has_packet_number)
        return number;
    if (number != 0)
        return packet->lane == 0 ? 0 : number;
    packet->is_merged |= packet->lane != 0;
    return packet->lane;
}

static void *take_from_round(void *round, size_t size)
{
    return journey_round_take(round, size);
}

static struct journey_line *add_line(struct journey_round *round, struct journey_part *part,
                                     const struct pktmon_event *event, struct journey_place *place)
{
    const struct journey_memory memory = {take_from_round, round};
    struct journey_line *line = journey_round_take(round, sizeof(*line));

    journey_keep(&line->event, event, round->newest ? &round->newest->event : NULL,
                 round->lines ? &round->lines->event : NULL, &memory);
    line->place = place;
    line->count = 1;
    line->lane = part->lane;
    line->form = part->form;
    line->pieces = line->newest_piece = NULL;
    line->next = line->next_of_all = NULL;
    if (part->newest)
        part->newest->next = line;
    *(round->newest ? &round->newest->next_of_all : &round->lines) = line;
    part->newest = round->newest = line;
    part->lines++;
    round->line_count++;
    return line;
}

/* All that is not kept of the observation is as in the run's first one. */
static void extend_run(struct journey_round *round, struct journey_line *line,
                       const struct pktmon_event *event)
{
    const struct pktmon_packet *packet = &event->packet;
    uint32_t size = packet->data ? packet->caplen : 0;
    struct journey_piece *piece = journey_round_take(round, sizeof(*piece) + size);
    uint8_t *data = (uint8_t *)(piece + 1);

    if (size > 0)
        memcpy(data, packet->data, size);
    *piece = (struct journey_piece){.piece = journey_piece_of(event)};
    piece->piece.data = packet->data ? data : NULL;
    *(line->newest_piece ? &line->newest_piece->next : &line->pieces) = piece;
    line->newest_piece = piece;
    line->count++;
}

/* What decides the fate learns of the observation. Returns its form. */
static uint8_t learn(struct journey_packet *packet, const struct pktmon_event *event,
                     const struct journey_form *form, const struct journey_context *context,
                     const struct journey_place *place)
{
    uint8_t before = journey_chains_form(packet->chains, &event->packet);
    uint8_t number = journey_packet_forms_add(&packet->forms, form, before, context);

    if (journey_chains_count(packet->chains) == 0)
        packet->first = event->time;
    packet->newest = MAX(packet->newest, event->time);
    journey_chains_add(packet->chains, event, place && place->hands_out, number);
    return number;
}

/* Most observations have the bytes of the one before. */
static void read_form(struct journey_round *round, const struct pktmon_packet *packet,
                      uint16_t vxlan_port)
{
    if (round->form_of && journey_has_same_bytes(&round->form_of->event.packet, packet))
        return;
    journey_form_read(&round->form, packet, vxlan_port);
    round->form_of = NULL;
}

bool journey_round_add(struct journey_round *round, const struct pktmon_event *event,
                       uint16_t vxlan_port, const struct journey_context *context,
                       struct journey_chunk *chunk)
{
    struct journey_packet *packet = round->packet;
    struct journey_place *place =
        event->component ? journey_places_get(round->store->places, event->component) : NULL;
    struct journey_line *run = NULL;

    uint16_t lane = find_lane(packet, &event->packet);
    bool is_piece = event->packet.packet_number != 0 && lane == 0;
    read_form(round, &event->packet, vxlan_port);
    uint8_t number = learn(packet, event, &round->form, context, place);
    if (is_piece)
        run = find_run(round, event, number);
    if (run) {
        extend_run(round, run, event);
        if (place)
            journey_places_unref(round->store->places, place);
        return false;
    }
    struct journey_part *part = get_part(round, number, lane);
    guint index = part->lines;
    *chunk = (struct journey_chunk){.part = part, .number = index / PKTMON_JOURNEY_MAX_HOPS};
    chunk->first = add_line(round, part, event, place);
    round->form_of = chunk->first;
    if (is_piece)
        begin_run(round, chunk->first);
    journey_sources_add(&part->sources, &chunk->first->event, &round->form,
                        (uint16_t)MIN(index, UINT16_MAX), lane, index < PKTMON_JOURNEY_MAX_HOPS);
    return index % PKTMON_JOURNEY_MAX_HOPS == 0;
}

/* --- closing --- */

/* Whether an earlier round had the part; the next ones know that this one has it. */
static bool note_written(struct journey_packet *packet, const struct journey_part *part)
{
    void *key = make_part_key(part->form, part->lane);
    bool *is_written;

    if (part->lane == 0) {
        is_written = journey_packet_forms_written(&packet->forms, part->form);
        bool before = *is_written;
        *is_written = true;
        return before;
    }
    if (!packet->written)
        packet->written = g_hash_table_new(salted_number, g_direct_equal);
    return !g_hash_table_add(packet->written, key);
}

/* An unknown fate is one only because records were lost, if a copy was dropped. */
static bool is_wanted(const struct journey_round *round, const struct journey_selection *selection)
{
    bool is_dropped =
        round->fate == PKTMON_FATE_DROPPED ||
        (round->fate == PKTMON_FATE_UNKNOWN && journey_chains_dropped(round->packet->chains));

    bool is_slow = round->total >= selection->slower;

    return selection->dropped_only ? is_dropped && is_slow : is_dropped || is_slow;
}

static void close_parts(struct journey_round *round)
{
    struct journey_packet *packet = round->packet;

    for (struct journey_part *part = round->parts; part; part = part->next) {
        part->side = journey_packet_forms_side(&packet->forms, part->form);
        part->is_merged = packet->is_merged && part->lane != packet->lane;
        part->is_continued = note_written(packet, part);
    }
}

/* What was merged has the fate of the whole, unless more is known of it. */
static enum pktmon_fate decide(const struct journey_packet *packet,
                               const struct journey_packet *whole,
                               const struct journey_losses *losses)
{
    enum pktmon_fate fate = journey_chains_fate(packet->chains, losses);

    if (fate == PKTMON_FATE_UNKNOWN && whole && !journey_chains_incomplete(packet->chains))
        return journey_chains_fate(whole->chains, losses);
    return fate;
}

bool journey_round_close(struct journey_round *round, const struct journey_losses *losses,
                         bool is_open, const struct journey_selection *selection,
                         const struct journey_packet *whole)
{
    struct journey_packet *packet = round->packet;
    const struct journey_chain *chain;
    bool wanted;

    round->group = packet->group;
    round->total = packet->newest - packet->first;
    round->forms = packet->forms.count;
    round->merged_into = packet->merged_into;
    round->fate = decide(packet, whole, losses);
    chain = journey_chains_deciding(packet->chains, round->fate);
    round->copy = journey_chain_copy(chain);
    round->piece = journey_chain_number(chain);
    round->is_open = is_open;
    round->is_continuation = packet->is_continuation;
    wanted = is_wanted(round, selection);
    if (wanted)
        close_parts(round);
    packet->is_continuation = true;
    packet->round = NULL;
    round->packet = NULL;
    return wanted;
}
