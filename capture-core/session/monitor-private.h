/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the object model share of a monitor. */
#ifndef PKTMON_SESSION_MONITOR_PRIVATE_H
#define PKTMON_SESSION_MONITOR_PRIVATE_H

#include "pktmon/monitor.h"
#include "providers/ladder.h"

struct pktmon_monitor {
    struct provider_ladder ladder;
};

/* A monitor whose only provider is that of the factory. */
struct pktmon_monitor *monitor_new_from(provider_factory *factory);

#endif
