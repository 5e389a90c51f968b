/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture-status.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "model/plural.h"
#include "model/salted-hash.h"
#include "pktmon/journey.h"

#define REFRESH_US    (G_USEC_PER_SEC / 4)
#define REASONS_SHOWN 3
#define USUAL_COLUMNS 80
#define CLEAR_LINE    "\r\033[K" /* ECMA-48: understood by every terminal in use */

/* The counts that an event contributes. */
struct taken {
    uint64_t end; /* size of the file including the event */
    uint64_t lost;
    const char *reason; /* of a drop; interned */
    uint32_t caplen;
    uint32_t component; /* of counters, and their edge */
    uint16_t edge;
    uint8_t packets; /* 1: it is one more packet */
    enum pktmon_record record;
};

struct status_reason {
    const char *name;
    uint64_t drops;
};

void cli_status_init(struct cli_capture_status *status, bool counters_only)
{
    *status = (struct cli_capture_status){
        .counters_only = counters_only,
        .reasons = g_hash_table_new_full(NULL, NULL, NULL, g_free),
        .losses = g_hash_table_new_full(salted_int64, g_int64_equal, g_free, g_free),
        .waiting = g_array_new(FALSE, FALSE, sizeof(struct taken)),
        .in_place = isatty(STDERR_FILENO),
    };
}

void cli_status_clear(struct cli_capture_status *status)
{
    g_hash_table_unref(status->reasons);
    g_hash_table_unref(status->losses);
    g_array_unref(status->waiting);
}

static void count_drop(struct cli_capture_status *status, const char *key)
{
    struct status_reason *reason = g_hash_table_lookup(status->reasons, key);
    if (!reason) {
        reason = g_new0(struct status_reason, 1);
        reason->name = key;
        g_hash_table_insert(status->reasons, (void *)key, reason);
    }
    reason->drops++;
    status->drops++;
}

static void count_packet(struct cli_capture_status *status, const struct taken *taken)
{
    status->packets += taken->packets;
    status->bytes += taken->caplen;
    status->lost_by_packets += taken->lost;
    if (taken->reason)
        count_drop(status, taken->reason);
}

/* A counter includes all losses at its edge. */
static void count_reading(struct cli_capture_status *status, const struct taken *taken)
{
    const uint64_t key = (uint64_t)taken->component << 16 | taken->edge;
    status->readings++;
    if (taken->lost == 0)
        return;
    uint64_t *lost = g_hash_table_lookup(status->losses, &key);
    if (!lost) {
        lost = g_new0(uint64_t, 1);
        g_hash_table_insert(status->losses, g_memdup2(&key, sizeof(key)), lost);
    }
    status->lost_by_counters += taken->lost - *lost;
    *lost = taken->lost;
}

static void forget(struct cli_capture_status *status, uint32_t component)
{
    for (uint16_t edge = 0; edge < PKTMON_EDGE_COUNT; edge++) {
        const uint64_t key = (uint64_t)component << 16 | edge;
        g_hash_table_remove(status->losses, &key);
    }
}

static void count_one(struct cli_capture_status *status, const struct taken *taken)
{
    if (taken->record == PKTMON_RECORD_PACKET)
        count_packet(status, taken);
    else if (taken->record == PKTMON_RECORD_COUNTERS)
        count_reading(status, taken);
    else
        forget(status, taken->component);
}

/* Interned: a kernel has few reasons. */
static const char *reason_of(const struct pktmon_packet *packet)
{
    const char *reason = packet->drop_reason ? packet->drop_reason : "without a reason";
    return packet->dropped ? g_intern_string(reason) : NULL;
}

static void add_packet(struct cli_capture_status *status, const struct pktmon_packet *packet,
                       bool is_new, uint64_t end)
{
    const struct taken taken = {.record = PKTMON_RECORD_PACKET,
                                .end = end,
                                .lost = packet->lost,
                                .caplen = packet->caplen,
                                .packets = is_new,
                                .reason = reason_of(packet)};
    g_array_append_val(status->waiting, taken);
}

/* The bytes count once, the drops each. */
static void add_journey(struct cli_capture_status *status, const struct pktmon_journey *journey,
                        bool is_new, uint64_t end)
{
    struct taken taken = {
        .record = PKTMON_RECORD_PACKET, .end = end, .caplen = journey->caplen, .packets = is_new};
    for (size_t i = 0; i < journey->hop_count; i++) {
        const struct pktmon_packet *packet = &journey->hops[i].event->packet;
        taken.lost += packet->lost;
        taken.reason = reason_of(packet);
        if (!taken.reason)
            continue;
        g_array_append_val(status->waiting, taken);
        taken = (struct taken){.record = PKTMON_RECORD_PACKET, .end = end};
    }
    taken.reason = NULL;
    if (taken.packets || taken.caplen || taken.lost)
        g_array_append_val(status->waiting, taken);
}

