/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conversion.h"

#include <string.h>

#include "journey-csv.h"
#include "journey-json.h"
#include "journey-text.h"
#include "journey/assemble.h"
#include "journey/registry-places.h"
#include "journey/unfold.h"
#include "model/registry-copy.h"
#include "model/registry-stage.h"
#include "pcapng/descriptor-writer.h"
#include "pcapng/pcapng-writer.h"
#include "packet-groups.h"
#include "providers/provider.h"

#define UNFOLD_MEMORY   (64 * 1024 * 1024)  /* bytes */
#define ASSEMBLE_MEMORY (192 * 1024 * 1024) /* bytes */
#define TEXT_SIZE       (256 * 1024)        /* bytes of lines that are written at once */
#define LINES_US        (G_USEC_PER_SEC / 10) /* how long lines that are watched may wait for others */

struct cli_conversion {
    struct cli_conversion_options options;
    const struct pcapng_capture *capture; /* of the reader */
    struct cli_conversion_counts counts;
    struct unfolder *unfolder;
    struct registry_stage unfolded;
    struct journey_assembler *assembler; /* NULL: of appearances, or there was no packet so far */
    struct registry_stage assembled;
    uint64_t first, last; /* times of what was read */
    bool has_time;
    uint32_t complete; /* the component whose interface was looked at last */

    struct pcapng_writer *writer; /* NULL: not begun, or lines are written */
    struct descriptor_writer *lines;
    struct cli_text_options text_options;
    struct cli_text_packets packets;
    GString *text;
    gint64 flushed; /* us, monotonic: when lines were written last */
    bool failed;
    GError *error; /* why; NULL: the reader of the output has gone */
};

/* --- the output --- */

/* Where the output's descriptions are. */
static const struct pktmon_registry *output_registry(const struct cli_conversion *conversion)
{
    return conversion->options.view == PKTMON_VIEW_PACKETS ? conversion->assembled.registry
                                                           : conversion->unfolded.registry;
}

static bool is_pcapng(const struct cli_conversion *conversion)
{
    return conversion->options.format == CLI_CONVERSION_PCAPNG;
}

static void fail(struct cli_conversion *conversion, bool ok)
{
    conversion->failed |= !ok;
}

/* What the capture is was read by now. */
static void begin_pcapng(struct cli_conversion *conversion)
{
    const struct pcapng_writer_options options = {.fd = conversion->options.fd,
                                                  .carrier = conversion->options.carrier,
                                                  .application = "pktmon " PKTMON_VERSION};

    if (conversion->writer)
        return;
    conversion->writer =
        pcapng_writer_new(&options, output_registry(conversion), conversion->capture->info);
    fail(conversion,
         pcapng_writer_begin(conversion->writer, conversion->first, &conversion->error));
}

static bool is_beginning(const struct pktmon_event *event)
{
    return event->record == PKTMON_RECORD_EVENT && event->notice.id == PKTMON_NOTICE_BEGAN &&
           g_strcmp0(event->notice.provider, "pktmon") == 0;
}

/* The writer says itself when the capture began, and what it is. */
static void write_pcapng(struct cli_conversion *conversion, const struct pktmon_event *event)
{
    if (is_beginning(event) || (event->record == PKTMON_RECORD_CAPTURE && !conversion->writer))
        return;
    begin_pcapng(conversion);
    if (!conversion->failed)
        fail(conversion, pcapng_writer_write(conversion->writer, event, &conversion->error));
}

static enum cli_csv_rows csv_rows(const struct cli_conversion *conversion)
{
    return conversion->options.format == CLI_CONVERSION_CSV_HOPS ? CLI_CSV_HOPS : CLI_CSV_PACKETS;
}

static void flush_lines(struct cli_conversion *conversion)
{
    gsize size = conversion->text->len;
    guint8 *text = (guint8 *)g_string_free(conversion->text, FALSE);
    GByteArray *bytes = g_byte_array_new_take(text, size);

    conversion->text = g_string_sized_new(TEXT_SIZE);
    conversion->flushed = g_get_monotonic_time();
    fail(conversion, descriptor_writer_put(conversion->lines, &bytes, &conversion->error));
    g_byte_array_unref(bytes);
}

static void append_line(struct cli_conversion *conversion, const struct pktmon_event *event)
{
    const struct pktmon_registry *registry = output_registry(conversion);
    uint64_t capture_id = conversion->capture->info->id;
    const struct cli_json_options json = {.registry = registry, .capture_id = capture_id};
    const struct cli_csv_options csv = {csv_rows(conversion), registry, capture_id};

    if (conversion->options.format == CLI_CONVERSION_JSON) {
        cli_json_append_event(conversion->text, &json, event);
    } else if (conversion->options.format == CLI_CONVERSION_TEXT) {
        conversion->text_options.registry = registry;
        cli_text_append_event(conversion->text, &conversion->text_options, event);
    } else {
        cli_csv_append_event(conversion->text, &csv, event);
    }
}

