/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "extcap-interfaces.h"

const struct extcap_interface extcap_interfaces[] = {
#ifdef PKTMON_LIVE
    {"pktmon", "Packet Monitor: network stack", FRONTEND_DUMP_LIVE, extcap_capture_live,
     extcap_check_live_filter},
#endif
    {"pktmon-etl", "Packet Monitor: Windows log (.etl)", FRONTEND_DUMP_LOG, extcap_capture_log,
     extcap_check_log_filter},
    {NULL},
};

const struct extcap_interface *extcap_find_interface(const char *name)
{
    const struct extcap_interface *interface = extcap_interfaces;

    while (name && interface->value && !g_str_equal(interface->value, name))
        interface++;
    return interface->value ? interface : NULL;
}
