/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a compressed stream: the format (u8), the size it is said to have (u24), and it. */
#include <glib.h>

#include "bytes.h"
#include "decompress.h"

#define MAX_OUTPUT 300000 /* some blocks of every format */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 4)
        return 0;
    size_t output_size = (etl_u32(data) >> 8) % MAX_OUTPUT;
    g_autofree uint8_t *output = g_malloc(output_size + 1);
    size_t written = etl_decompress(data[0] % 5, data + 4, size - 4, output, output_size);
    g_assert_cmpuint(written, <=, output_size);
    return 0;
}
