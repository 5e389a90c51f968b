/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "assemble.h"

#include <glib.h>

#include "known.h"
#include "losses.h"
#include "model/clock.h"
#include "model/event-copy.h"
#include "model/salted-hash.h"
#include "packet.h"

/* What was written of a packet is known for as long after its newest observation: one that comes
 * later begins a journey of its own. */
#define REMEMBER_NS (10000 * PKTMON_NS_PER_MS)
/* Of one whose chains had all ended little more is expected. */
#define REMEMBER_ENDED_NS (1000 * PKTMON_NS_PER_MS)
/* Packets that are written only if they end in a certain way are held as long for that. */
#define HOLD_FOR_END_NS (10000 * PKTMON_NS_PER_MS)
/* A packet of more copies is not remembered: the fate of all is decided with each continuation. */
#define MAX_REMEMBERED_CHAINS 4096
/* Keys of conversations, and of datagrams. */
#define MAX_KNOWN 16384
/* Streams of TCP whose segments may be merged. */
#define MAX_STREAMS 2048

/* Blocks of memory that wait for the next packets, bytes. */
#define MAX_POOL (512 * 1024)

/* Of all memory: one in so many parts. */
#define SHARE_OF_REMEMBERED 4
#define SHARE_OF_KNOWN      16
#define SHARE_OF_POOL       32

/* In the order of time: a chunk of a packet, or an event that is no packet. */
struct journey_entry {
    struct journey_round *round; /* NULL: an event */
    struct journey_chunk chunk;
    struct event_copy *event;
    GList link;                 /* of all entries */
    struct journey_entry *next; /* of the same round */
};

struct journey_assembler {
    struct journey_options options;
    struct journey_output output;
    struct journey_selection selection;
    bool is_selective;
    bool is_finishing;
    uint64_t hold;
    uint64_t now;
    uint64_t due; /* until then nothing is due but for memory; 0: not known */

    GHashTable *packets;           /* &group -> struct journey_packet */
    struct journey_packet *newest; /* that was observed last; NULL: forgotten */
    GQueue entries;                /* of struct journey_entry */
    GQueue ended;           /* of packets that may be unwanted, by their newest observations */
    GQueue remembered[2];   /* of packets of which nothing is held, as they were closed: open ones,
                               and those that had ended */
    size_t remembered_size; /* bytes */

    struct journey_store store; /* whose bytes are those of packets, entries and places too */
    struct journey_losses *losses;
    struct journey_context context;
    struct journey_streams *streams; /* NULL: what is merged is not asked for */
    struct journey_maker *maker;
};

/* --- its life --- */

static size_t max_known(const struct journey_options *options)
{
    return MIN(options->memory / SHARE_OF_KNOWN / journey_known_size_of_one(), MAX_KNOWN);
}

static size_t max_streams(const struct journey_options *options)
{
    return MIN(options->memory / SHARE_OF_KNOWN / journey_streams_size_of_one(), MAX_STREAMS);
}

struct journey_assembler *journey_assembler_new(const struct journey_options *options,
                                                const struct journey_output *output)
{
    struct journey_assembler *assembler = g_new0(struct journey_assembler, 1);
    const struct journey_describe describe = {options->name, options->hands_out, options->context};

    assembler->options = *options;
    assembler->output = *output;
    assembler->selection = (struct journey_selection){options->dropped_only, options->slower};
    assembler->is_selective = options->dropped_only || options->slower > 0;
    assembler->hold = assembler->is_selective && options->hold > 0
                          ? MAX(options->hold, HOLD_FOR_END_NS)
                          : options->hold;
    assembler->packets = g_hash_table_new(salted_int64, g_int64_equal);
    g_queue_init(&assembler->entries);
    g_queue_init(&assembler->ended);
    g_queue_init(&assembler->remembered[0]);
    g_queue_init(&assembler->remembered[1]);
    assembler->store.pool.max = MIN(options->memory / SHARE_OF_POOL, MAX_POOL);
    assembler->store.places = journey_places_new(&describe, &assembler->store.held);
    assembler->losses = journey_losses_new();
    assembler->context.conversations = journey_known_new(max_known(options));
    assembler->context.datagrams = journey_known_new(max_known(options));
    if (options->find_merged)
        assembler->streams = journey_streams_new(max_streams(options));
    assembler->maker = journey_maker_new();
    return assembler;
}

size_t journey_assembler_size(const struct journey_assembler *assembler)
{
    return assembler->store.held + assembler->store.pool.size + assembler->store.spare_size +
           journey_losses_size(assembler->losses) +
           journey_known_size(assembler->context.conversations) +
           journey_known_size(assembler->context.datagrams) +
           (assembler->streams ? journey_streams_size(assembler->streams) : 0);
}

