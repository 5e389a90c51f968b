/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hop-text.h"

#include <glib.h>
#include <string.h>

#include "compat.h"
#include "fate.h"
#include "fields.h"

#define MAX_DROPS 3 /* that are named in the column Info */
#define TIMES     " \xC3\x97 "

/* --- a place --- */

const char *hop_text_component(const struct frame_hop *hop, wmem_allocator_t *scope)
{
    if (hop->name)
        return hop->name;
    return hop->event.component == 0
               ? "?"
               : wmem_strdup_printf(scope, "component %u", hop->event.component);
}

/* A tree has a text for each hop: most of one is made without a format. */
static void append_word(wmem_strbuf_t *text, const char *word)
{
    wmem_strbuf_append_c(text, ' ');
    wmem_strbuf_append(text, word);
}

static void append_edge(wmem_strbuf_t *text, const struct frame_hop *hop)
{
    const struct pktmon_packet *packet = &hop->event.packet;

    if (hop->edge_name)
        append_word(text, hop->edge_name);
    else if (packet->edge != 0)
        wmem_strbuf_append_printf(text, " edge %u", packet->edge);
}

static void append_direction(wmem_strbuf_t *text, const struct frame_hop *hop)
{
    unsigned direction = hop->event.packet.direction;

    if (direction != PKTMON_DIRECTION_NONE)
        append_word(text, val_to_str_const(direction, field_directions, "in an unknown direction"));
}

const char *hop_text_edge(const struct frame_hop *hop, wmem_allocator_t *scope)
{
    wmem_strbuf_t *text = wmem_strbuf_new(scope, "");

    append_edge(text, hop);
    append_direction(text, hop);
    return g_str_has_prefix(wmem_strbuf_get_str(text), " ") ? wmem_strbuf_get_str(text) + 1 : "";
}

/* --- what happened there --- */

static const char *end_name(const struct frame_hop *hop)
{
    static const char *const ends[] = {
        [PKTMON_END_DELIVERED] = "delivered",
        [PKTMON_END_CONSUMED] = "consumed",
    };
    unsigned end = hop->event.packet.end;

    return end < G_N_ELEMENTS(ends) ? ends[end] : NULL;
}

static void append_reason(wmem_strbuf_t *text, const struct frame_hop *hop)
{
    const struct pktmon_packet *packet = &hop->event.packet;

    if (packet->drop_reason)
        wmem_strbuf_append(text, packet->drop_reason);
    else
        wmem_strbuf_append_printf(text, "reason %u", packet->drop_code);
}

const char *hop_text(const struct frame_hop *hop, wmem_allocator_t *scope)
{
    const struct pktmon_packet *packet = &hop->event.packet;
    wmem_strbuf_t *text = wmem_strbuf_new(scope, hop_text_component(hop, scope));
    bool is_ended = packet->dropped || packet->copy_released;

    append_edge(text, hop);
    if (!is_ended)
        append_direction(text, hop);
    if (end_name(hop))
        append_word(text, end_name(hop));
    if (is_ended) {
        wmem_strbuf_append(text, packet->dropped ? " dropped " : " copy released ");
        append_reason(text, hop);
    }
    if (hop->count > 1)
        wmem_strbuf_append_printf(text, TIMES "%u", hop->count);
    return wmem_strbuf_get_str(text);
}

/* what, followed by the reason and the location. */
static const char *describe_end(const char *what, const struct frame_hop *hop,
                                wmem_allocator_t *scope)
{
    const struct pktmon_packet *packet = &hop->event.packet;
    wmem_strbuf_t *text = wmem_strbuf_new(scope, what);

    if (packet->drop_reason)
        wmem_strbuf_append_printf(text, ": %s", packet->drop_reason);
    if (packet->drop_location)
        wmem_strbuf_append_printf(text, " at %s", packet->drop_location);
    return compat_format_text(scope, wmem_strbuf_get_str(text));
}

const char *hop_text_end(const struct frame_hop *hop, wmem_allocator_t *scope)
{
    const struct pktmon_packet *packet = &hop->event.packet;

    if (packet->dropped)
        return describe_end("Dropped", hop, scope);
    return packet->copy_released ? describe_end("Copy released", hop, scope) : NULL;
}

static void append_number(wmem_strbuf_t *text, const char *what, uint64_t number)
{
    if (number != 0)
        wmem_strbuf_append_printf(text, ", %s %" G_GUINT64_FORMAT, what, number);
}

