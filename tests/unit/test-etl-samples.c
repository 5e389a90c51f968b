/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Real logs, and one of them rewritten as newer builds of Windows write it. */
#include <glib.h>
#include <string.h>

#include "events.h"
#include "journeys.h"
#include "reading.h"

#define PKTMON_LOG SAMPLES "/demikernel_PktMon.etl"

static void open_sample(struct reading *reading, const char *path)
{
    const char *const paths[] = {path, NULL};
    reading_open(reading, paths, NULL);
    g_assert_no_error(reading->error);
}

static guint count_groups(const struct reading *reading)
{
    g_autoptr(GHashTable) groups = g_hash_table_new(g_int64_hash, g_int64_equal);
    for (guint i = 0; i < reading_count(reading, PKTMON_RECORD_PACKET); i++)
        g_hash_table_add(groups,
                         (gpointer)&reading_get(reading, PKTMON_RECORD_PACKET, i)->packet.group);
    return g_hash_table_size(groups);
}

/* facts: 114 packets, 38 groups, 44 components, 1 filter; the first packet byte by byte. */
static void test_pktmon(void)
{
    static const uint8_t beginning[] = {0x00, 0x22, 0x48, 0x7b, 0xb3, 0x80, 0x94,
                                        0x8e, 0xd3, 0xc5, 0xf7, 0x48, 0x08, 0x00,
                                        0x45, 0x00, 0x00, 0x54, 0xbf, 0x96, 0x40};
    struct reading reading;
    open_sample(&reading, PKTMON_LOG);
    g_assert_cmpuint(reading_count(&reading, PKTMON_RECORD_PACKET), ==, 114);
    g_assert_cmpuint(count_groups(&reading), ==, 38);
    g_assert_cmpuint(reading_count(&reading, PKTMON_RECORD_COMPONENT), ==, 44);
    g_assert_cmpuint(reading_count(&reading, PKTMON_RECORD_COUNTERS), ==, 94);
    const struct pktmon_event *first = reading_get(&reading, PKTMON_RECORD_PACKET, 0);
    const struct pktmon_packet *packet = &first->packet;
    g_assert_cmpuint(first->time, ==, UINT64_C(1718050715489172100));
    g_assert_cmpuint(first->component, ==, 59);
    g_assert_cmpint(packet->cpu, ==, 0);
    g_assert_cmpuint(packet->group, ==, 0x105a26);
    g_assert_cmpuint(packet->packet_number, ==, 1);
    g_assert_cmpuint(packet->appearance, ==, 1);
    g_assert_cmpuint(packet->direction, ==, PKTMON_DIRECTION_RX);
    g_assert_cmpuint(packet->edge, ==, 1);
    g_assert_cmpuint(packet->filter_id, ==, 1);
    g_assert_cmpuint(packet->caplen, ==, 98);
    g_assert_cmpuint(packet->origlen, ==, 98);
    g_assert_cmpuint(packet->link_type, ==, 1);
    g_assert_cmpmem(packet->data, sizeof(beginning), beginning, sizeof(beginning));
    g_assert_cmpuint(reading_count(&reading, PKTMON_RECORD_FILTER), ==, 1);
    const struct pktmon_event *filter = reading_get(&reading, PKTMON_RECORD_FILTER, 0);
    g_assert_cmpuint(filter->filter.id, ==, 1);
    g_assert_cmpstr(filter->filter.name, ==, "eth3");
    g_assert_cmpstr(filter->filter.text, ==, "MAC 00-22-48-7B-B3-80");
    const struct pktmon_component *component = pktmon_registry_find(reading.registry, 59);
    g_assert_cmpstr(component->type, ==, "Miniport");
    g_assert_cmpstr(pktmon_component_property(component, "Alias"), ==, "Ethernet 3");
    g_assert_cmpstr(reading.capture->release, ==, "20348");
    reading_close(&reading);
}