static bool is_full(const struct journey_assembler *assembler)
{
    return journey_assembler_size(assembler) > assembler->options.memory;
}

/* --- entries --- */

static size_t size_of_entry(const struct journey_entry *entry)
{
    return sizeof(*entry) + entry->event->size;
}

static void push_entry(struct journey_assembler *assembler, struct journey_entry *entry)
{
    entry->link.data = entry;
    if (assembler->entries.length == 0)
        assembler->due = 0;
    g_queue_push_tail_link(&assembler->entries, &entry->link);
}

static void add_event(struct journey_assembler *assembler, const struct pktmon_event *event)
{
    struct journey_entry *entry = g_new(struct journey_entry, 1);

    *entry = (struct journey_entry){.event = event_copy_new(event)};
    assembler->store.held += size_of_entry(entry);
    push_entry(assembler, entry);
}

/* The entry is the round's memory. */
static void add_chunk(struct journey_assembler *assembler, struct journey_round *round,
                      const struct journey_chunk *chunk)
{
    struct journey_entry *entry = journey_round_take(round, sizeof(*entry));

    *entry = (struct journey_entry){.round = round, .chunk = *chunk, .next = round->entries};
    round->entries = entry;
    round->entry_count++;
    push_entry(assembler, entry);
}

/* The last entry of a round takes the round with it. */
static void remove_entry(struct journey_assembler *assembler, struct journey_entry *entry)
{
    struct journey_round *round = entry->round;

    g_queue_unlink(&assembler->entries, &entry->link);
    if (!round) {
        assembler->store.held -= size_of_entry(entry);
        event_copy_unref(entry->event);
        g_free(entry);
    } else if (--round->entry_count == 0) {
        journey_round_free(round);
    }
}

/* None of its entries was written. */
static void discard(struct journey_assembler *assembler, struct journey_round *round)
{
    struct journey_entry *entry = round->entries;

    while (entry) {
        struct journey_entry *next = entry->next;

        remove_entry(assembler, entry);
        entry = next;
    }
}

/* --- packets --- */

static void put_in_queue(struct journey_assembler *assembler, GQueue *queue,
                         struct journey_packet *packet)
{
    packet->queue = queue;
    if (queue->length == 0)
        assembler->due = 0;
    g_queue_push_tail_link(queue, &packet->link);
}

static void take_from_queue(struct journey_assembler *assembler, struct journey_packet *packet)
{
    if (!packet->queue)
        return;
    if (packet->queue != &assembler->ended)
        assembler->remembered_size -= packet->size;
    g_queue_unlink(packet->queue, &packet->link);
    packet->queue = NULL;
}

static void forget(struct journey_assembler *assembler, struct journey_packet *packet)
{
    take_from_queue(assembler, packet);
    if (assembler->newest == packet)
        assembler->newest = NULL;
    if (packet->group != 0)
        g_hash_table_remove(assembler->packets, &packet->group);
    assembler->store.held -= packet->size;
    journey_packet_free(&assembler->store, packet);
}

static void count_packet(struct journey_assembler *assembler, struct journey_packet *packet)
{
    size_t size = journey_packet_size(packet);

    assembler->store.held += size - packet->size;
    packet->size = size;
}

/* Whether its provider joins nothing to the packet any more. */
static bool is_complete(const struct journey_assembler *assembler,
                        const struct journey_packet *packet)
{
    const struct journey_options *options = &assembler->options;

    return packet->group == 0 ||
           (options->join > 0 &&
            (assembler->is_finishing || assembler->now - packet->newest >= options->join));
}

static void remember(struct journey_assembler *assembler, struct journey_packet *packet)
{
    count_packet(assembler, packet);
    if (is_complete(assembler, packet) ||
        journey_chains_count(packet->chains) > MAX_REMEMBERED_CHAINS) {
        forget(assembler, packet);
        return;
    }
    put_in_queue(assembler, &assembler->remembered[journey_chains_ended(packet->chains)], packet);
    assembler->remembered_size += packet->size;
}

/* NULL: it was merged into none, or that is forgotten. */
static struct journey_packet *find_whole(const struct journey_assembler *assembler,
                                         const struct journey_packet *packet)
{
    return packet->merged_into ? g_hash_table_lookup(assembler->packets, &packet->merged_into)
                               : NULL;
}

/* Nothing is added to the round any more. If it is not wanted, it is no more. */
static bool close_round(struct journey_assembler *assembler, struct journey_round *round)
{
    struct journey_packet *packet = round->packet;
    bool is_open = !journey_chains_ended(packet->chains) && !is_complete(assembler, packet);

    take_from_queue(assembler, packet);
    bool is_wanted = journey_round_close(round, assembler->losses, is_open, &assembler->selection,
                                         find_whole(assembler, packet));
    if (!is_wanted)
        discard(assembler, round);
    remember(assembler, packet);
    return is_wanted;
}

