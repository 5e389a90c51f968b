/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "provider.h"

G_DEFINE_QUARK(pktmon - error - quark, pktmon_error)

struct pktmon_capture *pktmon_capture_new(void)
{
    struct pktmon_capture *capture = g_new0(struct pktmon_capture, 1);

    capture->missing = g_ptr_array_new_with_free_func(g_free);
    return capture;
}

void pktmon_capture_free(struct pktmon_capture *capture)
{
    if (!capture)
        return;
    g_free(capture->os);
    g_free(capture->host);
    g_free(capture->release);
    g_free(capture->provider);
    g_ptr_array_unref(capture->missing);
    g_free(capture);
}

bool pktmon_is_sampled(uint64_t group, uint32_t sample)
{
    /* As the kernel programs decide (linux/bpf/shed.h). */
    uint32_t hash = group * 0x9E3779B97F4A7C15ULL >> 32;

    return sample < 2 || hash >= (1ULL << 32) - (1ULL << 32) / sample;
}
