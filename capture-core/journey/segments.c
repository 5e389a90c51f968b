/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "segments.h"

#include <glib.h>
#include <netinet/in.h>
#include <string.h>

#include "form-walk.h"
#include "model/big-endian.h"
#include "model/salted-hash.h"

#define TABLE_ROW       (4 * sizeof(void *)) /* bytes of a row in a hash table, about */
#define SEQUENCE_OFFSET 4                    /* in the header of TCP */

bool journey_segment_read(struct journey_segment *segment, const struct pktmon_packet *packet,
                          const struct journey_form *form)
{
    uint32_t headers = form->payload - form->network;
    uint32_t whole = form->length > 0 ? form->length : packet->origlen - form->network;

    if (form->key.kind != JOURNEY_FORM_TUPLE || form->key.tuple.protocol != IPPROTO_TCP ||
        form->payload <= form->transport || form->payload > packet->caplen ||
        form->payload - form->transport < SEQUENCE_OFFSET + 4 || whole <= headers)
        return false;
    segment->sequence = be32(packet->data + form->transport + SEQUENCE_OFFSET);
    segment->length = whole - headers;
    return true;
}

/* --- streams --- */

/* One direction of a conversation. */
struct stream_key {
    struct journey_form_key key;
    uint32_t backward;
};

struct stream {
    struct stream_key key;
    GList link; /* in the order of use */
    struct {
        struct journey_segment segment;
        uint64_t group;
    } newest[JOURNEY_MAX_SEGMENTS]; /* a ring */
    guint count, next;
};

struct journey_streams {
    GHashTable *streams; /* &key -> struct stream */
    GQueue used;         /* the one that was used last at its tail */
    size_t max;
};

G_STATIC_ASSERT(sizeof(struct stream_key) == 88); /* nothing between its members */

static guint hash_stream(gconstpointer key)
{
    return salted_bytes(key, sizeof(struct stream_key));
}

static gboolean equal_streams(gconstpointer left, gconstpointer right)
{
    return memcmp(left, right, sizeof(struct stream_key)) == 0;
}

struct journey_streams *journey_streams_new(size_t max)
{
    struct journey_streams *streams = g_new0(struct journey_streams, 1);

    streams->streams = g_hash_table_new_full(hash_stream, equal_streams, NULL, g_free);
    g_queue_init(&streams->used);
    streams->max = MAX(max, 1);
    return streams;
}

void journey_streams_free(struct journey_streams *streams)
{
    g_hash_table_unref(streams->streams);
    g_free(streams);
}

size_t journey_streams_size_of_one(void)
{
    return sizeof(struct stream) + TABLE_ROW;
}

size_t journey_streams_size(const struct journey_streams *streams)
{
    return streams->used.length * journey_streams_size_of_one();
}

static struct stream_key make_key(const struct journey_form *form)
{
    return (struct stream_key){.key = form->key, .backward = form->backward};
}

/* NULL: not known. */
static struct stream *find_stream(struct journey_streams *streams, const struct journey_form *form)
{
    const struct stream_key key = make_key(form);
    struct stream *stream = g_hash_table_lookup(streams->streams, &key);

    if (stream) {
        g_queue_unlink(&streams->used, &stream->link);
        g_queue_push_tail_link(&streams->used, &stream->link);
    }
    return stream;
}

static struct stream *add_stream(struct journey_streams *streams, const struct journey_form *form)
{
    struct stream *stream;

    if (streams->used.length >= streams->max) {
        struct stream *oldest = g_queue_peek_head(&streams->used);

        g_queue_unlink(&streams->used, &oldest->link);
        g_hash_table_remove(streams->streams, &oldest->key);
    }
    stream = g_new0(struct stream, 1);
    stream->key = make_key(form);
    stream->link.data = stream;
    g_hash_table_insert(streams->streams, &stream->key, stream);
    g_queue_push_tail_link(&streams->used, &stream->link);
    return stream;
}

void journey_streams_add(struct journey_streams *streams, const struct journey_form *form,
                         const struct journey_segment *segment, uint64_t group)
{
    struct stream *stream = find_stream(streams, form);

    if (!stream)
        stream = add_stream(streams, form);
    stream->newest[stream->next].segment = *segment;
    stream->newest[stream->next].group = group;
    stream->next = (stream->next + 1) % JOURNEY_MAX_SEGMENTS;
    stream->count = MIN(stream->count + 1, JOURNEY_MAX_SEGMENTS);
}

static bool lies_within(const struct journey_segment *part, const struct journey_segment *whole)
{
    uint32_t offset = part->sequence - whole->sequence;

    return part->length > 0 && offset > 0 && offset < whole->length &&
           part->length <= whole->length - offset;
}

size_t journey_streams_take(struct journey_streams *streams, const struct journey_form *form,
                            const struct journey_segment *whole,
                            uint64_t groups[JOURNEY_MAX_SEGMENTS])
{
    struct stream *stream = find_stream(streams, form);
    uint32_t sequences[JOURNEY_MAX_SEGMENTS];
    size_t found = 0;

    for (guint i = 1; stream && i <= stream->count; i++) {
        guint at = (stream->next + JOURNEY_MAX_SEGMENTS - i) % JOURNEY_MAX_SEGMENTS;
        struct journey_segment *part = &stream->newest[at].segment;
        bool is_known = false;

        if (!lies_within(part, whole))
            continue;
        for (size_t j = 0; j < found; j++)
            is_known |= sequences[j] == part->sequence;
        if (is_known)
            continue;
        sequences[found] = part->sequence;
        groups[found++] = stream->newest[at].group;
        part->length = 0;
    }
    return found;
}