static struct journey_packet *get_packet(struct journey_assembler *assembler, uint64_t group)
{
    struct journey_packet *packet = NULL;

    /* mostly the packet goes on */
    if (group != 0 && assembler->newest && assembler->newest->group == group)
        return assembler->newest;
    if (group != 0)
        packet = g_hash_table_lookup(assembler->packets, &group);
    if (!packet) {
        packet = journey_packet_new(&assembler->store, group);
        if (group != 0)
            g_hash_table_insert(assembler->packets, &packet->group, packet);
    }
    assembler->newest = packet;
    return packet;
}

/* --- writing --- */

static bool has_settled(const struct journey_assembler *assembler,
                        const struct journey_packet *packet)
{
    return journey_chains_ended(packet->chains) &&
           assembler->now - packet->newest >= assembler->options.settle;
}

static uint64_t round_began(const struct journey_round *round)
{
    return round->lines->event.time;
}

static bool is_due(const struct journey_assembler *assembler, const struct journey_round *round)
{
    const struct journey_packet *packet = round->packet;

    if (!packet || assembler->is_finishing || is_full(assembler) ||
        (assembler->hold > 0 && assembler->now - round_began(round) >= assembler->hold) ||
        is_complete(assembler, packet))
        return true;
    if (!has_settled(assembler, packet))
        return false;
    const struct journey_packet *whole = find_whole(assembler, packet);
    return !whole || !whole->round || has_settled(assembler, whole);
}

static void write_chunk(struct journey_assembler *assembler, struct journey_entry *entry)
{
    const struct journey_output *output = &assembler->output;

    if (entry->round->packet && !close_round(assembler, entry->round))
        return;
    output->journey(output->context, journey_make(assembler->maker, entry->round, &entry->chunk,
                                                  assembler->options.vxlan_port));
    remove_entry(assembler, entry);
}

static void write_event(struct journey_assembler *assembler, struct journey_entry *entry)
{
    const struct journey_output *output = &assembler->output;

    output->event(output->context, &entry->event->event);
    remove_entry(assembler, entry);
}

/* Those that are not wanted need not wait for their turn. */
static void close_ended(struct journey_assembler *assembler)
{
    struct journey_packet *packet;

    while ((packet = g_queue_peek_head(&assembler->ended)) &&
           assembler->now - packet->newest >= assembler->options.settle)
        close_round(assembler, packet->round);
}

/* A packet is forgotten when nothing was observed of it for a while; those that had ended go first.
 */
static void forget_packets(struct journey_assembler *assembler, bool ended, uint64_t after)
{
    size_t most = assembler->options.memory / SHARE_OF_REMEMBERED;
    struct journey_packet *packet;

    while ((packet = g_queue_peek_head(&assembler->remembered[ended])) &&
           (assembler->now - packet->newest >= after || assembler->remembered_size > most ||
            is_full(assembler)))
        forget(assembler, packet);
}

/* When the packet at the head of the queue is due, of which nothing was observed for so long. */
static uint64_t due_after(GQueue *queue, uint64_t quiet)
{
    const struct journey_packet *packet = g_queue_peek_head(queue);

    return packet ? packet->newest + quiet : UINT64_MAX;
}

/* The oldest entry is not due before that: what is observed of its packet makes it later. */
static uint64_t entry_due(const struct journey_assembler *assembler)
{
    const struct journey_options *options = &assembler->options;
    const struct journey_entry *entry = g_queue_peek_head((GQueue *)&assembler->entries);
    uint64_t quiet = options->join > 0 ? MIN(options->join, options->settle) : options->settle;

    if (!entry)
        return UINT64_MAX;
    if (!entry->round || !entry->round->packet)
        return 0;
    return MIN(entry->round->packet->newest + quiet,
               assembler->hold > 0 ? round_began(entry->round) + assembler->hold : UINT64_MAX);
}

static uint64_t find_due(struct journey_assembler *assembler)
{
    uint64_t due = entry_due(assembler);

    due = MIN(due, due_after(&assembler->ended, assembler->options.settle));
    due = MIN(due, due_after(&assembler->remembered[true], REMEMBER_ENDED_NS));
    return MIN(due, due_after(&assembler->remembered[false], REMEMBER_NS));
}

static void write_due(struct journey_assembler *assembler)
{
    struct journey_entry *entry;

    close_ended(assembler);
    while ((entry = g_queue_peek_head(&assembler->entries)) &&
           (!entry->round || is_due(assembler, entry->round))) {
        if (entry->round)
            write_chunk(assembler, entry);
        else
            write_event(assembler, entry);
    }
    forget_packets(assembler, true, REMEMBER_ENDED_NS);
    forget_packets(assembler, false, REMEMBER_NS);
    assembler->due = find_due(assembler);
}

