/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Journeys of what is held of a packet. */
#include "model/journey-piece.h"
#include "packet.h"
#include "path.h"

/* Of a packet of more forms the path of each has its own hops alone: each of these paths would be
 * found among the hops of all. */
#define MAX_FORMS_IN_PATH 8

struct journey_maker {
    struct pktmon_journey journey;
    struct pktmon_hop hops[PKTMON_JOURNEY_MAX_HOPS];
    struct pktmon_hop
        path_hops[PKTMON_JOURNEY_MAX_HOPS]; /* of other forms than the journey's too */
    GArray *pieces;                         /* of struct pktmon_piece: of the hops */
    GPtrArray *sources;                     /* of the bytes */
    GByteArray *bytes;
    char path[PKTMON_PATH_SIZE];
};

struct journey_maker *journey_maker_new(void)
{
    struct journey_maker *maker = g_new0(struct journey_maker, 1);

    maker->pieces = g_array_new(FALSE, FALSE, sizeof(struct pktmon_piece));
    maker->sources = g_ptr_array_new();
    maker->bytes = g_byte_array_new();
    return maker;
}

void journey_maker_free(struct journey_maker *maker)
{
    g_array_unref(maker->pieces);
    g_ptr_array_unref(maker->sources);
    g_byte_array_unref(maker->bytes);
    g_free(maker);
}

static struct pktmon_hop make_hop(const struct journey_line *line)
{
    return (struct pktmon_hop){.event = &line->event,
                               .name = line->place ? line->place->name : NULL,
                               .count = line->count,
                               .last = journey_line_time(line),
                               .last_number = journey_line_number(line),
                               .form = line->form};
}

static void add_pieces(GArray *pieces, const struct journey_line *line)
{
    const struct pktmon_piece first = journey_piece_of(&line->event);

    g_array_append_val(pieces, first);
    for (const struct journey_piece *piece = line->pieces; piece; piece = piece->next)
        g_array_append_val(pieces, piece->piece);
}

/* The array does not grow any more. */
static void set_pieces(struct pktmon_hop *hops, size_t count, const GArray *pieces)
{
    const struct pktmon_piece *next = (const struct pktmon_piece *)(void *)pieces->data;

    for (size_t i = 0; i < count && pieces->len > 0; i++) {
        if (hops[i].count == 1)
            continue;
        hops[i].pieces = next;
        next += hops[i].count;
    }
}

/* The lines of the chunk: all that the journey has. */
static void collect_hops(struct journey_maker *maker, const struct journey_chunk *chunk)
{
    struct pktmon_journey *journey = &maker->journey;

    g_array_set_size(maker->pieces, 0);
    for (const struct journey_line *line = chunk->first;
         line && journey->hop_count < PKTMON_JOURNEY_MAX_HOPS; line = line->next) {
        maker->hops[journey->hop_count++] = make_hop(line);
        if (line->count > 1)
            add_pieces(maker->pieces, line);
        journey->observations += line->count;
    }
    set_pieces(maker->hops, journey->hop_count, maker->pieces);
}

/* All forms that the piece had. Returns how many hops these are. */
static size_t collect_path(struct journey_maker *maker, const struct journey_round *round,
                           uint16_t lane)
{
    size_t count = 0;

    for (const struct journey_line *line = round->lines; line; line = line->next_of_all) {
        if (line->lane == lane)
            maker->path_hops[count++] = make_hop(line);
    }
    return count;
}

/* The path has all forms, if they are not too many; otherwise the hops of the journey. */
static void write_path(struct journey_maker *maker, const struct journey_round *round,
                       const struct journey_chunk *chunk, uint16_t vxlan_port)
{
    bool has_more = round->line_count > maker->journey.hop_count &&
                    round->line_count <= PKTMON_JOURNEY_MAX_HOPS &&
                    round->forms <= MAX_FORMS_IN_PATH;
    const struct journey_path path = {
        .hop_count =
            has_more ? collect_path(maker, round, chunk->part->lane) : maker->journey.hop_count,
        .hops = has_more ? maker->path_hops : maker->hops,
        .copy = round->copy,
        .piece = round->piece,
        .lane = chunk->part->lane,
        .form = round->forms > 1 ? chunk->part->form : 0,
        .continued = round->is_continuation || chunk->number > 0,
        .vxlan_port = vxlan_port,
    };

    journey_path_write(maker->path, &path);
    maker->journey.path = maker->path;
}

/* The bytes, of all forms that the piece had. */
static void write_bytes(struct journey_maker *maker, const struct journey_round *round,
                        const struct journey_part *part)
{
    g_ptr_array_set_size(maker->sources, 0);
    for (unsigned form = 1; form <= round->forms; form++) {
        struct journey_part *other = journey_round_find(round, (uint8_t)form, part->lane);

        if (other)
            g_ptr_array_add(maker->sources, &other->sources);
    }
    journey_compose(&maker->journey, &part->sources,
                    (const struct journey_sources *const *)maker->sources->pdata,
                    maker->sources->len, maker->bytes);
}

const struct pktmon_journey *journey_make(struct journey_maker *maker, struct journey_round *round,
                                          const struct journey_chunk *chunk, uint16_t vxlan_port)
{
    const struct journey_part *part = chunk->part;

    maker->journey = (struct pktmon_journey){
        .group = round->group,
        .time = chunk->first->event.time,
        .total = round->total,
        .fate = round->fate,
        .open = round->is_open,
        .continued = part->is_continued || chunk->number > 0,
        .form = part->form,
        .forms = round->forms,
        .side = part->side,
        .merged_into = part->is_merged ? round->group : round->merged_into,
        .hops = maker->hops,
    };
    collect_hops(maker, chunk);
    if (!maker->journey.continued)
        write_bytes(maker, round, part);
    write_path(maker, round, chunk, vxlan_port);
    return &maker->journey;
}
