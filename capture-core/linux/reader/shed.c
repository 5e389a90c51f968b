/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shed.h"

#include <bpf/bpf.h>
#include <time.h>

#include "clock.h"
#include "ebpf_provider.h"
#include "plural.h"
#include "readings.h"

#define WHOLE (1ULL << 32) /* all groups */

#define CONTROL_INTERVAL_NS (200 * PKTMON_NS_PER_MS)
/* Towards the ceiling from below in small steps, away from it at once. */
#define GROWTH  1.25
#define CAUTION 0.9

uint64_t shed_share_of_sample(uint32_t sample)
{
    return sample > 1 ? WHOLE - WHOLE / sample : 0;
}

/* --- what was left out --- */

static const char *reason_of(const struct ebpf_provider *provider)
{
    const struct pktmon_provider_options *options = &provider->options;

    if (provider->shed.share > 0)
        return "the capture may take no more of a CPU (--max-cpu)";
    return options->sample > 1 ? "only a sample is asked for (--sample)"
                               : "they come faster than they are read: choose a filter, a larger "
                                 "--buffer-size or a smaller --pkt-size";
}

void shed_tell(struct ebpf_provider *provider)
{
    struct group_counts now = readings_groups(provider->maps[AGENT_MAP_GROUP_COUNTS]);
    struct group_counts *told = &provider->shed.told;
    uint64_t begun = now.begun - told->begun, shed = now.shed - told->shed;

    if (now.lossy > told->lossy)
        ebpf_push_notice(provider, PKTMON_NOTICE_LOST, PKTMON_LEVEL_WARNING, 0,
                         "%" G_GUINT64_FORMAT " %s incomplete: some of their appearances found no "
                         "room in the buffer (%" G_GUINT64_FORMAT " since the beginning).",
                         (uint64_t)(now.lossy - told->lossy),
                         PLURAL(now.lossy - told->lossy, "packet is", "packets are"),
                         (uint64_t)now.lossy);
    if (shed > 0)
        ebpf_push_notice(provider, PKTMON_NOTICE_SHED, PKTMON_LEVEL_WARNING, 0,
                         "%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
                         " %s left out, with all their appearances (%" G_GUINT64_FORMAT
                         " of %" G_GUINT64_FORMAT " since the beginning), because %s.",
                         shed, begun, PLURAL(begun, "packet was", "packets were"),
                         (uint64_t)now.shed, (uint64_t)now.begun, reason_of(provider));
    *told = now;
}

/* --- the ceiling --- */

static uint64_t own_cpu_time(void)
{
    struct timespec time;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * 1000 * PKTMON_NS_PER_MS + time.tv_nsec;
}

/* The share to leave out after a time in which so much of the ceiling was used (1: all of it). */
static uint64_t next_share(uint64_t share, double used)
{
    double kept = (double)(WHOLE - share) / WHOLE;

    if (used > 1)
        kept *= CAUTION / used;
    else
        kept = MIN(1, MAX(kept, 1.0 / 65536) * GROWTH);
    return WHOLE - (uint64_t)(kept * WHOLE);
}

void shed_control(struct ebpf_provider *provider)
{
    struct shed *shed = &provider->shed;
    uint64_t now = pktmon_clock_monotonic(), cpu, share;
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
