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
    GArray *hops;       /* of struct pktmon_hop: of the journey */
    GArray *pieces;     /* of struct pktmon_piece: of the hops */
    GArray *path_hops;  /* as hops, of its path */
    GPtrArray *sources; /* of the bytes */
    GByteArray *bytes;
    char path[PKTMON_PATH_SIZE];
};

struct journey_maker *journey_maker_new(void)
{
    struct journey_maker *maker = g_new0(struct journey_maker, 1);

    maker->hops = g_array_new(FALSE, FALSE, sizeof(struct pktmon_hop));
    maker->pieces = g_array_new(FALSE, FALSE, sizeof(struct pktmon_piece));
    maker->path_hops = g_array_new(FALSE, FALSE, sizeof(struct pktmon_hop));
    maker->sources = g_ptr_array_new();
    maker->bytes = g_byte_array_new();
    return maker;
}

void journey_maker_free(struct journey_maker *maker)
{
    g_array_unref(maker->hops);
    g_array_unref(maker->pieces);
    g_array_unref(maker->path_hops);
    g_ptr_array_unref(maker->sources);
    g_byte_array_unref(maker->bytes);
    g_free(maker);
}

static void add_hop(GArray *hops, const struct journey_line *line)
{
    const struct pktmon_hop hop = {.event = &line->copy->event,
                                   .name = line->place ? line->place->name : NULL,
                                   .count = line->count,
                                   .last = journey_line_time(line),
                                   .last_number = journey_line_number(line),
                                   .form = line->form};

    g_array_append_val(hops, hop);
}

static void add_pieces(GArray *pieces, const struct journey_line *line)
{
    const struct pktmon_piece first = journey_piece_of(&line->copy->event);

    g_array_append_val(pieces, first);
    for (const struct journey_piece *piece = line->pieces; piece; piece = piece->next)
        g_array_append_val(pieces, piece->piece);
}

/* The array does not grow any more. */
static void set_pieces(GArray *hops, const GArray *pieces)
{
    const struct pktmon_piece *next = (const struct pktmon_piece *)(void *)pieces->data;

    for (guint i = 0; i < hops->len; i++) {
        struct pktmon_hop *hop = &g_array_index(hops, struct pktmon_hop, i);

        if (hop->count == 1)
            continue;
        hop->pieces = next;
        next += hop->count;
    }
}

/* The lines of the chunk: all that the journey has. Returns how many observations these are. */
static uint32_t collect_hops(struct journey_maker *maker, const struct journey_chunk *chunk)
{
    uint32_t observations = 0;

    g_array_set_size(maker->hops, 0);
    g_array_set_size(maker->pieces, 0);
    for (const struct journey_line *line = chunk->first;
         line && maker->hops->len < PKTMON_JOURNEY_MAX_HOPS; line = line->next) {
        add_hop(maker->hops, line);
        if (line->count > 1)
            add_pieces(maker->pieces, line);
        observations += line->count;
    }
    set_pieces(maker->hops, maker->pieces);
    return observations;
}

/* All forms that the piece had, if they are not too many; otherwise the lines of the chunk. */
static void collect_path(struct journey_maker *maker, const struct journey_round *round,
                         const struct journey_chunk *chunk)
{
    bool has_all =
        round->line_count <= PKTMON_JOURNEY_MAX_HOPS && round->forms <= MAX_FORMS_IN_PATH;
    const struct journey_line *line = has_all ? round->lines : chunk->first;

    g_array_set_size(maker->path_hops, 0);
    for (; line && maker->path_hops->len < PKTMON_JOURNEY_MAX_HOPS;
         line = has_all ? line->next_of_all : line->next) {
        if (line->lane != chunk->part->lane)
            continue;
        add_hop(maker->path_hops, line);
    }
}

static void write_path(struct journey_maker *maker, const struct journey_round *round,
                       const struct journey_chunk *chunk, uint16_t vxlan_port)
{
    const struct journey_path path = {
        .hops = (const struct pktmon_hop *)(void *)maker->path_hops->data,
        .hop_count = maker->path_hops->len,
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
    uint32_t observations = collect_hops(maker, chunk);

    maker->journey = (struct pktmon_journey){
        .group = round->group,
        .time = chunk->first->copy->event.time,
        .total = round->total,
        .fate = round->fate,
        .open = round->is_open,
        .continued = part->is_continued || chunk->number > 0,
        .form = part->form,
        .forms = round->forms,
        .side = part->side,
        .merged_into = part->is_merged ? round->group : round->merged_into,
        .hops = (const struct pktmon_hop *)(void *)maker->hops->data,
        .hop_count = maker->hops->len,
        .observations = observations,
    };
    if (!maker->journey.continued)
        write_bytes(maker, round, part);
    collect_path(maker, round, chunk);
    write_path(maker, round, chunk, vxlan_port);
    return &maker->journey;
}
