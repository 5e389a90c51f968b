/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * many_sessions NETNS,...: sessions in one process, which select some network namespaces, driven by
 * commands on standard input, one per line:
 *
 *   netns NETNS,...        the namespaces of sessions from now on
 *   start NAME FILTER      starts a session with a filter of pcap-filter(7); "-": without a filter
 *   slow NAME FILTER       the same, with a slow callback and a small buffer
 *   add NAME FILTER        adds a filter while the session is active
 *   stop NAME              prints "NAME PACKETS NUMBERS LOST WRITE READ COUNTED": packets at lower
 *                          edges of components of the type veth, UDP packets with different
 *                          numbers among them, losses reported by packets, missed events, and
 * packets in the counters of these edges
 *
 * The reply to each command is a line: "ok", the result, or "error SENTENCE".
 */
#include <pktmon/pktmon.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SLOW_US     2000
#define SLOW_BUFFER (256U * 1024)
#define FAST_BUFFER (64U * 1024 * 1024)
#define NUMBER_AT   42 /* of the payload, behind Ethernet, IPv4 and UDP */

struct watch {
    struct pktmon_session *session;
    struct pktmon_stream *stream;
    GHashTable *numbers; /* marks of traffic, uint64_t */
    GHashTable *counted; /* component -> packets counted at its lower edge */
    uint64_t packets, lost;
    bool slow;
};

static char *netns;

static bool is_watched(const struct watch *watch, uint32_t id)
{
    const struct pktmon_component *component = pktmon_stream_component(watch->stream, id);

    return component && g_strcmp0(component->type, "veth") == 0;
}

static void note_number(struct watch *watch, const struct pktmon_packet *packet)
{
    uint64_t mark;

    if (packet->caplen >= NUMBER_AT + sizeof(mark)) {
        memcpy(&mark, packet->data + NUMBER_AT, sizeof(mark));
        g_hash_table_add(watch->numbers, g_memdup2(&mark, sizeof(mark)));
    }
}

static void on_event(void *context, const struct pktmon_event *event,
                     const struct pktmon_missed *missed)
{
    struct watch *watch = context;

    (void)missed;
    if (event->record == PKTMON_RECORD_PACKET) {
        watch->lost += event->packet.lost;
        if (watch->slow)
            g_usleep(SLOW_US);
        if (event->packet.edge == PKTMON_EDGE_LOWER && is_watched(watch, event->component)) {
            watch->packets++;
            note_number(watch, &event->packet);
        }
    } else if (event->record == PKTMON_RECORD_COUNTERS && event->counters.has_flow &&
               event->counters.edge == PKTMON_EDGE_LOWER && is_watched(watch, event->component)) {
        uint64_t count = event->counters.packets_in + event->counters.packets_out;
        g_hash_table_replace(watch->counted, GUINT_TO_POINTER(event->component),
                             g_memdup2(&count, sizeof(count)));
    } else if (event->record == PKTMON_RECORD_EVENT && event->notice.id != PKTMON_NOTICE_TROUBLE) {
        fprintf(stderr, "%s\n", event->notice.message);
    }
}

static void watch_free(void *data)
{
    struct watch *watch = data;

    pktmon_session_free(watch->session);
    pktmon_stream_free(watch->stream);
    g_hash_table_unref(watch->numbers);
    g_hash_table_unref(watch->counted);
    g_free(watch);
}

static bool start(struct pktmon_monitor *monitor, GHashTable *watches, const char *name,
                  const char *filter, bool slow, GError **error)
{
    struct pktmon_session_options session_options;
    struct pktmon_stream_options options;
    struct watch *watch = g_new0(struct watch, 1);

    watch->numbers = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    watch->counted = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    watch->slow = slow;
    g_hash_table_replace(watches, g_strdup(name), watch);
    pktmon_stream_options_init(&options);
    options.view = PKTMON_VIEW_APPEARANCES;
    options.buffer_size = slow ? SLOW_BUFFER : FAST_BUFFER;
    options.event = on_event;
    options.context = watch;
    watch->stream = pktmon_stream_new(monitor, &options, error);
    pktmon_session_options_init(&session_options);
    session_options.netns = netns;
    session_options.buffer_size = 256;
    watch->session = pktmon_session_new(monitor, name, &session_options, error);
    return watch->stream && watch->session &&
           (g_str_equal(filter, "-") ||
            pktmon_session_add_expression(watch->session, filter, false, error)) &&
           pktmon_session_attach(watch->session, watch->stream, error) &&
           pktmon_session_set_active(watch->session, true, error);
}

static uint64_t sum_of(GHashTable *counts)
{
    GHashTableIter iterator;
    void *count;
    uint64_t sum = 0;

    g_hash_table_iter_init(&iterator, counts);
    while (g_hash_table_iter_next(&iterator, NULL, &count))
        sum += *(uint64_t *)count;
    return sum;
}

static bool stop(GHashTable *watches, const char *name, GError **error)
{
    struct watch *watch = g_hash_table_lookup(watches, name);

    if (!pktmon_session_set_active(watch->session, false, error))
        return false;
    const struct pktmon_missed missed = pktmon_stream_missed(watch->stream);
    printf("%s %" PRIu64 " %u %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", name,
           watch->packets, g_hash_table_size(watch->numbers), watch->lost, missed.write,
           missed.read, sum_of(watch->counted));
    g_hash_table_remove(watches, name);
    return true;
}

static bool add(GHashTable *watches, const char *name, const char *filter, GError **error)
{
    struct watch *watch = g_hash_table_lookup(watches, name);

    return pktmon_session_add_expression(watch->session, filter, false, error);
}

static bool obey(struct pktmon_monitor *monitor, GHashTable *watches, char **words, GError **error)
{
    if (g_str_equal(words[0], "stop"))
        return stop(watches, words[1], error);
    if (g_str_equal(words[0], "netns")) {
        g_free(netns);
        netns = g_strdup(words[1]);
        puts("ok");
        return true;
    }
    bool good = g_str_equal(words[0], "add") ? add(watches, words[1], words[2], error)
                                             : start(monitor, watches, words[1], words[2],
                                                     g_str_equal(words[0], "slow"), error);
    if (good)
        puts("ok");
    return good;
}

int main(int argc, char **argv)
{
    g_autoptr(GHashTable) watches =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, watch_free);
    struct pktmon_monitor *monitor = pktmon_monitor_new("ebpf", NULL);
    char line[512];

    netns = g_strdup(argc > 1 ? argv[1] : NULL);
    setvbuf(stdout, NULL, _IOLBF, 0);
    while (fgets(line, sizeof(line), stdin)) {
        g_auto(GStrv) words = g_strsplit(g_strchomp(line), " ", 3);
        g_autoptr(GError) error = NULL;

        if (!obey(monitor, watches, words, &error))
            printf("error %s\n", error->message);
    }
    g_hash_table_remove_all(watches);
    pktmon_monitor_free(monitor);
    return 0;
}
