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

/* A bridge port may be a device of any kind. */
bool registry_place_hands_out(const void *registry, uint32_t component)
{
    const struct pktmon_component *found = pktmon_registry_find(registry, component);
    const char *kind;

    if (!found || !found->type)
        return false;
    if (g_strcmp0(found->type, COMPONENT_TYPE_BRIDGE_PORT) != 0)
        return device_kind_has(found->type, DEVICE_HANDS_OUT);
    kind = pktmon_component_property(found, COMPONENT_PROPERTY_KIND);
    return !kind || device_kind_has(kind, DEVICE_HANDS_OUT);
}
