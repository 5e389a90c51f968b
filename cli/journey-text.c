/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "journey-text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "journey-names.h"
#include "journey/form-text.h"
#include "journey/hop-changes.h"
#include "model/edges.h"
#include "model/fates.h"
#include "model/plural.h"
#include "model/printable.h"

#define NS_PER_SECOND UINT64_C(1000000000)
#define NS_PER_MS     UINT64_C(1000000)
#define NS_PER_US     UINT64_C(1000)
#define ARROW         "→"
#define LEFT_OUT      "…"
#define MAX_DROPS     3 /* different ones that are named in a line */

/* ECMA-48: understood by every terminal in use. */
#define RED    "\033[31m"
#define ORANGE "\033[33m"
#define PLAIN  "\033[0m"

enum text_mood {
    TEXT_MOOD_GOOD,
    TEXT_MOOD_TROUBLE,
    TEXT_MOOD_DROPPED,
};

/* https://no-color.org: any value but an empty one. */
void cli_text_options_fit(struct cli_text_options *options, int fd)
{
    const char *no_color = getenv("NO_COLOR"), *terminal = getenv("TERM");
    options->is_colored =
        isatty(fd) && !(no_color && *no_color) && terminal && strcmp(terminal, "dumb") != 0;
    options->is_ascii = !g_get_charset(NULL);
}

/* --- characters --- */

static const char *replace_character(GString *text, const char *at)
{
    static const struct {
        const char *character, *instead;
    } ascii[] = {{ARROW, "->"}, {LEFT_OUT, "..."}, {"×", "x"}};
    for (size_t i = 0; i < G_N_ELEMENTS(ascii); i++) {
        if (g_str_has_prefix(at, ascii[i].character)) {
            g_string_append(text, ascii[i].instead);
            return at + strlen(ascii[i].character);
        }
    }
    g_string_append_c(text, '?');
    return g_utf8_next_char(at);
}

/* What the line ends with is made ASCII. */
static void make_ascii(GString *text, size_t from)
{
    g_autofree char *line = g_strdup(text->str + from);
    g_string_truncate(text, from);
    for (const char *at = line; *at;) {
        if ((unsigned char)*at < 0x80)
            g_string_append_c(text, *at++);
        else
            at = replace_character(text, at);
    }
}

/* ASCII is printable at sight, and so are the marks of a path. */
static bool is_clean(const char *text)
{
    for (; *text; text++) {
        if (g_str_has_prefix(text, ARROW) || g_str_has_prefix(text, LEFT_OUT))
            text += 2;
        else if (*text < ' ' || *text > '~')
            return false;
    }
    return true;
}

/* Names and texts may hold anything. */
static void append_clean(GString *text, const char *any)
{
    if (is_clean(any)) {
        g_string_append(text, any);
    } else {
        g_autofree char *clean = printable(any, -1);
        g_string_append(text, clean);
    }
}

/* --- parts of a line --- */

/* "18:04:05.123456", of this place. */
static void append_time(GString *text, uint64_t time)
{
    time_t second = (time_t)(time / NS_PER_SECOND);
    struct tm local = {0};
    char clock[sizeof("18:04:05")];
    localtime_r(&second, &local);
    strftime(clock, sizeof(clock), "%H:%M:%S", &local);
    g_string_append_printf(text, "%s.%06" PRIu64 " ", clock, time % NS_PER_SECOND / NS_PER_US);
}

/* Four digits are enough to compare by. */
static void append_duration(GString *text, uint64_t ns)
{
    static const struct {
        uint64_t unit;
        const char *name;
    } units[] = {{NS_PER_SECOND, "s"}, {NS_PER_MS, "ms"}, {NS_PER_US, "us"}};
    for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
        uint64_t unit = units[i].unit;
        if (ns < unit)
            continue;
        int decimals = ns >= 100 * unit ? 1 : ns >= 10 * unit ? 2 : 3;
        g_string_append_printf(text, "%.*f %s", decimals, (double)ns / (double)unit, units[i].name);
        return;
    }
    g_string_append_printf(text, "%" PRIu64 " ns", ns);
}