const char *hop_text_long(const struct frame_hops *hops, const struct frame_hop *hop,
                          uint16_t packet_number, wmem_allocator_t *scope)
{
    const struct pktmon_packet *packet = &hop->event.packet;
    wmem_strbuf_t *text = wmem_strbuf_new(scope, hop_text_component(hop, scope));

    append_edge(text, hop);
    append_direction(text, hop);
    append_number(text, "group", hops->journey.group);
    append_number(text, "packet", packet_number);
    append_number(text, "copy", packet->copy);
    append_number(text, "appearance", packet->appearance);
    if (end_name(hop))
        wmem_strbuf_append_printf(text, ", %s", end_name(hop));
    if (packet->dropped)
        wmem_strbuf_append_printf(text, ", %s", describe_end("Dropped", hop, scope));
    else if (packet->copy_released)
        wmem_strbuf_append_printf(text, ", %s", describe_end("copy released", hop, scope));
    return compat_format_text(scope, wmem_strbuf_get_str(text));
}

/* --- drops of a journey --- */

const char *hop_text_drop(const struct frame_hop *hop, wmem_allocator_t *scope)
{
    wmem_strbuf_t *text = wmem_strbuf_new(scope, "");

    append_reason(text, hop);
    wmem_strbuf_append_printf(text, " at %s", hop_text_component(hop, scope));
    append_edge(text, hop);
    return wmem_strbuf_get_str(text);
}

static bool contains(const char *const *texts, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(texts[i], text) == 0)
            return true;
    }
    return false;
}

/* Each reason and place once, the first few of them. */
static void append_drops(wmem_strbuf_t *text, const struct frame_hops *hops,
                         wmem_allocator_t *scope)
{
    const char *said[MAX_DROPS];
    size_t count = 0;

    for (size_t i = 0; i < hops->count; i++) {
        if (!hops->hops[i].event.packet.dropped)
            continue;
        const char *drop = hop_text_drop(&hops->hops[i], scope);
        if (contains(said, count, drop))
            continue;
        if (count == MAX_DROPS) {
            wmem_strbuf_append(text, ", \xE2\x80\xA6");
            return;
        }
        wmem_strbuf_append_printf(text, "%s%s", count > 0 ? ", " : ": ", drop);
        said[count++] = drop;
    }
}

/* How many different copies, or pieces, the frame has, and how many of them were dropped. */
struct tally {
    wmem_map_t *all, *dropped;
};

static void count_one(struct tally *tally, uint32_t number, bool is_dropped)
{
    /* a key is not 0, which stands for "none" */
    void *key = GUINT_TO_POINTER(number + 1);

    wmem_map_insert(tally->all, key, key);
    if (is_dropped)
        wmem_map_insert(tally->dropped, key, key);
}

static struct tally new_tally(wmem_allocator_t *scope)
{
    return (struct tally){wmem_map_new(scope, g_direct_hash, g_direct_equal),
                          wmem_map_new(scope, g_direct_hash, g_direct_equal)};
}

static void append_tally(wmem_strbuf_t *text, const struct frame_hops *hops,
                         wmem_allocator_t *scope)
{
    struct tally copies = new_tally(scope), pieces = new_tally(scope), *told = &copies;

    for (size_t i = 0; i < hops->count; i++) {
        const struct frame_hop *hop = &hops->hops[i];
        bool is_dropped = hop->event.packet.dropped;

        count_one(&copies, hop->event.packet.copy, is_dropped);
        for (size_t j = 0; j < hop->piece_count; j++) {
            if (hop->pieces[j].number != 0)
                count_one(&pieces, hop->pieces[j].number, is_dropped);
        }
    }
    if (wmem_map_size(copies.all) == 1 && wmem_map_size(pieces.dropped) > 0)
        told = &pieces;
    wmem_strbuf_append_printf(text, "%u of %u %s dropped", wmem_map_size(told->dropped),
                              wmem_map_size(told->all), told == &copies ? "copies" : "pieces");
}

const char *hop_text_drops(const struct frame_hops *hops, const struct journey_state *state,
                           wmem_allocator_t *scope)
{
    bool is_dropped = state->has_fate && state->fate == PKTMON_FATE_DROPPED;
    wmem_strbuf_t *text;

    if (!is_dropped && !frame_hops_drop(hops))
        return NULL;
    text = wmem_strbuf_new(scope, "");
    if (is_dropped)
        wmem_strbuf_append(text, "Dropped");
    else
        append_tally(text, hops, scope);
    append_drops(text, hops, scope);
    return compat_format_text(scope, wmem_strbuf_get_str(text));
}

const char *hop_text_journey(const struct frame_hops *hops, const struct journey_state *state,
                             wmem_allocator_t *scope)
{
    const char *path = hops->path ? hops->path : "";

    return compat_format_text(scope, wmem_strdup_printf(scope, "%s%s%s", path, *path ? ", " : "",
                                                        fate_name(state->shown_fate)));
}