void cli_status_add_event(struct cli_capture_status *status, const struct pktmon_event *event,
                          bool is_new, uint64_t end)
{
    if (event->record == PKTMON_RECORD_PACKET) {
        add_packet(status, &event->packet, is_new, end);
        return;
    }
    if (event->record == PKTMON_RECORD_JOURNEY) {
        add_journey(status, event->journey, is_new, end);
        return;
    }
    struct taken taken = {.record = event->record,
                          .end = end,
                          .component = event->component,
                          .edge = event->counters.edge,
                          .lost = event->counters.lost};
    if (event->record == PKTMON_RECORD_EVENT && event->notice.packets_left_out)
        status->left_out = event->notice.packets_left_out;
    if (event->record == PKTMON_RECORD_COUNTERS || event->record == PKTMON_RECORD_RETIRED)
        g_array_append_val(status->waiting, taken);
}

void cli_status_mark_written(struct cli_capture_status *status, uint64_t bytes)
{
    guint count = 0;
    for (; count < status->waiting->len; count++) {
        const struct taken *taken = &g_array_index(status->waiting, struct taken, count);
        if (taken->end > bytes)
            break;
        count_one(status, taken);
    }
    g_array_remove_range(status->waiting, 0, count);
}

void cli_status_mark_failed(struct cli_capture_status *status)
{
    g_array_set_size(status->waiting, 0);
}

/* --- the line --- */

static int compare_reasons(const void *a, const void *b)
{
    const struct status_reason *left = *(void *const *)a, *right = *(void *const *)b;
    int difference = (left->drops < right->drops) - (left->drops > right->drops);
    return difference ? difference : g_strcmp0(left->name, right->name);
}

static GPtrArray *sorted_reasons(const struct cli_capture_status *status)
{
    GPtrArray *reasons = g_ptr_array_new();
    GHashTableIter iterator;
    void *reason;
    g_hash_table_iter_init(&iterator, status->reasons);
    while (g_hash_table_iter_next(&iterator, NULL, &reason))
        g_ptr_array_add(reasons, reason);
    g_ptr_array_sort(reasons, compare_reasons);
    return reasons;
}

/* The most frequent reasons, then the sum of the others. */
static void put_reasons(GString *line, const struct cli_capture_status *status)
{
    g_autoptr(GPtrArray) reasons = sorted_reasons(status);
    uint64_t others = status->drops;
    for (guint i = 0; i < reasons->len && i < REASONS_SHOWN; i++) {
        const struct status_reason *reason = g_ptr_array_index(reasons, i);
        g_string_append_printf(line, "%s%s %" PRIu64, i ? ", " : " (", reason->name, reason->drops);
        others -= reason->drops;
    }
    if (others > 0)
        g_string_append_printf(line, ", other reasons %" PRIu64, others);
    if (reasons->len > 0)
        g_string_append_c(line, ')');
}

static char *line_of(const struct cli_capture_status *status)
{
    GString *line = g_string_new(NULL);
    if (status->counters_only) {
        g_string_append_printf(line, "%" PRIu64 " %s of counters", status->readings,
                               PLURAL(status->readings, "reading", "readings"));
        return g_string_free(line, FALSE);
    }
    g_string_append_printf(line, "%" PRIu64 " %s, %" PRIu64 " %s, %" PRIu64 " %s", status->packets,
                           PLURAL(status->packets, "packet", "packets"), status->bytes,
                           PLURAL(status->bytes, "byte", "bytes"), status->drops,
                           PLURAL(status->drops, "drop", "drops"));
    put_reasons(line, status);
    g_string_append_printf(line, ", %" PRIu64 " lost",
                           MAX(status->lost_by_packets, status->lost_by_counters));
    if (status->left_out)
        g_string_append_printf(line, ", %" PRIu64 " of its own output left out", status->left_out);
    return g_string_free(line, FALSE);
}

/* A line that wraps could not be overwritten. */
static int columns_of_terminal(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col
                                                                           : USUAL_COLUMNS;
}

void cli_status_refresh(struct cli_capture_status *status)
{
    gint64 now = g_get_monotonic_time();
    if (!status->in_place || (status->open && now - status->shown < REFRESH_US))
        return;
    g_autofree char *line = line_of(status);
    fprintf(stderr, CLEAR_LINE "%.*s", columns_of_terminal() - 1, line);
    fflush(stderr);
    status->open = true;
    status->shown = now;
}

void cli_status_print(struct cli_capture_status *status, const char *rest)
{
    g_autofree char *line = line_of(status);
    fprintf(stderr, "%s%s%s%s\n", status->open ? CLEAR_LINE : "", line, rest ? ", " : "",
            rest ? rest : "");
    status->open = false;
}