static void append_summary(GString *text, const struct cli_text_options *options,
                           const struct pktmon_packet *packet)
{
    struct journey_form form;
    journey_form_read(&form, packet, options->vxlan_port);
    journey_append_summary(text, packet, &form);
}

static void remember(const struct cli_text_options *options, uint64_t group, const char *summary,
                     size_t size)
{
    struct cli_text_packets *packets = options->packets;
    if (!packets)
        return;
    unsigned at = packets->next++ % G_N_ELEMENTS(packets->packets);
    size = MIN(size, sizeof(packets->packets[at].summary) - 1);
    packets->packets[at].group = group;
    memcpy(packets->packets[at].summary, summary, size);
    packets->packets[at].summary[size] = '\0';
}

/* NULL: it is not remembered. */
static const char *recall(const struct cli_text_options *options, uint64_t group)
{
    const struct cli_text_packets *packets = options->packets;
    for (unsigned i = 0; packets && group && i < G_N_ELEMENTS(packets->packets); i++) {
        if (packets->packets[i].group == group)
            return packets->packets[i].summary;
    }
    return NULL;
}

/* "b/netfilter input" */
static void append_place(GString *text, const struct pktmon_event *event, const char *name)
{
    const struct pktmon_packet *packet = &event->packet;
    const char *edge = packet->edge_name ? packet->edge_name : edge_common_name(packet->edge);
    if (name)
        append_clean(text, name);
    else
        g_string_append_printf(text, "component %u", event->component);
    if (edge) {
        g_string_append_c(text, ' ');
        append_clean(text, edge);
    }
}

static void append_reason(GString *text, const struct pktmon_packet *packet)
{
    if (packet->drop_reason)
        append_clean(text, packet->drop_reason);
    else
        g_string_append(text, "without a reason");
}

static void append_location(GString *text, const struct pktmon_packet *packet)
{
    if (!packet->drop_location)
        return;
    g_string_append(text, " (");
    append_clean(text, packet->drop_location);
    g_string_append_c(text, ')');
}

static void begin_line(GString *text, const struct cli_text_options *options, enum text_mood mood)
{
    static const char *const colors[] = {
        [TEXT_MOOD_GOOD] = "", [TEXT_MOOD_TROUBLE] = ORANGE, [TEXT_MOOD_DROPPED] = RED};
    if (options->is_colored)
        g_string_append(text, colors[mood]);
}

static void end_line(GString *text, const struct cli_text_options *options, enum text_mood mood,
                     size_t from)
{
    if (options->is_ascii)
        make_ascii(text, from);
    if (options->is_colored && mood != TEXT_MOOD_GOOD)
        g_string_append(text, PLAIN);
    g_string_append_c(text, '\n');
}

/* --- drops of a journey --- */

static bool is_same_drop(const struct pktmon_hop *left, const struct pktmon_hop *right)
{
    const struct pktmon_packet *a = &left->event->packet, *b = &right->event->packet;
    return left->event->component == right->event->component && a->edge == b->edge &&
           g_strcmp0(a->drop_reason, b->drop_reason) == 0 &&
           g_strcmp0(a->drop_location, b->drop_location) == 0;
}

/* Drops for the same reason at the same place. */
struct drop_kind {
    const struct pktmon_hop *hop; /* the first of them */
    uint32_t count;
};

struct drops {
    struct drop_kind kinds[MAX_DROPS];
    size_t kind_count;
    uint32_t count;  /* in all */
    uint32_t others; /* of further kinds */
};

static void count_drop(struct drops *drops, const struct pktmon_hop *hop)
{
    size_t i = 0;
    drops->count += hop->count;
    while (i < drops->kind_count && !is_same_drop(drops->kinds[i].hop, hop))
        i++;
    if (i == MAX_DROPS) {
        drops->others += hop->count;
        return;
    }
    drops->kinds[i].hop = hop;
    drops->kinds[i].count += hop->count;
    drops->kind_count = MAX(drops->kind_count, i + 1);
}

