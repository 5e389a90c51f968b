/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "record-losses.h"

#include "ebpf-state.h"
#include "event-delivery.h"
#include "model/clock.h"
#include "readings.h"
#include "rings.h"

void ebpf_tell_losses(struct ebpf_provider *provider)
{
    struct unaccounted sum = ebpf_read_unaccounted(provider->maps[AGENT_MAP_UNACCOUNTED]);
    uint64_t lost = sum.events + sum.lost, from = provider->losses_read, now = clock_monotonic();
    struct pktmon_event event = {
        .record = PKTMON_RECORD_EVENT,
        .notice = {.provider = "pktmon",
                   .id = PKTMON_NOTICE_LOST,
                   .level = PKTMON_LEVEL_WARNING,
                   .message = "Records of packets did not fit in the buffer: choose a larger "
                              "buffer size, or a smaller packet size.",
                   .from = (from > RINGS_SETTLE_NS ? from - RINGS_SETTLE_NS : 0) +
                           (uint64_t)provider->offset,
                   .until = now + (uint64_t)provider->offset},
    };

    provider->losses_read = now;
    if (lost == provider->lost)
        return;
    provider->lost = lost;
    ebpf_deliver(provider, &event);
}
