/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drain.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "convert.h"

/* What the reader delivers of a log is limited: the same as its budget, and the event in which that
 * ended. */
#define OUTPUT_BASE     (32u << 20)
#define OUTPUT_PER_BYTE 256
#define LARGEST_EVENT   (1u << 20)

static volatile uint64_t sum; /* so that nothing is read in vain */
static uint64_t output;       /* bytes, of the log at hand */

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
    struct pktmon_provider *provider;
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
    pktmon_etl_spend(drain->provider, output - before);
}

static void drain(struct pktmon_provider *provider)
{
    g_autoptr(GPtrArray) warnings = NULL, stacks = NULL, counts = NULL;
    if (!provider->ops->start(provider, NULL))
        return;
    while (provider->ops->read(provider, 0, NULL) > 0) {
    }
    provider->ops->stop(provider, NULL);
    warnings = pktmon_etl_warnings(provider);
    stacks = etl_catalogue_stacks(pktmon_etl_catalogue(provider));
    counts = etl_catalogue_counts(pktmon_etl_catalogue(provider));
}

void drain_log(const uint8_t *data, size_t size)
{
    struct drain to = {.sink = {receive}};
    struct pktmon_etl_options options;
    int fd = memfd_create("log", MFD_CLOEXEC);
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
    const char *const paths[] = {path, NULL};
    struct pktmon_registry *registry = pktmon_registry_new();
    struct pktmon_capture *capture = pktmon_capture_new();
    pktmon_etl_options_init(&options);
    if (write(fd, data, size) == (ssize_t)size) {
        struct pktmon_provider *provider =
            pktmon_etl_provider_new(paths, &options, registry, capture, &to.sink, NULL);
        if (provider) {
            to.provider = provider;
            output = 0;
            drain(provider);
            g_assert_cmpuint(output, <=, OUTPUT_BASE + OUTPUT_PER_BYTE * size + LARGEST_EVENT);
            provider->ops->free(provider);
        }
    }
    pktmon_capture_free(capture);
    pktmon_registry_free(registry);
    close(fd);
}