static struct drops find_drops(const struct pktmon_journey *journey)
{
    struct drops drops = {0};
    for (size_t i = 0; i < journey->hop_count; i++) {
        if (journey->hops[i].event->packet.dropped)
            count_drop(&drops, &journey->hops[i]);
    }
    return drops;
}

static void append_drops(GString *text, const struct drops *drops)
{
    for (size_t i = 0; i < drops->kind_count; i++) {
        const struct drop_kind *kind = &drops->kinds[i];
        const struct pktmon_event *event = kind->hop->event;
        g_string_append(text, i > 0 ? ", " : " ");
        if (kind->count > 1)
            g_string_append_printf(text, "%u × ", kind->count);
        append_reason(text, &event->packet);
        g_string_append(text, " at ");
        append_place(text, event, kind->hop->name);
        append_location(text, &event->packet);
    }
    if (drops->others > 0)
        g_string_append_printf(text, ", and %u more", drops->others);
}

/* --- journeys --- */

static uint64_t count_lost(const struct pktmon_journey *journey)
{
    uint64_t lost = 0;
    for (size_t i = 0; i < journey->hop_count; i++)
        lost += journey->hops[i].event->packet.lost;
    return lost;
}

static bool is_incomplete(const struct pktmon_journey *journey)
{
    for (size_t i = 0; i < journey->hop_count; i++) {
        if (journey->hops[i].event->packet.incomplete)
            return true;
    }
    return false;
}

/* Changes that neither the path shows nor routing explains. */
static const char *const unusual_changes[] = {"DSCP", "transport", "payload"};

static unsigned find_change(const char *change)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(unusual_changes); i++) {
        if (strcmp(change, unusual_changes[i]) == 0)
            return 1u << i;
    }
    return 0;
}

static unsigned find_changes(const struct pktmon_journey *journey)
{
    const char *changes[HOP_MAX_CHANGES];
    unsigned found = 0;
    for (size_t i = 0; i < journey->hop_count; i++) {
        size_t count = hop_changes_in(changes, journey, i);
        while (count-- > 0)
            found |= find_change(changes[count]);
    }
    return found;
}

/* What of a packet is unusual. */
struct text_findings {
    struct drops drops;
    uint64_t lost;
    bool incomplete;
    unsigned changes; /* bits of unusual_changes */
};

static enum text_mood mood_of(const struct pktmon_journey *journey,
                              const struct text_findings *found)
{
    if (journey->fate == PKTMON_FATE_DROPPED)
        return TEXT_MOOD_DROPPED;
    bool trouble = found->drops.count > 0 || found->lost > 0 || found->incomplete;
    return trouble ? TEXT_MOOD_TROUBLE : TEXT_MOOD_GOOD;
}

/* "dropped NETFILTER_DROP at b/netfilter input (nft_do_chain+0x1a2)" */
static void append_fate(GString *text, const struct pktmon_journey *journey,
                        const struct text_findings *found)
{
    const struct drops *drops = &found->drops;
    g_string_append(text, fate_name(journey->fate));
    if (journey->fate != PKTMON_FATE_DROPPED && drops->count > 0)
        g_string_append_printf(text, ", %u %s:", drops->count,
                               PLURAL(drops->count, "drop", "drops"));
    append_drops(text, drops);
    if (journey->open)
        g_string_append(text, ", end not seen");
    if (journey->merged_into)
        g_string_append(text, ", merged into another packet");
    if (found->lost > 0)
        g_string_append_printf(text, ", %" PRIu64 " %s lost", found->lost,
                               PLURAL(found->lost, "record", "records"));
    if (found->incomplete)
        g_string_append(text, ", incomplete");
    for (unsigned i = 0; i < G_N_ELEMENTS(unusual_changes); i++) {
        if (found->changes & 1u << i)
            g_string_append_printf(text, ", %s changed", unusual_changes[i]);
    }
}

