/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arbitrary bytes as the records of one buffer, in an otherwise valid log. */
#include "drain.h"
#include "writer.h"

#define BUFFER_SIZE 65536
#define HEADER_SIZE 0x48

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct writer_options options = {.buffer_size = BUFFER_SIZE};
    struct writer *writer = writer_new(&options);
    size_t records = MIN(size, BUFFER_SIZE - HEADER_SIZE - 8);
    if (records > 0)
        writer_add_raw(writer, 1, data, records);
    g_autoptr(GByteArray) log = writer_finish(writer);
    drain_log(log->data, log->len);
    return 0;
}
