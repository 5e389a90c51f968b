/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arbitrary bytes as a compressed stream: the format (u8), the claimed size (u24), and the stream.
 */
#include <glib.h>

#include "etl-reader/bytes.h"
#include "etl-reader/compression/decompress.h"

#define MAX_OUTPUT 300000 /* enough for some blocks of every format */

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