/* The number of events of other providers in each log; all of them are delivered. */
static void test_containers(void)
{
    static const struct {
        const char *name;
        guint events;
    } logs[] = {
        {"Tx_HTTP_Server.etl", 2041},     {"Tx_KernelNetwork.etl", 8923},
        {"airbus_AMSITrace.etl", 19 + 1}, {"airbus_lxcore_kernel.etl", 2},
        {"krabsetw_powershell.etl", 112}, {"perfview_SelfDescribingSingleEvent.etl", 1},
        {"sonde_test.etl", 9 + 4},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(logs); i++) {
        struct reading reading;
        g_autofree char *path = g_build_filename(SAMPLES, logs[i].name, NULL);
        open_sample(&reading, path);
        g_assert_cmpuint(reading_count(&reading, PKTMON_RECORD_PACKET), ==, 0);
        g_assert_cmpuint(reading_count(&reading, PKTMON_RECORD_EVENT), ==, logs[i].events);
        g_assert_cmpuint(etl_log_stats(etl_provider_log(reading.provider))->lost_bytes, ==, 0);
        reading_close(&reading);
    }
}

static void add_appearance(struct writer *writer, const struct pktmon_event *event, uint64_t group,
                           int64_t later)
{
    const struct pktmon_packet *packet = &event->packet;
    const struct packet_body body = {.group = group,
                                     .number = packet->packet_number,
                                     .direction = packet->direction,
                                     .type = packet->packet_type,
                                     .component = (uint16_t)event->component,
                                     .edge = packet->edge,
                                     .data = packet->data,
                                     .size = (uint16_t)packet->caplen};
    int64_t ticks = (int64_t)((event->time - WRITER_START_NS) / 100) + later;
    add_pktmon(writer, (unsigned)packet->cpu, ticks, 160, body_packet(&body));
}

/* The differences of 26100: each appearance has its own id, and is not numbered. copies: how often
 * each packet is sent, a millisecond apart. */
static GByteArray *as_26100(const struct reading *original, uint32_t build, int copies)
{
    const struct writer_options options = {.build = build, .buffer_size = 65536};
    struct writer *writer = writer_new(&options);
    uint64_t group = 0x5000;
    for (int copy = 0; copy < copies; copy++) {
        for (guint i = 0; i < reading_count(original, PKTMON_RECORD_PACKET); i++) {
            add_appearance(writer, reading_get(original, PKTMON_RECORD_PACKET, i), group++,
                           copy * 10000);
        }
    }
    return writer_finish(writer);
}

static void test_correlation(void)
{
    struct reading original, rewritten;
    open_sample(&original, PKTMON_LOG);
    g_autoptr(GByteArray) log = as_26100(&original, 26100, 1);
    reading_of_bytes(&rewritten, log, NULL);
    g_assert_cmpuint(reading_count(&rewritten, PKTMON_RECORD_PACKET), ==, 114);
    g_assert_cmpuint(count_groups(&rewritten), ==, 38);
    for (guint i = 0; i < 114; i++) {
        const struct pktmon_event *then = reading_get(&original, PKTMON_RECORD_PACKET, i);
        const struct pktmon_event *now = reading_get(&rewritten, PKTMON_RECORD_PACKET, i);
        g_assert_cmpuint(now->packet.appearance, ==, then->packet.appearance);
        g_assert_cmpuint(now->packet.linked, ==,
                         then->packet.appearance > 1 ? PKTMON_LINKED_BY_CONTENT : 0);
        g_assert_cmpuint(reading_nbl(now, PKTMON_FIELD_NBL_GROUP), ==, 0x5000 + i);
    }
    reading_close(&rewritten);
    reading_close(&original);
}

static void test_sent_twice(void)
{
    struct reading original, rewritten;
    open_sample(&original, PKTMON_LOG);
    g_autoptr(GByteArray) log = as_26100(&original, 26100, 2);
    reading_of_bytes(&rewritten, log, NULL);
    g_assert_cmpuint(count_groups(&rewritten), ==, 2 * 38);
    reading_close(&rewritten);
    reading_close(&original);
}

/* The drop of a packet as tcpip.sys of 26100 reports it: with an IP header made anew, three times,
 * behind the newest of its appearances. */
