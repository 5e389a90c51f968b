/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the fuzzers of journeys begin with. */
#ifndef FUZZ_JOURNEY_SEEDS_H
#define FUZZ_JOURNEY_SEEDS_H

#include <glib.h>

typedef void save_seed(const char *folder, const char *target, unsigned number,
                       const GByteArray *seed);

void save_journeys(save_seed *save, const char *folder);

#endif