static void write_lines(struct cli_conversion *conversion, const struct pktmon_event *event)
{
    bool is_watched = conversion->options.is_watched;

    if (!is_watched || event->record != PKTMON_RECORD_COUNTERS)
        append_line(conversion, event);
    if (conversion->text->len >= TEXT_SIZE ||
        (is_watched && g_get_monotonic_time() - conversion->flushed >= LINES_US))
        flush_lines(conversion);
}

static void write_event(struct cli_conversion *conversion, const struct pktmon_event *event)
{
    if (conversion->failed)
        return;
    conversion->counts.frames += cli_is_packet(event);
    if (is_pcapng(conversion))
        write_pcapng(conversion, event);
    else
        write_lines(conversion, event);
}

/* --- what the assembler gives --- */

static void take_journey(void *context, const struct pktmon_journey *journey)
{
    const struct pktmon_event event = journey_event(journey);

    write_event(context, &event);
}

static void take_assembled(void *context, const struct pktmon_event *event)
{
    struct cli_conversion *conversion = context;

    if (event->record != PKTMON_RECORD_COMPONENT ||
        registry_stage_leave(&conversion->assembled, event->component))
        write_event(conversion, event);
}

/* The provider is known by now. */
static struct journey_assembler *get_assembler(struct cli_conversion *conversion)
{
    const struct journey_options options = {
        .settle = JOURNEY_SETTLE_NS,
        .join =
            g_strcmp0(conversion->capture->info->provider, "pcap") == 0 ? PROVIDER_PCAP_JOIN_NS : 0,
        .memory = ASSEMBLE_MEMORY,
        .find_merged = true,
        .name = registry_place_name,
        .hands_out = registry_place_hands_out,
        .context = conversion->unfolded.registry,
    };
    const struct journey_output output = {take_journey, take_assembled, conversion};

    if (!conversion->assembler)
        conversion->assembler = journey_assembler_new(&options, &output);
    return conversion->assembler;
}

/* --- what the unfolder gives --- */

static void assemble(struct cli_conversion *conversion, const struct pktmon_event *event)
{
    if (event->record == PKTMON_RECORD_PACKET || conversion->assembler)
        journey_assembler_take(get_assembler(conversion), event);
    else
        take_assembled(conversion, event);
}

/* is_name: of a description. */
static void pass_on(struct cli_conversion *conversion, const struct pktmon_event *event,
                    bool is_name)
{
    if (conversion->options.view != PKTMON_VIEW_PACKETS) {
        write_event(conversion, event);
        return;
    }
    if (event->record == PKTMON_RECORD_COMPONENT)
        registry_stage_enter(&conversion->assembled, conversion->unfolded.registry,
                             event->component, is_name);
    assemble(conversion, event);
}

/* The component is described, and has this name for the packets that follow. */
static void take_name(struct cli_conversion *conversion, const struct pktmon_event *packet,
                      const struct pktmon_event *description, const char *name)
{
    if (conversion->options.view == PKTMON_VIEW_PACKETS)
        pass_on(conversion, description, true);
    else if (conversion->writer && !conversion->failed)
        pcapng_writer_declare(conversion->writer, packet->component, packet->packet.link_type,
                              name);
}

/* A packet may name its component otherwise than the last description, or without one. */
static void rename_component(struct cli_conversion *conversion, const struct pktmon_event *packet,
                             const char *name)
{
    struct pktmon_registry *registry = conversion->unfolded.registry;
    const struct pktmon_component *known = pktmon_registry_find(registry, packet->component);
    const struct pktmon_event event = {
        .record = PKTMON_RECORD_COMPONENT, .time = packet->time, .component = packet->component};

    if (packet->component == 0 || (known && g_strcmp0(known->name, name) == 0))
        return;
    struct pktmon_component *component = pktmon_registry_get(registry, packet->component);
    if (!pktmon_component_set(&component->name, name))
        return;
    if (known)
        take_name(conversion, packet, &event, component->name);
    else
        pass_on(conversion, &event, false);
}

static void take_unfolded(void *context, const struct pktmon_event *event, const char *name)
{
    struct cli_conversion *conversion = context;

    if (event->record == PKTMON_RECORD_COMPONENT)
        registry_stage_leave(&conversion->unfolded, event->component);
    if (event->record == PKTMON_RECORD_PACKET && name)
        rename_component(conversion, event, name);
    pass_on(conversion, event, false);
}

