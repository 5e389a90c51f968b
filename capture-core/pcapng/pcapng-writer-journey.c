/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The writer: a frame for each journey, and what its record has no room for. */
#include "pcapng-writer-private.h"

#include <inttypes.h>
#include <string.h>

#include "journey-rest.h"
#include "model/fates.h"
#include "model/journey-format.h"

#define STEP           JOURNEY_PATH_STEP_TEXT
#define ELLIPSIS       JOURNEY_PATH_LEFT_OUT
#define CONTINUED_PATH ELLIPSIS STEP

/* Bytes of a packet that fit into a block, whatever its record and its comments are: a user's has
 * 65,535 bytes at most. */
#define DATA_ROOM                                                                                  \
    (PKTMON_MAX_BLOCK_SIZE - JOURNEY_MAX_RECORD - (PCAPNG_DROPS_MAX + 2) * PKTMON_COMMENT_SIZE)

/* The record of a journey's first hops. */
struct said {
    struct pktmon_metadata_writer record;
    struct journey_written written;
    uint64_t lost;
};

static const char *hop_name(const struct pcapng_writer *writer, const struct pktmon_hop *hop,
                            char text[PCAPNG_WRITER_NAME_SIZE])
{
    return hop->name ? hop->name
                     : pcapng_writer_component_name(writer, hop->event->component, text);
}

/* --- comments --- */

/* NULL: none of the hops that were written is a drop. */
static const char *drops_comment(struct pcapng_writer *writer, const struct pktmon_journey *journey,
                                 const struct journey_written *written)
{
    struct pcapng_drops drops = {.text = writer->comment};
    size_t lines = written->hops + (written->pieces > 0);

    g_string_truncate(writer->comment, 0);
    for (size_t i = 0; i < lines; i++) {
        const struct pktmon_hop *hop = &journey->hops[i];
        char name[PCAPNG_WRITER_NAME_SIZE];

        pcapng_drops_add(&drops, hop_name(writer, hop, name), &hop->event->packet,
                         i < written->hops ? hop->count : written->pieces);
    }
    return pcapng_drops_end(&drops);
}

/* What users wrote at the packet's observations; NULL: nothing. */
static char *user_comment(const struct pktmon_journey *journey)
{
    GString *text = NULL;

    for (size_t i = 0; i < journey->hop_count; i++) {
        const char *comment = journey->hops[i].event->packet.comment;

        if (!comment)
            continue;
        if (text)
            g_string_append_c(text, '\n');
        else
            text = g_string_new(NULL);
        g_string_append(text, comment);
    }
    return text ? g_string_free(text, FALSE) : NULL;
}

/* --- the record --- */

/* Each component of the hops has a description before the frame. */
static void introduce(struct pcapng_writer *writer, const struct pktmon_journey *journey)
{
    uint32_t before = 0;

    for (size_t i = 0; i < journey->hop_count; i++) {
        uint32_t component = journey->hops[i].event->component;

        if (component == before)
            continue;
        before = component;
        pcapng_writer_introduce(writer, journey->time, component)->is_in_journey = true;
    }
    pcapng_writer_put_descriptions(writer);
}

static struct said put_record(struct pcapng_writer *writer, const struct pktmon_journey *journey)
{
    struct said said = {.record = pcapng_writer_begin_metadata(writer, PKTMON_RECORD_JOURNEY)};

    if (!writer->encoder)
        writer->encoder = journey_encoder_new();
    /* the writer's memory has room for the largest one */
    journey_record_put(writer->encoder, &said.record, journey, &said.written);
    writer->shortened += said.written.cut;
    for (size_t i = 0; i < said.written.hops; i++)
        said.lost += journey->hops[i].event->packet.lost;
    return said;
}

/* Of so many hops. interface: of the frame; NULL: none has them. */
static void report_losses(struct pcapng_writer *writer, struct pcapng_interface *interface,
                          const struct pktmon_journey *journey, size_t hops)
{
    for (size_t i = 0; i < hops; i++) {
        const struct pktmon_event *event = journey->hops[i].event;

        pcapng_interfaces_report_loss(writer->interfaces, interface, event->component,
                                      event->packet.lost);
    }
}

/* --- continuations --- */

/* The text is ASCII but for names. */
static void put_path(GString *line, const char *path)
{
    while (*path) {
        if (g_str_has_prefix(path, STEP)) {
            g_string_append(line, " -> ");
            path += strlen(STEP);
        } else if (g_str_has_prefix(path, ELLIPSIS)) {
            g_string_append(line, "...");
            path += strlen(ELLIPSIS);
        } else {
            g_string_append_c(line, *path++);
        }
    }
}

static void set_line(struct pcapng_writer *writer, const struct pktmon_journey *journey)
{
    g_string_printf(writer->line, "packet %" PRIu64 " continued: ", journey->group);
    put_path(writer->line, journey->path ? journey->path : "");
    g_string_append_printf(writer->line, ": %s", fate_name(journey->fate));
}