struct pktmon_packet cli_journey_packet(const struct pktmon_journey *journey)
{
    if (!journey->data && journey->hop_count > 0)
        return journey->hops[0].event->packet;
    return (struct pktmon_packet){.link_type = journey->link_type,
                                  .data = journey->data,
                                  .caplen = journey->caplen,
                                  .origlen = journey->origlen};
}

static bool append_journey(GString *text, const struct cli_text_options *options,
                           const struct pktmon_event *event)
{
    const struct pktmon_journey *journey = event->journey;
    const struct pktmon_packet packet = cli_journey_packet(journey);
    const struct text_findings found = {.drops = find_drops(journey),
                                        .lost = count_lost(journey),
                                        .incomplete = is_incomplete(journey),
                                        .changes = find_changes(journey)};
    enum text_mood mood = mood_of(journey, &found);
    begin_line(text, options, mood);
    size_t from = text->len;
    append_time(text, journey->time);
    if (journey->continued)
        g_string_append(text, "[continued] ");
    size_t summary = text->len;
    append_summary(text, options, &packet);
    remember(options, journey->group, text->str + summary, text->len - summary);
    g_string_append(text, "  ");
    append_clean(text, journey->path ? journey->path : "");
    g_string_append(text, "  ");
    if (journey->forms > 1)
        g_string_append_printf(text, "form %u of %u, ", journey->form, journey->forms);
    append_fate(text, journey, &found);
    g_string_append(text, "  ");
    append_duration(text, journey->total);
    end_line(text, options, mood, from);
    return true;
}

/* --- other events --- */

static void append_direction(GString *text, uint16_t direction)
{
    const char *name = cli_direction_name(direction);
    if (direction != PKTMON_DIRECTION_NONE && name)
        g_string_append_printf(text, " %s", name);
}

static bool append_appearance(GString *text, const struct cli_text_options *options,
                              const struct pktmon_event *event)
{
    const struct pktmon_packet *packet = &event->packet;
    enum text_mood mood = packet->dropped                      ? TEXT_MOOD_DROPPED
                          : packet->lost || packet->incomplete ? TEXT_MOOD_TROUBLE
                                                               : TEXT_MOOD_GOOD;
    begin_line(text, options, mood);
    size_t from = text->len;
    append_time(text, event->time);
    append_summary(text, options, packet);
    g_string_append(text, "  ");
    append_place(text, event, cli_component_name(options->registry, event->component, NULL));
    append_direction(text, packet->direction);
    if (packet->dropped || packet->copy_released) {
        g_string_append(text, packet->dropped ? "  dropped " : "  copy ended ");
        append_reason(text, packet);
        append_location(text, packet);
    }
    if (packet->lost > 0)
        g_string_append_printf(text, "  %" PRIu64 " %s lost", packet->lost,
                               PLURAL(packet->lost, "record", "records"));
    end_line(text, options, mood, from);
    return true;
}

/* What only informs is in the file. */
static bool append_notice(GString *text, const struct cli_text_options *options,
                          const struct pktmon_event *event)
{
    const struct pktmon_notice *notice = &event->notice;
    const char *packet = recall(options, notice->group);
    if (notice->level > PKTMON_LEVEL_WARNING || !notice->message)
        return false;
    begin_line(text, options, TEXT_MOOD_TROUBLE);
    size_t from = text->len;
    append_time(text, event->time);
    g_string_append(text, "** ");
    append_clean(text, notice->message);
    if (packet)
        g_string_append_printf(text, " (%s)", packet);
    end_line(text, options, TEXT_MOOD_TROUBLE, from);
    return true;
}

bool cli_text_append_event(GString *text, const struct cli_text_options *options,
                           const struct pktmon_event *event)
{
    static bool (*const append[])(GString *, const struct cli_text_options *,
                                  const struct pktmon_event *) = {
        [PKTMON_RECORD_JOURNEY] = append_journey,
        [PKTMON_RECORD_PACKET] = append_appearance,
        [PKTMON_RECORD_EVENT] = append_notice,
    };
    return event->record < G_N_ELEMENTS(append) && append[event->record] &&
           append[event->record](text, options, event);
}
