/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "veth.h"

#include "model/device-kinds.h"

struct pktmon_component *add_veth(struct pktmon_registry *registry, uint32_t id, const char *name)
{
    struct pktmon_component *component = pktmon_registry_get(registry, id);

    pktmon_component_set(&component->name, name);
    pktmon_component_set(&component->type, device_kind_name(DEVICE_KIND_VETH));
    return component;
}
