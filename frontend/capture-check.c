/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture-check.h"

#include "capture-options.h"
#include "message.h"
#include "pktmon/constraint.h"

/* A filter with an error is reported when the session is made. */
static bool has_inner_filter(const struct pktmon_session_options *settings)
{
    struct pktmon_constraint constraint;
    bool found = settings->inner;

    for (const char *const *text = settings->filters; text && *text && !found; text++)
        found = pktmon_constraint_parse(&constraint, *text, NULL) &&
                pktmon_constraint_has(&constraint, PKTMON_CONDITION_ENCAP);
    return found;
}

static bool is_of_packets(const struct pktmon_session_options *settings)
{
    return settings->view != PKTMON_VIEW_APPEARANCES;
}

/* Of the option with this name. */
static bool has_default(const char *name, uint32_t value)
{
    const struct frontend_option *option = &frontend_find_capture_option(name)->option;
    uint32_t usual;

    return frontend_option_parse(option, option->default_value, &usual, NULL) && value == usual;
}

typedef bool refusal(const struct pktmon_session_options *settings);

static bool has_idle_vxlan_port(const struct pktmon_session_options *settings)
{
    return settings->vxlan_port && !has_inner_filter(settings) && !is_of_packets(settings);
}

static bool has_dropped_appearances(const struct pktmon_session_options *settings)
{
    return settings->type == PKTMON_CAPTURE_DROPPED && !is_of_packets(settings);
}

static bool has_dropped_without_drops(const struct pktmon_session_options *settings)
{
    return settings->type == PKTMON_CAPTURE_DROPPED && g_strcmp0(settings->provider, "pcap") == 0;
}

static bool has_slower_appearances(const struct pktmon_session_options *settings)
{
    return settings->slower_ms > 0 && !is_of_packets(settings);
}

static bool has_slower_drops(const struct pktmon_session_options *settings)
{
    return settings->slower_ms > 0 && settings->type == PKTMON_CAPTURE_DROP;
}

static bool has_held_appearances(const struct pktmon_session_options *settings)
{
    return !is_of_packets(settings) && !has_default("hold", settings->hold_ms);
}

static bool has_selected_counters(const struct pktmon_session_options *settings)
{
    return settings->counters_only &&
           (settings->slower_ms > 0 || settings->type == PKTMON_CAPTURE_DROPPED);
}

static const struct {
    refusal *is_refused;
    const char *message;
} refusals[] = {
    {has_idle_vxlan_port,
     "--vxlan-port applies to filters that look into tunnels, and none does: add --inner (or -e in "
     "a --filter), or leave it out."},
    {has_dropped_appearances, frontend_no_dropped_appearances},
    {has_dropped_without_drops,
     "--type dropped chooses packets by their drops, which --provider pcap does not see: choose "
     "--provider ebpf."},
    {has_slower_appearances,
     "--slower chooses whole journeys, which --view appearances does not have: choose --view "
     "packets."},
    {has_slower_drops,
     "--slower needs the whole journey of a packet, of which --type drop has the end alone: "
     "choose --type all or dropped."},
    {has_held_appearances,
     "--hold applies to journeys, which --view appearances does not have: choose --view packets."},
    {has_selected_counters,
     "--counters-only captures no packets: leave out --type dropped and --slower."},
};

bool frontend_check_capture_settings(const struct pktmon_session_options *settings, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
        if (refusals[i].is_refused(settings))
            return frontend_refuse(error, "%s", refusals[i].message);
    }
    return true;
}
