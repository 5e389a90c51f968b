/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shedding.h"

#include <bpf/bpf.h>
#include <glib.h>
#include <time.h>

#include "ebpf-state.h"
#include "event-delivery.h"
#include "model/clock.h"
#include "model/plural.h"
#include "readings.h"

#define WHOLE (1ULL << 32) /* all groups */

#define CONTROL_INTERVAL_NS (200 * PKTMON_NS_PER_MS)
/* Approaches the limit from below in small steps, and drops below it at once. */
#define GROWTH  1.25
#define CAUTION 0.9

uint64_t ebpf_share_of_sample(uint32_t sample)
{
    return sample > 1 ? WHOLE - WHOLE / sample : 0;
}

/* --- reports --- */

static const char *reason_of(const struct ebpf_provider *provider)
{
    const struct provider_options *options = &provider->options;

    if (provider->shed.share > 0)
        return "the capture has reached its CPU limit";
    return options->sample > 1 ? "only a sample was requested"
                               : "they arrive faster than they are read: choose a filter, a larger "
                                 "buffer size or a smaller packet size";
}

void ebpf_report_shed(struct ebpf_provider *provider)
{
    struct group_counts now = ebpf_read_groups(provider->maps[AGENT_MAP_GROUP_COUNTS]);
    struct group_counts *reported = &provider->shed.reported;
    uint64_t begun = now.begun - reported->begun, shed = now.shed - reported->shed;

    if (now.incomplete > reported->incomplete)
        ebpf_push_notice(provider, PKTMON_NOTICE_LOST, PKTMON_LEVEL_WARNING, 0,
                         "%" G_GUINT64_FORMAT " %s incomplete: some of their appearances did not "
                         "fit in the buffer (%" G_GUINT64_FORMAT " since the beginning).",
                         (uint64_t)(now.incomplete - reported->incomplete),
                         PLURAL(now.incomplete - reported->incomplete, "packet is", "packets are"),
                         (uint64_t)now.incomplete);
    if (shed > 0)
        ebpf_push_notice(provider, PKTMON_NOTICE_SHED, PKTMON_LEVEL_WARNING, 0,
                         "%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
                         " %s left out, with all their appearances (%" G_GUINT64_FORMAT
                         " of %" G_GUINT64_FORMAT " since the beginning), because %s.",
                         shed, begun, PLURAL(begun, "packet was", "packets were"),
                         (uint64_t)now.shed, (uint64_t)now.begun, reason_of(provider));
    *reported = now;
}

/* --- the CPU limit --- */

static uint64_t own_cpu_time(void)
{
    struct timespec time;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * 1000 * PKTMON_NS_PER_MS + time.tv_nsec;
}

/* The share to leave out after a period that used this part of the limit (1: all of it). */
static uint64_t next_share(uint64_t share, double used)
{
    double kept = (double)(WHOLE - share) / WHOLE;

    if (used > 1)
        kept *= CAUTION / used;
    else
        kept = MIN(1, MAX(kept, 1.0 / 65536) * GROWTH);
    return WHOLE - (uint64_t)(kept * WHOLE);
}

void ebpf_control_shedding(struct ebpf_provider *provider)
{
    struct ebpf_shed *shed = &provider->shed;
    uint64_t now = clock_monotonic(), cpu, share;
    uint32_t zero = 0;

    if (provider->options.max_cpu == 0 || now < shed->measured + CONTROL_INTERVAL_NS)
        return;
    cpu = own_cpu_time();
    if (shed->measured) {
        double used = 100.0 * (cpu - shed->cpu) / (now - shed->measured);

        share = next_share(shed->share, used / provider->options.max_cpu);
        if (share != shed->share)
            bpf_map_update_elem(provider->maps[AGENT_MAP_CONTROL], &zero,
                                &(struct probes_control){.shed_share = share}, BPF_ANY);
        shed->share = share;
    }
    shed->measured = now;
    shed->cpu = cpu;
}