static struct journey_written write_continuation(struct pcapng_writer *writer,
                                                 const struct pktmon_journey *journey,
                                                 const char *comment)
{
    struct said said = put_record(writer, journey);
    const struct pcapng_packet_block block = {
        .time = journey->time,
        .comment = drops_comment(writer, journey, &said.written),
        .user_comment = comment,
        .dropcount = said.lost,
        .has_packet_id = true,
        .packet_id = journey->group,
        .metadata = said.record.data,
        .metadata_size = said.record.length,
    };

    set_line(writer, journey);
    pcapng_writer_put_own(writer, block);
    if (said.lost > 0)
        report_losses(writer, writer->own, journey, said.written.hops);
    return said.written;
}

/* Where frames of ours have no interface, continuations are counted instead. All of them have the
 * time of the frame before them: records are in the order of time. */
static void write_continuations(struct pcapng_writer *writer, struct journey_rest *rest,
                                const char *comment)
{
    if (writer->options.packets_only) {
        report_losses(writer, NULL, &rest->journey, rest->journey.hop_count);
        writer->left_out++;
        return;
    }
    while (rest->journey.hop_count > 0) {
        struct journey_written written = write_continuation(writer, &rest->journey, comment);

        g_return_if_fail(written.hops > 0 || written.pieces > 0);
        journey_rest_advance(rest, &written);
        comment = NULL;
    }
}

/* The rest of a journey begins in the middle of its path. */
static void continue_path(struct pktmon_journey *rest, char path[PKTMON_PATH_SIZE])
{
    const char *before = rest->path ? rest->path : "", *end;

    g_snprintf(path, PKTMON_PATH_SIZE, "%s%s", CONTINUED_PATH, before);
    if (g_utf8_validate(before, -1, NULL) && !g_utf8_validate(path, -1, &end))
        path[end - path] = '\0'; /* its last character was cut */
    rest->path = path;
}

/* --- frames --- */

static struct pcapng_interface *get_interface(struct pcapng_writer *writer,
                                              const struct pktmon_event *event)
{
    const struct pktmon_journey *journey = event->journey;

    return pcapng_writer_get_interface(writer, journey->time, event->component, journey->link_type,
                                       journey->hop_count > 0 ? journey->hops[0].name : NULL);
}

static struct journey_written write_frame(struct pcapng_writer *writer,
                                          struct pcapng_interface *interface,
                                          const struct pktmon_journey *journey, const char *comment)
{
    const struct pktmon_packet none = {.queue = -1};
    const struct pktmon_packet *first =
        journey->hop_count > 0 ? &journey->hops[0].event->packet : &none;
    struct said said = put_record(writer, journey);
    const struct pcapng_packet_block block = {
        .interface = interface->number,
        .time = journey->time,
        .data = journey->data,
        .caplen = journey->data ? journey->caplen : 0,
        .origlen = journey->origlen,
        .comment = drops_comment(writer, journey, &said.written),
        .user_comment = comment,
        .flags = pcapng_direction_flags(first),
        .dropcount = said.lost,
        .has_packet_id = true,
        .packet_id = journey->group,
        .has_queue = first->queue >= 0,
        .queue = first->queue,
        .metadata = said.record.data,
        .metadata_size = said.record.length,
    };

    pcapng_put_packet(writer->buffer, &block);
    writer->newest = journey->time;
    interface->received++;
    if (said.lost > 0)
        report_losses(writer, interface, journey, said.written.hops);
    return said.written;
}

bool pcapng_writer_write_journey(struct pcapng_writer *writer, const struct pktmon_event *event,
                                 GError **error)
{
    g_autofree char *comment = user_comment(event->journey);
    struct journey_rest rest;
    char path[PKTMON_PATH_SIZE];

    journey_rest_init(&rest, event->journey);
    if (!rest.journey.continued) {
        struct pktmon_journey *journey = &rest.journey;

        if (!pcapng_writer_takes_link_type(writer, journey->link_type, error))
            return false;
        struct pcapng_interface *interface = get_interface(writer, event);
        introduce(writer, journey);
        /* bytes of the packet are cut, and its record is not */
        journey->origlen = MAX(journey->origlen, journey->caplen);
        size_t room = DATA_ROOM - (comment ? MIN(strlen(comment), UINT16_MAX) : 0);
        journey->caplen = MIN(journey->caplen, MIN(room, writer->options.snaplen));
        struct journey_written written = write_frame(writer, interface, journey, comment);
        journey_rest_advance(&rest, &written);
        if (journey->hop_count > 0)
            continue_path(journey, path);
    } else {
        introduce(writer, &rest.journey);
    }
    if (rest.journey.hop_count > 0)
        write_continuations(writer, &rest, event->journey->continued ? comment : NULL);
    journey_rest_clear(&rest);
    return true;
}

struct pcapng_writer_lack pcapng_writer_lack(const struct pcapng_writer *writer)
{
    return (struct pcapng_writer_lack){.continuations = writer->left_out,
                                       .shortened = writer->shortened};
}
