/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "path.h"

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "form.h"
#include "model/edges.h"
#include "model/journey-format.h"

#define ARROW      JOURNEY_PATH_STEP_TEXT
#define LEFT_OUT   JOURNEY_PATH_LEFT_OUT
#define TRANSLATED "[NAT]"
#define NEW_FORM   "[new form]"
#define SIZE(text) (sizeof(text) - 1)
#define MAX_COPIES 21 /* bytes of " (+4294967295 copies)" */
#define MAX_STEP   80 /* bytes, so that the first and the last fit */
#define NONE       SIZE_MAX

G_STATIC_ASSERT(2 * MAX_STEP + 2 * SIZE(ARROW) + SIZE(LEFT_OUT) + MAX_COPIES < PKTMON_PATH_SIZE);

/* --- the way of a copy --- */

/* A copy, or a piece of one. */
struct path_chain {
    uint32_t copy;
    uint16_t piece;
};

static bool is_of(const struct pktmon_hop *hop, const struct path_chain *chain)
{
    const struct pktmon_packet *packet = &hop->event->packet;

    return packet->copy == chain->copy &&
           (packet->packet_number == chain->piece ||
            (packet->packet_number < chain->piece && chain->piece <= hop->last_number));
}

/* The newest hop of the chain before end. */
static size_t find_before(const struct journey_path *path, size_t end,
                          const struct path_chain *chain)
{
    while (end > 0) {
        if (is_of(&path->hops[--end], chain))
            return end;
    }
    return NONE;
}

/* The hop before the first one of a chain: a piece comes from the copy that was cut, a copy from
 * its parent, a whole from the piece that was seen before it. The chain becomes that one's. */
static size_t find_origin(const struct journey_path *path, size_t first, struct path_chain *chain)
{
    uint32_t parent = path->hops[first].event->packet.copy_of;
    const struct path_chain origins[] = {
        {parent, chain->piece}, {chain->copy, 0}, {parent, 0}, {chain->copy, path->lane}};
    const bool are_possible[] = {parent && chain->piece, chain->piece, parent,
                                 chain->piece != path->lane};

    for (gsize i = 0; i < G_N_ELEMENTS(origins); i++) {
        size_t at = are_possible[i] ? find_before(path, first, &origins[i]) : NONE;

        if (at != NONE) {
            *chain = origins[i];
            return at;
        }
    }
    return NONE;
}

/* Indexes of hops, in the order of time. */
struct path_way {
    size_t *hops, count;
};

static void collect_way(const struct journey_path *path, struct path_chain chain, size_t at,
                        struct path_way *way)
{
    way->count = 0;
    while (at != NONE) {
        size_t before = find_before(path, at, &chain);

        way->hops[way->count++] = at;
        at = before != NONE ? before : find_origin(path, at, &chain);
    }
    for (size_t i = 0; i < way->count / 2; i++) {
        size_t other = way->count - 1 - i, hop = way->hops[i];

        way->hops[i] = way->hops[other];
        way->hops[other] = hop;
    }
}

/* Of the hop's own chain, up to it and beyond. */
static void collect_way_of_hop(const struct journey_path *path, size_t hop, struct path_way *way)
{
    const struct pktmon_hop *seen = &path->hops[hop];
    const struct path_chain chain = {seen->event->packet.copy, seen->event->packet.packet_number};

    collect_way(path, chain, find_before(path, path->hop_count, &chain), way);
}

static bool has_form(const struct journey_path *path, const struct path_way *way)
{
    for (size_t i = 0; i < way->count; i++) {
        if (path->hops[way->hops[i]].form == path->form)
            return true;
    }
    return path->form == 0;
}

static void choose_way(const struct journey_path *path, struct path_way *way)
{
    const struct path_chain chain = {path->copy, path->piece};

    collect_way(path, chain, find_before(path, path->hop_count, &chain), way);
    if (way->count == 0)
        collect_way_of_hop(path, path->hop_count - 1, way);
    for (size_t i = path->hop_count; i > 0 && !has_form(path, way); i--) {
        if (path->hops[i - 1].form == path->form)
            collect_way_of_hop(path, i - 1, way);
    }
}

