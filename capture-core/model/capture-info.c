/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pktmon/capture-info.h"

struct pktmon_capture_info *pktmon_capture_info_new(void)
{
    struct pktmon_capture_info *capture = g_new0(struct pktmon_capture_info, 1);

    capture->missing = g_ptr_array_new_with_free_func(g_free);
    return capture;
}

void pktmon_capture_info_free(struct pktmon_capture_info *capture)
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
