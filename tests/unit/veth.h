/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PKTMON_TEST_VETH_H
#define PKTMON_TEST_VETH_H

#include "pktmon/component.h"

/* Describes a component as a veth device; borrowed from the registry. */
struct pktmon_component *add_veth(struct pktmon_registry *registry, uint32_t id, const char *name);

#endif
