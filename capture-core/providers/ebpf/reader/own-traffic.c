/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "own-traffic.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <glib.h>
#include <netinet/in.h>
#include <string.h>

#include "ebpf-state.h"
#include "event-delivery.h"
#include "model/clock.h"
#include "model/plural.h"
#include "readings.h"

#define CHECK_INTERVAL_NS  (1000 * PKTMON_NS_PER_MS)
#define REPORT_INTERVAL_NS (10000 * PKTMON_NS_PER_MS)

#define END_SIZE (INET6_ADDRSTRLEN + sizeof("[]:65535"))

static void put_end(char text[END_SIZE], const struct own_flow *flow, unsigned int end)
{
    char address[INET6_ADDRSTRLEN] = "";

    inet_ntop(flow->version == 4 ? AF_INET : AF_INET6, flow->ends[end].address, address,
              sizeof(address));
    g_snprintf(text, END_SIZE, flow->version == 4 ? "%s:%u" : "[%s]:%u", address,
               flow->ends[end].port);
}

static bool was_reported(const struct ebpf_own *own, const struct own_flow *flow)
{
    for (unsigned int i = 0; i < own->reported_count; i++) {
        if (memcmp(&own->reported[i], flow, sizeof(*flow)) == 0)
            return true;
    }
    return false;
}

static void report_connection(struct ebpf_provider *provider, const struct own_flow *flow,
                              const struct own_flow_value *value)
{
    struct ebpf_own *own = &provider->own;
    char from[END_SIZE], to[END_SIZE];

    if (!value->sent || own->reported_count == EBPF_OWN_REPORTED || was_reported(own, flow))
        return;
    own->reported[own->reported_count++] = *flow;
    put_end(from, flow, value->from & 1);
    put_end(to, flow, !(value->from & 1));
    ebpf_push_notice(provider, PKTMON_NOTICE_OWN, PKTMON_LEVEL_INFORMATION, 0,
                     "The capture's own connection %s%s -> %s is left out, in both directions: "
                     "keep the capture's own output to see it.",
                     flow->protocol == IPPROTO_UDP ? "UDP " : "", from, to);
}

static void report_connections(struct ebpf_provider *provider)
{
    int flows = provider->maps[AGENT_MAP_OWN_FLOWS];
    struct own_flow flow, *before = NULL;
    struct own_flow_value value;

    for (int i = 0; i < RECORD_OWN_FLOWS && !bpf_map_get_next_key(flows, before, &flow); i++) {
        before = &flow;
        if (!bpf_map_lookup_elem(flows, &flow, &value))
            report_connection(provider, &flow, &value);
    }
}

static void report_counts(struct ebpf_provider *provider, const struct own_counts *now)
{
    struct pktmon_notice *notice =
        ebpf_push_notice(provider, PKTMON_NOTICE_OWN, PKTMON_LEVEL_INFORMATION, 0,
                         "%" G_GUINT64_FORMAT " %s of the capture's own output, with "
                         "%" G_GUINT64_FORMAT " bytes, %s left out since the beginning.",
                         (uint64_t)now->packets, PLURAL(now->packets, "packet", "packets"),
                         (uint64_t)now->bytes, PLURAL(now->packets, "was", "were"));

    notice->packets_left_out = now->packets;
}

void ebpf_report_own(struct ebpf_provider *provider, bool last)
{
    struct ebpf_own *own = &provider->own;
    uint64_t now = clock_monotonic();
    struct own_counts counts;

    if (provider->options.output_count == 0 || provider->options.keep_own ||
        (!last && now < own->checked_at + CHECK_INTERVAL_NS))
        return;
    own->checked_at = now;
    counts = ebpf_read_own(provider->maps[AGENT_MAP_OWN_COUNTS]);
    if (counts.packets == own->packets)
        return;
    report_connections(provider);
    if (!last && now < own->reported_at + REPORT_INTERVAL_NS)
        return;
    own->reported_at = now;
    own->packets = counts.packets;
    report_counts(provider, &counts);
}
