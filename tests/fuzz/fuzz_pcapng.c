/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a capture file: which output is wanted, then the file. It is read, and what could be
 * read is converted, in each format and view.
 */
#include <fcntl.h>
#include <glib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/conversion.h"

#define MAX_CONVERTED 4 /* captures */

static struct cli_conversion_options options_of(uint8_t choice, int fd)
{
    return (struct cli_conversion_options){
        .view = choice & 1 ? PKTMON_VIEW_PACKETS : PKTMON_VIEW_APPEARANCES,
        .format = (enum cli_conversion_format)(choice >> 1 & 3),
        .carrier = choice & 8 ? PKTMON_CARRIER_FRAMES : PKTMON_CARRIER_BLOCKS,
        .fd = fd,
        .has_head = choice & 16,
    };
}

/* Each capture has its own; those of too many are read only. */
static struct cli_conversion *conversion_of(GHashTable *conversions, const struct pcapng_item *item,
                                            uint8_t choice, int fd)
{
    const struct cli_conversion_options options = options_of(choice, fd);
    struct cli_conversion *conversion =
        g_hash_table_lookup(conversions, (gpointer)(uintptr_t)item->capture);

    if (conversion || g_hash_table_size(conversions) == MAX_CONVERTED)
        return conversion;
    conversion = cli_conversion_new(&options, item->capture);
    g_hash_table_insert(conversions, (gpointer)(uintptr_t)item->capture, conversion);
    return conversion;
}

static void convert(struct pcapng_reader *reader, uint8_t choice, int out)
{
    g_autoptr(GHashTable) conversions = g_hash_table_new(NULL, NULL);
    g_autoptr(GError) error = NULL;
    struct pcapng_item item;
    GHashTableIter iter;
    gpointer conversion;

    while (pcapng_reader_next(reader, &item, &error)) {
        conversion = conversion_of(conversions, &item, choice, out);
        if (conversion && !cli_conversion_take(conversion, &item, NULL))
            g_assert_not_reached();
    }
    if (error)
        g_assert_true(g_str_has_suffix(error->message, "."));
    g_hash_table_iter_init(&iter, conversions);
    while (g_hash_table_iter_next(&iter, NULL, &conversion)) {
        /* a live capture has no other packets than those of Ethernet, but a file may */
        g_assert_true(cli_conversion_finish(conversion, NULL));
        cli_conversion_free(conversion);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int out = -1, in = -1;

    if (out < 0) {
        out = open("/dev/null", O_WRONLY | O_CLOEXEC);
        in = memfd_create("input", MFD_CLOEXEC);
    }
    if (size < 1)
        return 0;
    g_assert_cmpint(ftruncate(in, 0), ==, 0);
    g_assert_cmpint(pwrite(in, data + 1, size - 1, 0), ==, size - 1);
    g_assert_cmpint(lseek(in, 0, SEEK_SET), ==, 0);
    struct pcapng_reader *reader = pcapng_reader_new();
    pcapng_reader_open(reader, in);
    convert(reader, data[0], out);
    pcapng_reader_free(reader);
    return 0;
}
