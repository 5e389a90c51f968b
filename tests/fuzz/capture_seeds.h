/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the fuzzer of capture files begins with: files of each view. */
#ifndef FUZZ_CAPTURE_SEEDS_H
#define FUZZ_CAPTURE_SEEDS_H

#include "journey_seeds.h"

void save_captures(save_seed *save, const char *folder);

#endif
