/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keep.h"

#include <glib.h>
#include <string.h>

#include "model/edges.h"
#include "model/journey-format.h"

static void *copy(const struct journey_memory *memory, const void *data, size_t size)
{
    return memcpy(memory->take(memory->context, size), data, size);
}

/* --- texts --- */

static const char *keep_text(const char *text, const char *before, const char *first,
                             const struct journey_memory *memory)
{
    if (!text || text == before || text == first)
        return text;
    if (before && strcmp(text, before) == 0)
        return before;
    if (first && strcmp(text, first) == 0)
        return first;
    return copy(memory, text, strlen(text) + 1);
}

static void keep_texts(struct pktmon_packet *kept, const struct pktmon_packet *before,
                       const struct pktmon_packet *first, const struct journey_memory *memory)
{
    const char *usual = edge_name(kept->edge);
    bool is_usual = kept->edge_name == usual; /* which is no memory of the provider */

    if (is_usual)
        kept->edge_name = NULL;
#define X(NAME, member)                                                                            \
    if (kept->member)                                                                              \
        kept->member = keep_text(kept->member, before ? before->member : NULL,                     \
                                 first ? first->member : NULL, memory);
    JOURNEY_HOP_TEXTS(X)
    X("a frame's, not a hop's", comment)
#undef X
    if (is_usual)
        kept->edge_name = usual;
}

static const struct pktmon_nbl *keep_nbl(const struct pktmon_nbl *nbl,
                                         const struct journey_memory *memory)
{
    struct pktmon_nbl *kept = copy(memory, nbl, sizeof(*nbl));
    struct pktmon_nbl_value *values = copy(memory, nbl->values, nbl->count * sizeof(*nbl->values));

    for (size_t i = 0; i < nbl->count; i++)
        values[i].text = keep_text(values[i].text, NULL, NULL, memory);
    kept->values = values;
    return kept;
}

/* --- bytes --- */

static bool begins_with(const struct pktmon_event *other, const struct pktmon_packet *packet)
{
    return other && other->packet.data && other->packet.caplen >= packet->caplen &&
           memcmp(other->packet.data, packet->data, packet->caplen) == 0;
}

static const uint8_t *keep_bytes(const struct pktmon_packet *packet,
                                 const struct pktmon_event *before,
                                 const struct pktmon_event *first,
                                 const struct journey_memory *memory)
{
    if (begins_with(before, packet))
        return before->packet.data;
    if (first != before && begins_with(first, packet))
        return first->packet.data;
    return copy(memory, packet->data, packet->caplen);
}

bool journey_has_same_bytes(const struct pktmon_packet *left, const struct pktmon_packet *right)
{
    if (left->caplen != right->caplen || left->origlen != right->origlen ||
        left->link_type != right->link_type || !left->data || !right->data)
        return false;
    return left->data == right->data || memcmp(left->data, right->data, left->caplen) == 0;
}

void journey_keep(struct pktmon_event *kept, const struct pktmon_event *event,
                  const struct pktmon_event *before, const struct pktmon_event *first,
                  const struct journey_memory *memory)
{
    struct pktmon_packet *packet = &kept->packet;

    *kept = *event;
    if (packet->data)
        packet->data = keep_bytes(packet, before, first, memory);
    keep_texts(packet, before ? &before->packet : NULL, first ? &first->packet : NULL, memory);
    if (packet->nbl)
        packet->nbl = keep_nbl(packet->nbl, memory);
}
