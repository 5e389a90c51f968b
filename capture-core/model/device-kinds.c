/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "device-kinds.h"

#include <stddef.h>
#include <string.h>

#include "component-types.h"

static const struct device_kind_row {
    const char *name;
    unsigned traits;
    const char *fallback;
} kinds[] = {
#define X(NAME, name, traits, taken_off, fallback) {name, traits, fallback},
    DEVICE_KINDS(X)
#undef X
};

static const struct device_kind_row *find_kind(const char *name)
{
    for (size_t i = 0; name && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    }
    return NULL;
}

const char *device_kind_name(enum device_kind kind)
{
    return kinds[kind].name;
}

bool device_kind_has(const char *kind, enum device_trait trait)
{
    const struct device_kind_row *found = find_kind(kind);

    return found && (found->traits & trait);
}

/* A bridge port may be a device of any kind, or hardware, which has none. */
bool device_hands_out(const char *type, const char *kind)
{
    bool is_port = type && strcmp(type, COMPONENT_TYPE_BRIDGE_PORT) == 0;

    return (is_port && !kind) || device_kind_has(is_port ? kind : type, DEVICE_HANDS_OUT);
}

bool device_is_fallback(const char *kind, const char *name)
{
    const struct device_kind_row *found = find_kind(kind);

    return found && found->fallback && strcmp(found->fallback, name) == 0;
}
