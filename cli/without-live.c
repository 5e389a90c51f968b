/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In place of live.c and live-capture.c where the live capture is not built. */
#include "live.h"
#include "provider.h"

static bool refuse(GError **error)
{
    g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_UNSUPPORTED,
                "This pktmon was built without the live capture (-DLIVE=OFF): name a log, as in "
                "\"pktmon list PktMon.etl\".");
    return false;
}

bool live_list(struct pktmon_registry *registry, const char *components, const char *netns,
               GHashTable **chosen, GError **error)
{
    (void)registry;
    (void)components;
    (void)netns;
    (void)chosen;
    return refuse(error);
}

bool live_check_reason(const char *reason, GError **error)
{
    (void)reason;
    return refuse(error);
}

bool live_count(const struct live_counting *counting, GError **error)
{
    (void)counting;
    return refuse(error);
}

bool live_capture(const struct live_capturing *capturing, GError **error)
{
    (void)capturing;
    return refuse(error);
}