static void add_drops(struct writer *writer, const struct pktmon_event *event, uint64_t *group)
{
    enum { ETHERNET_SIZE = 14, STACK = 300 };
    static const uint8_t identification_to_checksum[] = {0, 0, 0, 0, 1, 1, 0, 0};
    g_autofree uint8_t *bytes = g_memdup2(event->packet.data, event->packet.caplen);
    uint8_t *header = bytes + ETHERNET_SIZE;
    memcpy(header + 4, identification_to_checksum, sizeof(identification_to_checksum));
    header[1] = 0;
    for (uint32_t i = 0; i < 3; i++) {
        const struct packet_body body = {.group = (*group)++,
                                         .number = 1,
                                         .direction = PKTMON_DIRECTION_RX,
                                         .type = PKTMON_PACKET_IP,
                                         .component = STACK,
                                         .reason = 1,
                                         .location = 0xE0004600 + i,
                                         .data = header,
                                         .size = (uint16_t)(event->packet.caplen - ETHERNET_SIZE)};
        int64_t ticks = (int64_t)((event->time - WRITER_START_NS) / 100) + 1000 + i;
        add_pktmon(writer, (unsigned)event->packet.cpu, ticks, 170, body_packet(&body));
    }
}

/* Every drop of a packet that was received is one of its journey, and of a sent one none. */
static void test_drops(void)
{
    struct reading original, rewritten;
    g_autoptr(GHashTable) newest = g_hash_table_new(g_int64_hash, g_int64_equal);
    const struct writer_options options = {.build = 26100, .buffer_size = 65536};
    struct writer *writer = writer_new(&options);
    guint received = 0, sent = 0;
    uint64_t group = 0x5000;
    open_sample(&original, PKTMON_LOG);
    for (guint i = 0; i < 114; i++) {
        const struct pktmon_event *event = reading_get(&original, PKTMON_RECORD_PACKET, i);
        g_hash_table_insert(newest, (gpointer)&event->packet.group, (gpointer)event);
    }
    for (guint i = 0; i < 114; i++) {
        const struct pktmon_event *event = reading_get(&original, PKTMON_RECORD_PACKET, i);
        add_appearance(writer, event, group++, 0);
        if (g_hash_table_lookup(newest, &event->packet.group) != event)
            continue;
        add_drops(writer, event, &group);
        *(event->packet.direction == PKTMON_DIRECTION_RX ? &received : &sent) += 1;
    }
    g_autoptr(GByteArray) log = writer_finish(writer);
    reading_of_bytes(&rewritten, log, NULL);
    g_assert_cmpuint(received + sent, ==, 38);
    g_assert_cmpuint(reading_count(&rewritten, PKTMON_RECORD_PACKET), ==, 114 + 3 * 38);
    g_assert_cmpuint(count_groups(&rewritten), ==, 38 + sent);
    const struct etl_anew *anew = &etl_provider_report(rewritten.provider)->anew;
    g_assert_cmpuint(anew->drops, ==, 3 * 38);
    g_assert_cmpuint(anew->joined, ==, 3 * received);
    g_assert_cmpuint(anew->ambiguous, ==, 0);
    reading_close(&rewritten);
    reading_close(&original);
}

/* Each packet once, with every appearance that the log has of it. */
static void test_journeys(void)
{
    const struct etl_conversion wanted = log_journeys_wanted();
    struct log_journeys journeys = log_journeys_read(PKTMON_LOG, &wanted);
    g_assert_cmpuint(journeys.lines->len, ==, 38);
    g_assert_cmpuint(journeys.observations, ==, 114);
    for (guint i = 0; i < journeys.lines->len; i++)
        g_assert_cmpstr(journeys.lines->pdata[i], ==,
                        i % 2 == 0 ? "netvsc.sys → xdp.sys: unknown, 2, 1"
                                   : "xdp.sys → netvsc.sys → NETVSCVFPP → mlx5.sys: unknown, 4, 1");
    log_journeys_clear(&journeys);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/etl/samples/pktmon", test_pktmon);
    g_test_add_func("/etl/samples/containers", test_containers);
    g_test_add_func("/etl/samples/correlation", test_correlation);
    g_test_add_func("/etl/samples/sent-twice", test_sent_twice);
    g_test_add_func("/etl/samples/drops", test_drops);
    g_test_add_func("/etl/samples/journeys", test_journeys);
    return g_test_run();
}