/* --- steps --- */

struct path_step {
    const struct pktmon_hop *hop; /* the newest one of a visit; NULL: a mark */
    const char *words;            /* a mark's, or the edge's behind the component's name; or NULL */
    size_t length;
    char text[MAX_STEP + 1];
};

struct path_steps {
    const struct journey_path *path;
    struct path_step *steps;
    size_t count;
};

static void add_step(struct path_steps *steps, const struct pktmon_hop *hop, const char *words)
{
    struct path_step *step = &steps->steps[steps->count++];

    step->hop = hop;
    step->words = words;
}

static struct path_step *newest_step(struct path_steps *steps)
{
    return steps->count > 0 ? &steps->steps[steps->count - 1] : NULL;
}

static bool is_left_out(const struct path_step *step)
{
    return !step->hop && strcmp(step->words, LEFT_OUT) == 0;
}

static void add_left_out(struct path_steps *steps)
{
    const struct path_step *newest = newest_step(steps);

    if (!newest || !is_left_out(newest))
        add_step(steps, NULL, LEFT_OUT);
}

/* Where one form becomes another. Among other forms it does not matter. */
static void add_border(struct path_steps *steps, const struct pktmon_hop *before,
                       const struct pktmon_hop *after)
{
    const struct journey_path *path = steps->path;
    struct journey_form left, right;

    if (path->form != 0 && before->form != path->form && after->form != path->form)
        return;
    journey_form_read(&left, &before->event->packet, path->vxlan_port);
    journey_form_read(&right, &after->event->packet, path->vxlan_port);
    add_step(steps, NULL, journey_form_is_translation(&left, &right) ? TRANSLATED : NEW_FORM);
}

/* The edge, where it is a queue or a hook. NULL: it is Upper or Lower, or none of Linux: other
 * systems may use its number for something else. */
static const struct edge_description *special_edge(const struct pktmon_packet *packet)
{
    const struct edge_description *edge =
        edge_common_name(packet->edge) ? NULL : edge_describe(packet->edge);

    if (!edge || !packet->edge_name)
        return NULL;
    return edge->name == packet->edge_name || strcmp(edge->name, packet->edge_name) == 0 ? edge
                                                                                         : NULL;
}

static bool is_hook(const struct pktmon_packet *packet)
{
    const struct edge_description *edge = special_edge(packet);

    return edge && edge->owner == EDGE_OWNER_NETFILTER;
}

static bool is_ended(const struct pktmon_packet *packet)
{
    return packet->dropped || packet->copy_released;
}

/* A packet comes out of a hook only where it was changed or waited; a change that began another
 * form has a mark already. Where the way ends at a hook, the packet waits there. */
static bool is_shown_hook(const struct pktmon_hop *before, const struct pktmon_hop *hop,
                          bool is_last)
{
    const struct pktmon_packet *packet = &hop->event->packet;

    if (is_ended(packet))
        return true;
    if (packet->direction == PKTMON_DIRECTION_OUT)
        return !before || before->form == hop->form;
    return is_last && packet->end == PKTMON_END_NONE;
}

/* How far a packet has come inside of a device: Rx, from Lower to Upper; Tx, the other way. */
static int depth_in_device(const struct pktmon_packet *packet, bool is_sent)
{
    if (packet->edge == PKTMON_EDGE_UPPER)
        return is_sent ? 0 : 2;
    if (packet->edge == PKTMON_EDGE_LOWER)
        return is_sent ? 2 : 0;
    return 1;
}

/* Rx, Tx, or neither, of which None stands. Queues and hooks of a device have one direction. */
static enum pktmon_direction direction_in_device(const struct pktmon_packet *packet)
{
    const struct edge_description *edge;

    if (packet->direction == PKTMON_DIRECTION_RX || packet->direction == PKTMON_DIRECTION_TX)
        return packet->direction;
    edge = special_edge(packet);
    if (!edge || edge->traffic == EDGE_TRAFFIC_BOTH)
        return PKTMON_DIRECTION_NONE;
    return edge->traffic == EDGE_TRAFFIC_SENT ? PKTMON_DIRECTION_TX : PKTMON_DIRECTION_RX;
}

