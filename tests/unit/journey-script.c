/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "journey-script.h"

#include <stdlib.h>
#include <string.h>

#include "frames.h"
#include "model/edges.h"

void journey_script_init(struct journey_script *script)
{
    *script = (struct journey_script){
        .names = g_ptr_array_new_with_free_func(g_free),
        .memory = g_ptr_array_new_with_free_func((GDestroyNotify)g_byte_array_unref),
    };
}

void journey_script_clear(struct journey_script *script)
{
    g_ptr_array_unref(script->names);
    g_ptr_array_unref(script->memory);
}

const char *journey_script_name(const void *context, uint32_t component)
{
    struct journey_script *script = (struct journey_script *)context;

    script->asked++;
    return component <= script->names->len ? g_ptr_array_index(script->names, component - 1) : NULL;
}

bool journey_script_hands_out(const void *context, uint32_t component)
{
    const struct journey_script *script = context;

    return component <= script->names->len &&
           g_str_has_prefix(g_ptr_array_index(script->names, component - 1), "phys");
}

static uint32_t component_of(struct journey_script *script, const char *name)
{
    guint index;

    if (g_str_equal(name, "?"))
        return 0;
    if (!g_ptr_array_find_with_equal_func(script->names, name, g_str_equal, &index)) {
        index = script->names->len;
        g_ptr_array_add(script->names, g_strdup(name));
    }
    return index + 1;
}

static void set_edge(struct pktmon_packet *packet, const char *name)
{
    for (uint16_t edge = 1; edge < PKTMON_EDGE_COUNT; edge++) {
        if (g_str_equal(edge_name(edge), name)) {
            packet->edge = edge;
            packet->edge_name = edge_name(edge);
        }
    }
}

static void set_direction(struct pktmon_packet *packet, const char *name)
{
#define X(NAME, number, text)                                                                      \
    if (g_str_equal(name, text))                                                                   \
        packet->direction = number;
    PKTMON_DIRECTIONS(X)
#undef X
}

#define BYTES "bytes="

/* The layers that the words name. */
static const char *find_bytes(char **words)
{
    for (guint i = 4; words[i]; i++) {
        if (g_str_has_prefix(words[i], BYTES))
            return words[i] + strlen(BYTES);
    }
    return "eth,ip,udp,data";
}

/* As frame_make(): "eth,ip,udp". */
static void set_bytes(struct journey_script *script, struct pktmon_packet *packet,
                      const char *layers)
{
    g_autofree char *kind = g_strdelimit(g_strdup(layers), ",", ' ');
    struct frame frame = frame_make(kind);

    g_ptr_array_add(script->memory, frame.bytes);
    packet->link_type = 1;
    packet->data = frame.bytes->data;
    packet->caplen = packet->origlen = frame.bytes->len;
}

/* TCP's sequence number, where Ethernet and IP have no options. */
static void set_sequence(struct pktmon_packet *packet, guint number)
{
    uint8_t *sequence = (uint8_t *)packet->data + 14 + 20 + 4;

    for (int i = 3; i >= 0; i--, number >>= 8)
        sequence[i] = (uint8_t)number;
}

static void read_number(struct pktmon_packet *packet, const char *name, guint number)
{
    if (g_str_equal(name, "copy"))
        packet->copy = number;
    else if (g_str_equal(name, "of"))
        packet->copy_of = number;
    else if (g_str_equal(name, "piece"))
        packet->packet_number = (uint16_t)number;
    else if (g_str_equal(name, "cap"))
        packet->caplen = number;
    else if (g_str_equal(name, "seq"))
        set_sequence(packet, number);
    else if (g_str_equal(name, "lost"))
        packet->lost = number;
    else if (g_str_equal(name, "cpu"))
        packet->cpu = (int32_t)number;
    else if (g_str_equal(name, "queue"))
        packet->queue = (int32_t)number;
    else if (g_str_equal(name, "segments"))
        packet->gso_segs = (uint16_t)number;
    else if (g_str_equal(name, "filter"))
        packet->filter_id = (uint16_t)number;
    else if (g_str_equal(name, "appearance"))
        packet->appearance = number;
    else if (g_str_equal(name, "linked"))
        packet->linked = (uint8_t)number;
    else
        g_error("no word is %s", name);
}

static void set_process(struct pktmon_packet *packet)
{
    packet->pid = 4711;
    packet->comm = "curl";
    packet->cgroup = "/system.slice/web.service";
    packet->netns = "web";
}

static void read_word(struct pktmon_packet *packet, const char *word)
{
    if (g_str_equal(word, "dropped"))
        packet->dropped = true;
    else if (g_str_equal(word, "released"))
        packet->copy_released = true;
    else if (g_str_equal(word, "delivered"))
        packet->end = PKTMON_END_DELIVERED;
    else if (g_str_equal(word, "consumed"))
        packet->end = PKTMON_END_CONSUMED;
    else if (g_str_equal(word, "incomplete"))
        packet->incomplete = true;
    else if (g_str_equal(word, "numbered"))
        packet->has_packet_number = true;
    else if (g_str_equal(word, "made-link"))
        packet->l2_synthesised = true;
    else if (g_str_equal(word, "commented"))
        packet->comment = "seen by me";
    else if (g_str_equal(word, "commented-twice"))
        packet->comment = "seen by me\nseen by me";
    else if (g_str_equal(word, "process"))
        set_process(packet);
    else
        g_error("no word is %s", word);
}

static void read_packet(struct journey_script *script, struct pktmon_event *event, char **words)
{
    struct pktmon_packet *packet = &event->packet;

    event->record = PKTMON_RECORD_PACKET;
    event->component = component_of(script, words[1]);
    *packet = (struct pktmon_packet){.group = strtoul(words[0], NULL, 10), .copy = 1};
    set_edge(packet, words[2]);
    set_direction(packet, words[3]);
    set_bytes(script, packet, find_bytes(words));
    for (guint i = 4; words[i]; i++) {
        char *value = strchr(words[i], '=');

        if (!value) {
            read_word(packet, words[i]);
        } else if (!g_str_has_prefix(words[i], BYTES)) {
            *value = '\0';
            read_number(packet, words[i], (guint)strtoul(value + 1, NULL, 10));
        }
    }
}

static bool read_other(struct journey_script *script, struct pktmon_event *event, char **words)
{
    static const struct {
        const char *word;
        enum pktmon_record record;
        uint16_t id;
    } kinds[] = {
        {"counters", PKTMON_RECORD_COUNTERS, 0},
        {"loss", PKTMON_RECORD_EVENT, PKTMON_NOTICE_LOST},
        {"notice", PKTMON_RECORD_EVENT, PKTMON_NOTICE_SHED},
        {"described", PKTMON_RECORD_COMPONENT, 0},
        {"retired", PKTMON_RECORD_RETIRED, 0},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (!g_str_equal(words[0], kinds[i].word))
            continue;
        event->record = kinds[i].record;
        event->component = words[1] ? component_of(script, words[1]) : 0;
        if (event->record == PKTMON_RECORD_EVENT)
            event->notice = (struct pktmon_notice){.provider = "pktmon", .id = kinds[i].id};
        return true;
    }
    return false;
}

struct pktmon_event journey_script_read(struct journey_script *script, const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    struct pktmon_event event = {.time = (uint64_t)(strtod(words[0], NULL) * 1e6)};

    if (!read_other(script, &event, words + 1))
        read_packet(script, &event, words + 1);
    return event;
}
