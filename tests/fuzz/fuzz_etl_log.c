/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arbitrary bytes as a log file. */
#include "drain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    drain_log(data, size);
    return 0;
}