/* --- its life --- */

struct cli_conversion *cli_conversion_new(const struct cli_conversion_options *options,
                                          const struct pcapng_capture *capture)
{
    struct cli_conversion *conversion = g_new0(struct cli_conversion, 1);
    const struct unfold_output output = {take_unfolded, conversion};

    conversion->options = *options;
    conversion->capture = capture;
    conversion->unfolder = unfolder_new(UNFOLD_MEMORY, &output);
    registry_stage_init(&conversion->unfolded, registry_copy);
    registry_stage_init(&conversion->assembled, registry_copy);
    if (!is_pcapng(conversion)) {
        conversion->lines = descriptor_writer_new(options->fd, true);
        conversion->text = g_string_new(NULL);
        cli_text_options_fit(&conversion->text_options, options->fd);
        conversion->text_options.packets = &conversion->packets;
    }
    if (options->has_head && conversion->text && options->format != CLI_CONVERSION_JSON &&
        options->format != CLI_CONVERSION_TEXT)
        cli_csv_append_head(conversion->text, csv_rows(conversion));
    return conversion;
}

void cli_conversion_free(struct cli_conversion *conversion)
{
    if (!conversion)
        return;
    unfolder_free(conversion->unfolder);
    if (conversion->assembler)
        journey_assembler_free(conversion->assembler);
    registry_stage_clear(&conversion->unfolded);
    registry_stage_clear(&conversion->assembled);
    pcapng_writer_free(conversion->writer);
    if (conversion->lines)
        descriptor_writer_free(conversion->lines);
    if (conversion->text)
        g_string_free(conversion->text, TRUE);
    g_clear_error(&conversion->error);
    g_free(conversion);
}

static bool give_result(struct cli_conversion *conversion, GError **error)
{
    if (conversion->error)
        g_propagate_error(error, g_steal_pointer(&conversion->error));
    return !conversion->failed;
}

/* An interface's speed and address, which are read after the description, do not change. */
static void complete(struct cli_conversion *conversion, uint32_t id)
{
    struct pktmon_registry *const registries[] = {conversion->unfolded.registry,
                                                  conversion->assembled.registry};
    const struct pktmon_component *from = pktmon_registry_find(conversion->capture->registry, id);

    if (id == conversion->complete || !from)
        return;
    conversion->complete = id;
    for (size_t i = 0; i < G_N_ELEMENTS(registries); i++) {
        if (!pktmon_registry_find(registries[i], id))
            continue;
        struct pktmon_component *to = pktmon_registry_get(registries[i], id);
        to->speed = from->speed;
        to->has_mac = from->has_mac;
        memcpy(to->mac, from->mac, sizeof(to->mac));
    }
}

bool cli_conversion_take(struct cli_conversion *conversion, const struct pcapng_item *item,
                         GError **error)
{
    const struct pktmon_event *event = item->event;

    if (!conversion->has_time)
        conversion->first = conversion->last = event->time;
    conversion->has_time = true;
    conversion->last = MAX(conversion->last, event->time);
    if (event->record == PKTMON_RECORD_COMPONENT)
        registry_stage_enter(&conversion->unfolded, item->capture->registry, event->component,
                             false);
    if (cli_is_packet(event))
        complete(conversion, event->component);
    unfolder_take(conversion->unfolder, event, item->name);
    return give_result(conversion, error);
}

bool cli_conversion_finish(struct cli_conversion *conversion, GError **error)
{
    unfolder_finish(conversion->unfolder);
    if (conversion->assembler)
        journey_assembler_finish(conversion->assembler);
    if (is_pcapng(conversion)) {
        if (!conversion->failed)
            begin_pcapng(conversion);
        if (!conversion->failed)
            fail(conversion,
                 pcapng_writer_end(conversion->writer, conversion->last, &conversion->error));
    } else if (!conversion->failed) {
        flush_lines(conversion);
        if (!conversion->failed)
            fail(conversion, descriptor_writer_finish(conversion->lines, &conversion->error));
    }
    return give_result(conversion, error);
}

struct cli_conversion_counts cli_conversion_counts(const struct cli_conversion *conversion)
{
    struct cli_conversion_counts counts = conversion->counts;
    const struct unfold_counts unfolded = unfolder_counts(conversion->unfolder);

    counts.missing = unfolded.missing;
    counts.late = unfolded.late;
    if (conversion->writer)
        counts.shortened = pcapng_writer_lack(conversion->writer).shortened;
    return counts;
}