/* --- what comes --- */

static void merge(struct journey_assembler *assembler, uint64_t group,
                  const struct journey_packet *whole)
{
    struct journey_packet *part = g_hash_table_lookup(assembler->packets, &group);

    if (!part || part == whole || !part->round || journey_chains_ended(part->chains) ||
        part->component != whole->component || part->edge != whole->edge)
        return;
    part->merged_into = whole->group;
    journey_chains_merge(part->chains);
}

/* A packet that has grown has others in it, which came by the same place before. */
static void find_merged(struct journey_assembler *assembler, struct journey_packet *packet,
                        const struct pktmon_event *event, const struct journey_form *form,
                        uint8_t number)
{
    uint64_t groups[JOURNEY_MAX_SEGMENTS];
    struct journey_segment segment;
    size_t count;

    if (event->packet.packet_number != 0 || !journey_segment_read(&segment, &event->packet, form))
        return;
    if (packet->segment.length > 0 && segment.sequence == packet->segment.sequence &&
        segment.length > packet->segment.length) {
        count = journey_streams_take(assembler->streams, form, &segment, groups);
        for (size_t i = 0; i < count; i++)
            merge(assembler, groups[i], packet);
    }
    if (packet->segment_form != number)
        journey_streams_add(assembler->streams, form, &segment, packet->group);
    packet->segment_form = number;
    packet->segment = segment;
}

static void note_place(struct journey_packet *packet, const struct pktmon_event *event)
{
    packet->merged_into = 0;
    packet->component = event->component;
    packet->edge = event->packet.edge;
}

static void take_packet(struct journey_assembler *assembler, const struct pktmon_event *event)
{
    struct journey_packet *packet = get_packet(assembler, event->packet.group);
    struct journey_chunk chunk;

    take_from_queue(assembler, packet);
    if (!packet->round)
        journey_round_new(packet, &assembler->store);
    if (journey_round_add(packet->round, event, assembler->options.vxlan_port, &assembler->context,
                          &chunk))
        add_chunk(assembler, packet->round, &chunk);
    if (assembler->streams && packet->group != 0)
        find_merged(assembler, packet, event, &packet->round->form, packet->forms.count);
    note_place(packet, event);
    count_packet(assembler, packet);
    if (packet->group == 0)
        close_round(assembler, packet->round);
    else if (assembler->is_selective && journey_chains_ended(packet->chains))
        put_in_queue(assembler, &assembler->ended, packet);
}

static void take_other(struct journey_assembler *assembler, const struct pktmon_event *event)
{
    const struct journey_output *output = &assembler->output;

    if (event->record == PKTMON_RECORD_COMPONENT || event->record == PKTMON_RECORD_RETIRED)
        journey_places_renew(assembler->store.places, event->component);
    if (assembler->entries.length == 0)
        output->event(output->context, event);
    else
        add_event(assembler, event);
}

void journey_assembler_take(struct journey_assembler *assembler, const struct pktmon_event *event)
{
    journey_assembler_advance(assembler, event->time);
    journey_losses_take(assembler->losses, event);
    if (event->record == PKTMON_RECORD_PACKET)
        take_packet(assembler, event);
    else
        take_other(assembler, event);
    if (is_full(assembler))
        write_due(assembler);
}

void journey_assembler_note_loss(struct journey_assembler *assembler,
                                 const struct pktmon_event *event)
{
    journey_losses_take(assembler->losses, event);
}

void journey_assembler_advance(struct journey_assembler *assembler, uint64_t now)
{
    assembler->now = MAX(assembler->now, now);
    if (assembler->now >= assembler->due)
        write_due(assembler);
}

void journey_assembler_finish(struct journey_assembler *assembler)
{
    assembler->is_finishing = true;
    write_due(assembler);
    assembler->is_finishing = false;
}

void journey_assembler_free(struct journey_assembler *assembler)
{
    struct journey_entry *entry;
    GHashTableIter iter;
    gpointer packet;

    while ((entry = g_queue_peek_head(&assembler->entries)))
        remove_entry(assembler, entry);
    g_hash_table_iter_init(&iter, assembler->packets);
    while (g_hash_table_iter_next(&iter, NULL, &packet))
        journey_packet_free(&assembler->store, packet);
    g_hash_table_unref(assembler->packets);
    journey_places_free(assembler->store.places);
    journey_store_clear(&assembler->store);
    journey_losses_free(assembler->losses);
    journey_known_free(assembler->context.conversations);
    journey_known_free(assembler->context.datagrams);
    g_clear_pointer(&assembler->streams, journey_streams_free);
    journey_maker_free(assembler->maker);
    g_free(assembler);
}
