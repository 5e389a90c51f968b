/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "captures.h"

#include <glib.h>

#include "compat.h"
#include "fields.h"

/* A packet that rests longer than this between two appearances is rare. */
#define LONGEST_REST 1 /* seconds */

/* The counters of all components are read one after the other, within this time. */
#define READING_TIME (10 * 1000 * 1000) /* ns */

/* Some component lost records after from, and not after to. */
struct loss {
    nstime_t from, to;
};

struct capture {
    uint64_t id;
    uint32_t number;
    nstime_t reading, reading_before; /* when counters were read; 0 = not yet */
    wmem_array_t *losses;             /* of struct loss, in the order of to; NULL: none */
};

static wmem_map_t *captures;

void captures_register(void)
{
    captures = wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(), wmem_int64_hash,
                                      g_int64_equal);
}

static struct capture *get_capture(uint64_t id)
{
    struct capture *capture = wmem_map_lookup(captures, &id);

    if (!capture) {
        capture = wmem_new0(wmem_file_scope(), struct capture);
        capture->id = id;
        capture->number = wmem_map_size(captures) + 1;
        wmem_map_insert(captures, &capture->id, capture);
    }
    return capture;
}

uint32_t captures_number(uint64_t capture_id)
{
    return get_capture(capture_id)->number;
}

/* Whether counters read at this time belong to the newest reading. */
static bool is_of_reading(const struct capture *capture, const nstime_t *time)
{
    const nstime_t reading_time = {0, READING_TIME};
    nstime_t end;

    nstime_sum(&end, &capture->reading, &reading_time);
    return nstime_cmp(time, &end) <= 0;
}

static void learn_reading(struct capture *capture, const nstime_t *time)
{
    if (is_of_reading(capture, time))
        return;
    capture->reading_before = capture->reading;
    capture->reading = *time;
}

/* A loss is told right after the reading of counters that shows it: it happened since the one
 * before. */
static void learn_loss(struct capture *capture, const nstime_t *time)
{
    struct loss loss = {
        .from = is_of_reading(capture, time) ? capture->reading_before : capture->reading,
        .to = *time,
    };
    unsigned count = capture->losses ? wmem_array_get_count(capture->losses) : 0;

    if (!capture->losses)
        capture->losses = wmem_array_new(wmem_file_scope(), sizeof(struct loss));
    if (count > 0) {
        const struct loss *last = wmem_array_index(capture->losses, count - 1);

        if (nstime_cmp(&last->to, &loss.to) > 0)
            loss.to = last->to;
    }
    if (loss.from.secs > LONGEST_REST)
        loss.from.secs -= LONGEST_REST;
    wmem_array_append_one(capture->losses, loss);
}

/* A loss of no component cannot be told to a time: it may be of any moment of the capture. */
static bool tells_loss(const struct record *record, const packet_info *pinfo)
{
    return record->type == PKTMON_RECORD_EVENT &&
           record_number(record, PKTMON_FIELD_EVENT_ID) == EVENT_LOST &&
           record_number(record, PKTMON_FIELD_COMPONENT) != 0 &&
           g_strcmp0(record_string(record, PKTMON_FIELD_EVENT_PROVIDER, pinfo->pool), "pktmon") ==
               0;
}

void captures_learn(const struct record *record, const packet_info *pinfo)
{
    uint64_t id = record_number(record, PKTMON_FIELD_CAPTURE_ID);

    if (record->type == PKTMON_RECORD_COUNTERS)
        learn_reading(get_capture(id), &pinfo->abs_ts);
    else if (tells_loss(record, pinfo))
        learn_loss(get_capture(id), &pinfo->abs_ts);
}

/* The first loss that does not end before the time; NULL: there is none. */
static const struct loss *first_from(wmem_array_t *losses, const nstime_t *time)
{
    unsigned low = 0;
    unsigned count = wmem_array_get_count(losses);
    unsigned high = count;

    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        const struct loss *loss = wmem_array_index(losses, middle);

        if (nstime_cmp(&loss->to, time) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count ? wmem_array_index(losses, low) : NULL;
}

bool captures_lost_after(uint64_t capture_id, const nstime_t *last_seen)
{
    struct capture *capture = wmem_map_lookup(captures, &capture_id);
    const struct loss *loss =
        capture && capture->losses ? first_from(capture->losses, last_seen) : NULL;

    return loss && nstime_cmp(&loss->from, last_seen) <= 0;
}
