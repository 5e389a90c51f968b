/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names that text, CSV and JSON have alike. NULL: there is none. */
#ifndef PKTMON_CLI_JOURNEY_NAMES_H
#define PKTMON_CLI_JOURNEY_NAMES_H

#include <glib.h>
#include <stddef.h>

#include "journey/registry-places.h"
#include "pktmon/journey.h"

#define X(NAME, number, name) [number] = name,
#define DEFINE_NAMES(function, NAMES)                                                              \
    static inline const char *function(uint64_t number)                                            \
    {                                                                                              \
        static const char *const names[] = {NAMES(X)};                                             \
        return number < G_N_ELEMENTS(names) ? names[number] : NULL;                                \
    }
DEFINE_NAMES(cli_direction_name, PKTMON_DIRECTIONS)
DEFINE_NAMES(cli_end_name, PKTMON_ENDS)
DEFINE_NAMES(cli_fate_name, PKTMON_FATES)
DEFINE_NAMES(cli_packet_type_name, PKTMON_PACKET_TYPES)
DEFINE_NAMES(cli_link_name, PKTMON_LINKS)
DEFINE_NAMES(cli_level_name, PKTMON_LEVELS)
#undef DEFINE_NAMES
#undef X

/* name: of the component, if the journey has it; the registry may be NULL. */
static inline const char *cli_component_name(const struct pktmon_registry *registry,
                                             uint32_t component, const char *name)
{
    return name || !registry ? name : registry_place_name(registry, component);
}

#endif
