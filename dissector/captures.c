/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "captures.h"
#include "frame-hops.h"

#include <glib.h>

#include "compat.h"
#include "fields.h"

/* Few packets wait longer than this between two appearances. */
#define LONGEST_REST 1 /* seconds */

/* The counters of all components are read one after another, within this time. */
#define READING_TIME (10 * 1000 * 1000) /* ns */

/* Some component lost records between these times. */
struct capture_loss {
    nstime_t from, to;
};

struct known_capture {
    uint64_t id;
    uint32_t number;
    nstime_t reading, reading_before; /* when counters were read; 0 = not yet */
    wmem_array_t *losses; /* of struct capture_loss, in the order of from and of to; NULL: none */
    unsigned loss_count;  /* of them; the array may have more */
};

static wmem_map_t *captures;

void captures_register(void)
{
    captures = wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(), wmem_int64_hash,
                                      g_int64_equal);
}

static struct known_capture *get_capture(uint64_t id)
{
    struct known_capture *capture = wmem_map_lookup(captures, &id);

    if (!capture) {
        capture = wmem_new0(wmem_file_scope(), struct known_capture);
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

/* Whether counters read at this time are part of the newest reading. */
static bool is_of_reading(const struct known_capture *capture, const nstime_t *time)
{
    const nstime_t reading_time = {0, READING_TIME};
    nstime_t end;

    nstime_sum(&end, &capture->reading, &reading_time);
    return nstime_cmp(time, &end) <= 0;
}

static void learn_reading(struct known_capture *capture, const nstime_t *time)
{
    if (is_of_reading(capture, time))
        return;
    capture->reading_before = capture->reading;
    capture->reading = *time;
}

/* A loss that does not say when it happened is reported right after the reading of counters that
 * shows it, and happened since the previous reading. */
static struct capture_loss make_loss(const struct known_capture *capture,
                                     const struct record *record, const nstime_t *time)
{
    struct capture_loss loss = {
        .from = is_of_reading(capture, time) ? capture->reading_before : capture->reading,
        .to = *time,
    };

    if (record_has(record, PKTMON_FIELD_EVENT_UNTIL)) {
        loss.from = frame_hops_duration(record_number(record, PKTMON_FIELD_EVENT_FROM));
        loss.to = frame_hops_duration(record_number(record, PKTMON_FIELD_EVENT_UNTIL));
    }
    if (loss.from.secs > LONGEST_REST)
        loss.from.secs -= LONGEST_REST;
    return loss;
}

static struct capture_loss *get_loss(const struct known_capture *capture, unsigned index)
{
    return wmem_array_index(capture->losses, index);
}

/* One that ends before the newest is as if it ended with it: it may lower more fates than it must.
 * One that a new one contains is left out. */
static void learn_loss(struct known_capture *capture, struct capture_loss loss)
{
    unsigned count = capture->loss_count;

    if (!capture->losses)
        capture->losses = wmem_array_new(wmem_file_scope(), sizeof(struct capture_loss));
    if (count > 0 && nstime_cmp(&get_loss(capture, count - 1)->to, &loss.to) > 0)
        loss.to = get_loss(capture, count - 1)->to;
    while (count > 0 && nstime_cmp(&get_loss(capture, count - 1)->from, &loss.from) >= 0)
        count--;
    if (count < wmem_array_get_count(capture->losses))
        *get_loss(capture, count) = loss;
    else
        wmem_array_append_one(capture->losses, loss);
    capture->loss_count = count + 1;
}

/* Without a component or a time, the loss may have happened at any time of the capture. */
static bool is_loss_notice(const struct record *record, const packet_info *pinfo)
{
    return record->type == PKTMON_RECORD_EVENT &&
           record_number(record, PKTMON_FIELD_EVENT_ID) == PKTMON_NOTICE_LOST &&
           (record_number(record, PKTMON_FIELD_COMPONENT) != 0 ||
            record_has(record, PKTMON_FIELD_EVENT_UNTIL)) &&
           g_strcmp0(record_string(record, PKTMON_FIELD_EVENT_PROVIDER, pinfo->pool), "pktmon") ==
               0;
}

void captures_learn(const struct record *record, const packet_info *pinfo)
{
    uint64_t id = record_number(record, PKTMON_FIELD_CAPTURE_ID);

    if (record->type == PKTMON_RECORD_COUNTERS)
        learn_reading(get_capture(id), &pinfo->abs_ts);
    else if (is_loss_notice(record, pinfo))
        learn_loss(get_capture(id), make_loss(get_capture(id), record, &pinfo->abs_ts));
}

/* The first loss that ends at or after the time; NULL: none. Those behind it begin later. */
static const struct capture_loss *first_from(const struct known_capture *capture,
                                             const nstime_t *time)
{
    unsigned low = 0, high = capture->loss_count;

    while (low < high) {
        unsigned middle = low + (high - low) / 2;

        if (nstime_cmp(&get_loss(capture, middle)->to, time) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < capture->loss_count ? get_loss(capture, low) : NULL;
}

bool captures_has_losses(uint64_t capture_id)
{
    const struct known_capture *capture = wmem_map_lookup(captures, &capture_id);

    return capture && capture->loss_count > 0;
}

bool captures_lost_after(uint64_t capture_id, const nstime_t *last_seen)
{
    const struct known_capture *capture = wmem_map_lookup(captures, &capture_id);
    const struct capture_loss *loss = capture ? first_from(capture, last_seen) : NULL;

    return loss && nstime_cmp(&loss->from, last_seen) <= 0;
}