/* A device that hands what it sends to its own receiving side, as lo, was not left. */
static bool is_same_visit(const struct pktmon_hop *before, const struct pktmon_hop *hop)
{
    const struct pktmon_packet *left = &before->event->packet, *right = &hop->event->packet;
    enum pktmon_direction from = direction_in_device(left), to = direction_in_device(right);
    bool is_sent = to == PKTMON_DIRECTION_TX;

    if (before->event->component != hop->event->component)
        return false;
    if (is_hook(left) || is_hook(right))
        return left->edge == right->edge;
    if (is_ended(right) || from == PKTMON_DIRECTION_NONE || to == PKTMON_DIRECTION_NONE)
        return true;
    if (from != to)
        return !is_sent && right->linked != PKTMON_LINKED_BY_CONTENT;
    return depth_in_device(right, is_sent) >= depth_in_device(left, is_sent);
}

/* The edge that is named beside the component: a hook, or where else a device dropped. */
static const char *edge_of_step(const struct pktmon_packet *packet)
{
    const struct edge_description *edge = special_edge(packet);

    return edge && (is_hook(packet) || is_ended(packet)) ? edge->name : NULL;
}

static void add_hop(struct path_steps *steps, const struct pktmon_hop *hop)
{
    const char *edge = edge_of_step(&hop->event->packet);
    struct path_step *newest = newest_step(steps);

    if (!newest || !newest->hop || !is_same_visit(newest->hop, hop)) {
        add_step(steps, hop, edge);
        return;
    }
    newest->hop = hop;
    if (edge)
        newest->words = edge;
}

static void add_way(struct path_steps *steps, const struct path_way *way, bool all_hooks)
{
    const struct journey_path *path = steps->path;
    const struct pktmon_hop *before = NULL;

    steps->count = 0;
    if (path->continued)
        add_left_out(steps);
    for (size_t i = 0; i < way->count; i++) {
        const struct pktmon_hop *hop = &path->hops[way->hops[i]];

        if (before && before->form != hop->form)
            add_border(steps, before, hop);
        if (path->form != 0 && hop->form != path->form)
            add_left_out(steps);
        else if (all_hooks || !is_hook(&hop->event->packet) ||
                 is_shown_hook(before, hop, i + 1 == way->count))
            add_hop(steps, hop);
        before = hop;
    }
}

static bool has_place(const struct path_steps *steps)
{
    for (size_t i = 0; i < steps->count; i++) {
        if (steps->steps[i].hop)
            return true;
    }
    return false;
}

/* --- text --- */

static bool is_inside_character(char byte)
{
    return ((unsigned char)byte & 0xC0) == 0x80;
}

/* A text that is too long loses its middle. Returns its length. */
static size_t shorten(char text[MAX_STEP + 1], const char *whole, size_t length)
{
    size_t head = (MAX_STEP - SIZE(LEFT_OUT)) / 2, tail = length - head;

    if (length > MAX_STEP) {
        while (head > 0 && is_inside_character(whole[head]))
            head--;
        while (tail < length && is_inside_character(whole[tail]))
            tail++;
        return (size_t)snprintf(text, MAX_STEP + 1, "%.*s" LEFT_OUT "%s", (int)head, whole,
                                whole + tail);
    }
    memcpy(text, whole, length + 1);
    return length;
}

static void write_step(struct path_step *step)
{
    char number[sizeof("component 4294967295")] = "?";
    g_autofree char *with_edge = NULL;
    const char *text = step->words;

    if (step->hop) {
        uint32_t component = step->hop->event->component;

        text = component ? step->hop->name : NULL;
        if (component && !text)
            snprintf(number, sizeof(number), "component %u", component);
        text = text ? text : number;
        if (step->words)
            text = with_edge = g_strdup_printf("%s %s", text, step->words);
    }
    step->length = shorten(step->text, text, strlen(text));
}

