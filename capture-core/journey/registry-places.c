/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "registry-places.h"

#include "model/component-types.h"
#include "model/device-kinds.h"
#include "pktmon/component.h"

const char *registry_place_name(const void *registry, uint32_t component)
{
    const struct pktmon_component *found = pktmon_registry_find(registry, component);

    return found ? found->name : NULL;
}

bool registry_place_hands_out(const void *registry, uint32_t component)
{
    const struct pktmon_component *found = pktmon_registry_find(registry, component);

    return found &&
           device_hands_out(found->type, pktmon_component_property(found, COMPONENT_PROPERTY_KIND));
}
