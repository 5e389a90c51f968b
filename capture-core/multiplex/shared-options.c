/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shared-options.h"

#include <glib.h>

#define FIT_COMMON(name) &&one->name == other->name
#define FIT_ANY(name)
#define FIT_LARGEST(name)
#define FIT_FIRST(name)
#define FIT_EACH(name)

bool shared_options_fit(const struct pktmon_live_options *one,
                        const struct pktmon_live_options *other)
{
#define FIT(type, name, sharing) FIT_##sharing(name)
    return true PKTMON_LIVE_OPTIONS(FIT);
}

bool shared_options_equal(const struct pktmon_live_options *one,
                          const struct pktmon_live_options *other)
{
#define EQUAL(type, name, sharing) &&one->name == other->name
    return true PKTMON_LIVE_OPTIONS(EQUAL);
}

#define BEGIN_COMMON(name) options.name = first->name;
#define BEGIN_ANY(name)
#define BEGIN_LARGEST(name)
#define BEGIN_FIRST(name) options.name = first->name;
#define BEGIN_EACH(name)

struct pktmon_live_options shared_options_begin(const struct pktmon_live_options *first)
{
    struct pktmon_live_options options = {0};

#define BEGIN(type, name, sharing) BEGIN_##sharing(name)
    PKTMON_LIVE_OPTIONS(BEGIN)
    return options;
}

uint32_t shared_larger_limit(uint32_t one, uint32_t other)
{
    return one == 0 || other == 0 ? 0 : MAX(one, other);
}

#define ADD_COMMON(name)
#define ADD_ANY(name) shared->name |= own->name;
#define ADD_LARGEST(name)                                                                          \
    shared->name = only ? own->name : shared_larger_limit(shared->name, own->name);
#define ADD_FIRST(name)
#define ADD_EACH(name)

void shared_options_add(struct pktmon_live_options *shared, const struct pktmon_live_options *own,
                        bool only)
{
#define ADD(type, name, sharing) ADD_##sharing(name)
    PKTMON_LIVE_OPTIONS(ADD)
}
