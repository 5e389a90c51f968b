/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "journey-csv.h"

#include <inttypes.h>
#include <string.h>

#include "journey-names.h"
#include "journey-text.h"
#include "journey/form-text.h"
#include "model/edges.h"
#include "model/printable.h"

#define NS_PER_S UINT64_C(1000000000)

/* What the columns of a line are of. */
struct row {
    const struct pktmon_event *event;     /* the observation, or of a packet's line the first one */
    const struct pktmon_journey *journey; /* NULL: of an appearance, there is none */
    const struct pktmon_hop *hop;         /* likewise */
    const struct pktmon_hop *drop; /* of a packet: its first hop that is a drop; NULL: none */
    struct pktmon_packet packet;   /* the bytes of the whole */
    struct journey_form form;      /* of these */
    const char *name;              /* of the component; NULL: not known */
    size_t number;                 /* of the hop, from 1 */
    uint64_t capture_id;
};

/* --- values --- */

static void put_text(GString *csv, const char *text)
{
    if (!text)
        return;
    g_autofree char *shown = printable(text, -1);
    if (!strpbrk(shown, ",\"") && *shown != ' ') {
        g_string_append(csv, shown);
        return;
    }
    g_string_append_c(csv, '"');
    for (const char *at = shown; *at; at++) {
        if (*at == '"')
            g_string_append_c(csv, '"');
        g_string_append_c(csv, *at);
    }
    g_string_append_c(csv, '"');
}

static void put_number(GString *csv, uint64_t number)
{
    g_string_append_printf(csv, "%" PRIu64, number);
}

/* 0 is no value. */
static void put_value(GString *csv, uint64_t number)
{
    if (number != 0)
        put_number(csv, number);
}

/* A value without a name is shown as a number. */
static void put_named(GString *csv, const char *name, uint64_t value)
{
    if (name)
        put_text(csv, name);
    else
        put_value(csv, value);
}

static void put_time(GString *csv, uint64_t time)
{
    g_string_append_printf(csv, "%" PRIu64 ".%09" PRIu64, time / NS_PER_S, time % NS_PER_S);
}

static void put_address(GString *csv, const struct row *row, bool second)
{
    char address[INET6_ADDRSTRLEN];

    if (!row->form.key.tuple.version)
        return;
    journey_write_address(address, &row->form.key.tuple, second);
    put_text(csv, address);
}

static void put_port(GString *csv, const struct row *row, bool second)
{
    if (journey_has_ports(&row->form.key.tuple))
        put_number(csv, row->form.key.tuple.ports[second]);
}

static void put_protocol(GString *csv, const struct row *row)
{
    const char *name = journey_protocol_name(&row->form);

    if (name)
        put_text(csv, name);
    else
        put_value(csv, row->form.key.tuple.version ? row->form.key.tuple.protocol : 0);
}

static void put_summary(GString *csv, const struct row *row)
{
    g_autoptr(GString) summary = g_string_new(NULL);

    journey_append_summary(summary, &row->packet, &row->form);
    put_text(csv, summary->str);
}

static uint64_t elapsed(const struct row *row)
{
    return row->event->time > row->journey->time ? row->event->time - row->journey->time : 0;
}

/* --- columns: X(name, what puts the value); of a journey: left empty where there is none --- */

#define OF_JOURNEY(put)                                                                            \
    if (row->journey)                                                                              \
    put
#define PACKET row->event->packet

#define COLUMNS_OF_BOTH(X)                                                                         \
    X(group, put_number(csv, PACKET.group))                                                        \
    X(form, OF_JOURNEY(put_number(csv, row->journey->form)))                                       \
    X(source, put_address(csv, row, row->form.backward))                                           \
    X(source_port, put_port(csv, row, row->form.backward))                                         \
    X(destination, put_address(csv, row, !row->form.backward))                                     \
    X(destination_port, put_port(csv, row, !row->form.backward))                                   \
    X(protocol, put_protocol(csv, row))

#define HOP_COLUMNS(X)                                                                             \
    X(time, put_time(csv, row->event->time))                                                       \
    COLUMNS_OF_BOTH(X)                                                                             \
    X(hop, OF_JOURNEY(put_number(csv, row->number)))                                               \
    X(component, put_number(csv, row->event->component))                                           \
    X(component_name, put_text(csv, row->name))                                                    \
    X(edge, put_number(csv, PACKET.edge))                                                          \
    X(edge_name,                                                                                   \
      put_text(csv, PACKET.edge_name ? PACKET.edge_name : edge_common_name(PACKET.edge)))          \
    X(direction, put_named(csv, cli_direction_name(PACKET.direction), PACKET.direction))           \
    X(elapsed, OF_JOURNEY(put_number(csv, elapsed(row))))                                          \
    X(count, put_number(csv, row->hop ? row->hop->count : 1))                                      \
    X(appearance, put_value(csv, PACKET.appearance))                                               \
    X(copy, put_value(csv, PACKET.copy))                                                           \
    X(copy_of, put_value(csv, PACKET.copy_of))                                                     \
    X(packet_number, put_value(csv, PACKET.packet_number))                                         \
    X(length, put_number(csv, PACKET.origlen))                                                     \
    X(captured, put_number(csv, PACKET.caplen))                                                    \
    X(end, put_named(csv, cli_end_name(PACKET.end), PACKET.end))                                   \
    X(dropped, put_value(csv, PACKET.dropped))                                                     \
    X(copy_released, put_value(csv, PACKET.copy_released))                                         \
    X(drop_reason, put_text(csv, PACKET.drop_reason))                                              \
    X(drop_code, put_value(csv, PACKET.drop_code))                                                 \
    X(drop_location, put_text(csv, PACKET.drop_location))                                          \
    X(cpu, if (PACKET.cpu >= 0) put_number(csv, (uint64_t)PACKET.cpu))                             \
    X(pid, put_value(csv, PACKET.pid))                                                             \
    X(comm, put_text(csv, PACKET.comm))                                                            \
    X(cgroup, put_text(csv, PACKET.cgroup))                                                        \
    X(netns, put_text(csv, PACKET.netns))                                                          \
    X(lost, put_value(csv, PACKET.lost))                                                           \
    X(incomplete, put_value(csv, PACKET.incomplete))                                               \
    X(fate, OF_JOURNEY(put_named(csv, cli_fate_name(row->journey->fate), row->journey->fate)))     \
    X(capture_id, put_value(csv, row->capture_id))

