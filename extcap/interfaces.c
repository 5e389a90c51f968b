/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "interfaces.h"

const struct interface interfaces[] = {
#ifdef PKTMON_LIVE
    {"pktmon", "Packet Monitor: network stack", OPTION_OF_LIVE, live_capture, live_check_filter},
#endif
    {"pktmon-etl", "Packet Monitor: Windows log (.etl)", OPTION_OF_LOG, etl_capture,
     etl_check_filter},
    {NULL},
};

const struct interface *interface_find(const char *name)
{
    const struct interface *interface = interfaces;

    while (name && interface->value && !g_str_equal(interface->value, name)) {
        interface++;
    }
    return interface->value ? interface : NULL;
}

bool interface_has_option(const struct interface *interface, const struct option *option)
{
    return option->use == OPTION_OF_ALL || option->use == interface->use;
}
