/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interface pktmon: captures the live network stack. */
#include <stdio.h>

#include "extcap-capture.h"
#include "extcap-interfaces.h"
#include "filter/inner.h"
#include "frontend/capture-check.h"
#include "frontend/stop-session.h"
#include "pktmon/monitor.h"
#include "pktmon/session.h"

static bool run(struct pktmon_session *session, const struct extcap_arguments *arguments, int fd,
                GError **error)
{
    frontend_stop_session_by_signal(session);
    bool ok = pktmon_session_run(session, fd, frontend_log_carrier(&arguments->log, fd), error);
    frontend_stop_session_by_signal(NULL);
    return ok;
}

bool extcap_capture_live(const struct extcap_arguments *arguments, int fd, GError **error)
{
    struct pktmon_session_options settings = arguments->capture;

    settings.capture_filter = arguments->text[EXTCAP_OPTION_CAPTURE_FILTER];
    /* Wireshark's dialog always passes it, changed or not. */
    if (settings.vxlan_port == INNER_VXLAN_PORT)
        settings.vxlan_port = 0;
    if (!frontend_check_capture_settings(&settings, error))
        return false;
    struct pktmon_monitor *monitor = pktmon_monitor_new(NULL, error);
    if (!monitor)
        return false;
    struct pktmon_session *session = pktmon_session_new(monitor, "pktmondump", &settings, error);
    bool ok = session && run(session, arguments, fd, error);
    pktmon_session_free(session);
    pktmon_monitor_free(monitor);
    return ok;
}

void extcap_check_live_filter(const struct extcap_arguments *arguments)
{
    g_autofree char *message = pktmon_filter_check(arguments->text[EXTCAP_OPTION_CAPTURE_FILTER]);

    if (message)
        puts(message);
}