#define PACKET_COLUMNS(X)                                                                          \
    X(time, put_time(csv, row->journey->time))                                                     \
    COLUMNS_OF_BOTH(X)                                                                             \
    X(forms, put_number(csv, row->journey->forms))                                                 \
    X(side, put_value(csv, row->journey->side))                                                    \
    X(length, put_value(csv, row->journey->origlen))                                               \
    X(summary, put_summary(csv, row))                                                              \
    X(path, put_text(csv, row->journey->path))                                                     \
    X(fate, put_named(csv, cli_fate_name(row->journey->fate), row->journey->fate))                 \
    X(total, put_number(csv, row->journey->total))                                                 \
    X(hops, put_number(csv, row->journey->observations))                                           \
    X(open, put_value(csv, row->journey->open))                                                    \
    X(continued, put_value(csv, row->journey->continued))                                          \
    X(merged_into, put_value(csv, row->journey->merged_into))                                      \
    X(drop_component, put_text(csv, row->drop ? row->name : NULL))                                 \
    X(drop_reason, put_text(csv, row->drop ? row->drop->event->packet.drop_reason : NULL))         \
    X(drop_location, put_text(csv, row->drop ? row->drop->event->packet.drop_location : NULL))     \
    X(capture_id, put_value(csv, row->capture_id))

#define X(name, put)                                                                               \
    put;                                                                                           \
    g_string_append_c(csv, ',');

static void put_hop_columns(GString *csv, const struct row *row)
{
    HOP_COLUMNS(X)
}

static void put_packet_columns(GString *csv, const struct row *row)
{
    PACKET_COLUMNS(X)
}

#undef X
#define X(name, put) #name ","

void cli_csv_append_head(GString *csv, enum cli_csv_rows rows)
{
    g_string_append(csv, rows == CLI_CSV_HOPS ? HOP_COLUMNS(X) : PACKET_COLUMNS(X));
    csv->str[csv->len - 1] = '\n';
}

#undef X

/* --- lines --- */

static void put_line(GString *csv, const struct cli_csv_options *options, struct row *row)
{
    const struct pktmon_hop *hop = row->drop ? row->drop : row->hop;

    row->name =
        cli_component_name(options->registry, row->event->component, hop ? hop->name : NULL);
    if (options->rows == CLI_CSV_HOPS)
        put_hop_columns(csv, row);
    else
        put_packet_columns(csv, row);
    csv->str[csv->len - 1] = '\n';
}

static void put_hops(GString *csv, const struct cli_csv_options *options, struct row *row)
{
    for (size_t i = 0; i < row->journey->hop_count; i++) {
        row->hop = &row->journey->hops[i];
        row->event = row->hop->event;
        row->number = i + 1;
        put_line(csv, options, row);
    }
}

static void put_packet(GString *csv, const struct cli_csv_options *options, struct row *row)
{
    const struct pktmon_journey *journey = row->journey;

    for (size_t i = journey->hop_count; i-- > 0;)
        if (journey->hops[i].event->packet.dropped)
            row->drop = &journey->hops[i];
    row->hop = &journey->hops[0];
    row->event = row->drop ? row->drop->event : row->hop->event;
    put_line(csv, options, row);
}

void cli_csv_append_event(GString *csv, const struct cli_csv_options *options,
                          const struct pktmon_event *event)
{
    struct row row = {.event = event, .capture_id = options->capture_id};

    if (event->record == PKTMON_RECORD_PACKET && options->rows == CLI_CSV_HOPS) {
        row.packet = event->packet;
    } else if (event->record == PKTMON_RECORD_JOURNEY && event->journey->hop_count > 0) {
        row.journey = event->journey;
        row.packet = cli_journey_packet(event->journey);
    } else {
        return;
    }
    journey_form_read(&row.form, &row.packet, 0);
    if (!row.journey)
        put_line(csv, options, &row);
    else if (options->rows == CLI_CSV_HOPS)
        put_hops(csv, options, &row);
    else
        put_packet(csv, options, &row);
}
