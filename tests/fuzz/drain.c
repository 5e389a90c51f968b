/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drain.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "etl-reader/convert.h"

/* The output of a log is limited, as its budget says, plus the event at which the limit was
 * reached. */
#define OUTPUT_BASE     (32u << 20)
#define OUTPUT_PER_BYTE 256
#define LARGEST_EVENT   (1u << 20)

static volatile uint64_t sum; /* makes the reads necessary */
static uint64_t output;       /* bytes, of the current log */

static void look_at(const void *data, size_t size)
{
    const uint8_t *bytes = data;
    output += size;
    for (size_t i = 0; i < size; i++)
        sum += bytes[i];
}

static void look_at_text(const char *text)
{
    if (text)
        look_at(text, strlen(text));
}

struct drain {
    struct pktmon_sink sink;
    struct provider *provider;
};

static void receive(struct pktmon_sink *sink, const struct pktmon_event *event)
{
    struct drain *drain = (struct drain *)sink;
    uint64_t before = output;
    if (event->record == PKTMON_RECORD_PACKET) {
        look_at(event->packet.data, event->packet.caplen);
        look_at_text(event->packet.drop_reason);
        look_at_text(event->packet.drop_location);
        look_at_text(event->packet.edge_name);
    } else if (event->record == PKTMON_RECORD_EVENT) {
        look_at_text(event->notice.provider);
        look_at_text(event->notice.message);
    } else if (event->record == PKTMON_RECORD_FILTER) {
        look_at_text(event->filter.text);
    }
    etl_provider_spend(drain->provider, output - before);
}

static void drain(struct provider *provider)
{
    g_autoptr(GPtrArray) warnings = NULL, stacks = NULL, counts = NULL;
    if (!provider->ops->start(provider, NULL))
        return;
    while (provider->ops->read(provider, 0, NULL) > 0) {
    }
    provider->ops->stop(provider, NULL);
    warnings = etl_warnings(provider);
    stacks = etl_catalogue_stacks(etl_provider_catalogue(provider));
    counts = etl_catalogue_counts(etl_provider_catalogue(provider));
}

void drain_log(const uint8_t *data, size_t size)
{
    struct drain to = {.sink = {receive}};
    struct etl_options options;
    int fd = memfd_create("log", MFD_CLOEXEC);
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
    const char *const paths[] = {path, NULL};
    struct pktmon_registry *registry = pktmon_registry_new();
    struct pktmon_capture_info *capture = pktmon_capture_info_new();
    etl_options_init(&options);
    if (write(fd, data, size) == (ssize_t)size) {
        struct provider *provider =
            etl_provider_new(paths, &options, registry, capture, &to.sink, NULL);
        if (provider) {
            to.provider = provider;
            output = 0;
            drain(provider);
            g_assert_cmpuint(output, <=, OUTPUT_BASE + OUTPUT_PER_BYTE * size + LARGEST_EVENT);
            provider->ops->free(provider);
        }
    }
    pktmon_capture_info_free(capture);
    pktmon_registry_free(registry);
    close(fd);
}