/* How many of the first and of the last steps fit in so many bytes. */
static void fit(const struct path_steps *steps, size_t room, size_t *head, size_t *tail)
{
    const struct path_step *first = steps->steps, *last = first + steps->count - 1;
    size_t used = 0;
    bool more = true;

    for (const struct path_step *step = first; step <= last; step++)
        used += step->length + (step > first ? SIZE(ARROW) : 0);
    *head = steps->count;
    *tail = 0;
    if (used <= room)
        return;
    *head = *tail = 1;
    used = first->length + SIZE(ARROW) + SIZE(LEFT_OUT) + SIZE(ARROW) + last->length;
    while (more) {
        const size_t at_tail = SIZE(ARROW) + (last - *tail)->length;
        const size_t at_head = SIZE(ARROW) + first[*head].length;
        bool tail_fits = used + at_tail <= room;
        bool head_fits = used + (tail_fits ? at_tail : 0) + at_head <= room;

        *tail += tail_fits;
        *head += head_fits;
        used += (tail_fits ? at_tail : 0) + (head_fits ? at_head : 0);
        more = tail_fits || head_fits;
    }
}

static int compare_copies(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

    return (a > b) - (a < b);
}

/* Other copies that were seen where this way does not lead. */
static size_t count_other_copies(const struct journey_path *path, const struct path_way *way)
{
    uint32_t copy = path->hops[way->hops[way->count - 1]].event->packet.copy;
    g_autofree uint32_t *copies = NULL;
    size_t found = 0, different = 0, on_way = 0;

    if (way->count == path->hop_count)
        return 0;
    copies = g_new(uint32_t, path->hop_count);
    for (size_t i = 0; i < path->hop_count; i++) {
        uint32_t other = path->hops[i].event->packet.copy;

        if (on_way < way->count && way->hops[on_way] == i)
            on_way++;
        else if (other != copy && other != 0)
            copies[found++] = other;
    }
    qsort(copies, found, sizeof(*copies), compare_copies);
    for (size_t i = 0; i < found; i++)
        different += i == 0 || copies[i] != copies[i - 1];
    return different;
}

/* Appends at end, and returns the new one. */
static char *append(char *end, bool is_first, const struct path_step *step)
{
    if (!is_first)
        end = g_stpcpy(end, ARROW);
    return g_stpcpy(end, step->text);
}

static void write_steps(char *text, struct path_steps *steps, const char *suffix)
{
    static const struct path_step left_out = {.text = LEFT_OUT};
    struct path_step *all = steps->steps;
    size_t head, tail;
    char *end = text;

    for (size_t i = 0; i < steps->count; i++)
        write_step(&all[i]);
    fit(steps, PKTMON_PATH_SIZE - 1 - strlen(suffix), &head, &tail);
    for (size_t i = 0; i < head; i++)
        end = append(end, i == 0, &all[i]);
    if (tail > 0 && !is_left_out(&all[head - 1]) && !is_left_out(&all[steps->count - tail]))
        end = append(end, false, &left_out);
    for (size_t i = steps->count - tail; i < steps->count; i++)
        end = append(end, false, &all[i]);
    g_stpcpy(end, suffix);
}

void journey_path_write(char text[PKTMON_PATH_SIZE], const struct journey_path *path)
{
    struct path_steps steps = {.path = path};
    char suffix[MAX_COPIES + 1] = "";
    g_autofree size_t *indexes = g_new(size_t, path->hop_count);
    /* of each hop a border and a place, and the beginning of a continuation */
    g_autofree struct path_step *all = g_new(struct path_step, path->hop_count * 2 + 1);
    struct path_way way = {.hops = indexes};

    text[0] = '\0';
    if (path->hop_count == 0)
        return;
    choose_way(path, &way);
    size_t copies = count_other_copies(path, &way);
    steps.steps = all;
    add_way(&steps, &way, false);
    if (!has_place(&steps))
        add_way(&steps, &way, true);
    if (copies > 0)
        snprintf(suffix, sizeof(suffix), " (+%u cop%s)", (unsigned)copies,
                 copies == 1 ? "y" : "ies");
    write_steps(text, &steps, suffix);
}
