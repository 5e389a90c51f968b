/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replaces the live-*.c files in a build without live capture. */
#include "live.h"
#include "providers/provider.h"

static bool refuse(GError **error)
{
    g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_UNSUPPORTED,
                "This pktmon was built without the live capture (-DLIVE=OFF): name a log, as in "
                "\"pktmon list PktMon.etl\".");
    return false;
}

bool cli_live_list(struct pktmon_registry *registry, const struct pktmon_session_options *settings,
                   GHashTable **chosen, GError **error)
{
    (void)registry;
    (void)settings;
    (void)chosen;
    return refuse(error);
}

bool cli_live_check_reason(const char *reason, GError **error)
{
    (void)reason;
    return refuse(error);
}

bool cli_live_count(const struct cli_live_counting *counting, GError **error)
{
    (void)counting;
    return refuse(error);
}

bool cli_live_capture(const struct cli_live_capturing *capturing, GError **error)
{
    (void)capturing;
    return refuse(error);
}
