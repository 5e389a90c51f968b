/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as what the kernel programs wrote into the rings, and what records and frames become of
 * it: of each the ring (u8), the size (u16) and the bytes.
 */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <glib.h>

#include "bytes.h"

/* The rings are those of the fuzzer. */
static ring_buffer_sample_fn ring_take;
static void *ring_contexts[2];
static unsigned int ring_count;

static struct ring_buffer *fuzz_ring_new(int descriptor, ring_buffer_sample_fn take, void *context,
                                         const struct ring_buffer_opts *options)
{
    (void)descriptor, (void)options;
    ring_take = take;
    ring_contexts[ring_count++] = context;
    return context;
}

static int fuzz_ring_consume(struct ring_buffer *ring);

#define ring_buffer__new     fuzz_ring_new
#define ring_buffer__consume fuzz_ring_consume
#define ring_buffer__free(ring)
#define close(descriptor)
#include "rings.c"
#undef close

#include "ebpf_provider.h"
#include "frames.h"

static struct etl_cursor input;

/* A few records of whichever ring comes next. */
static int fuzz_ring_consume(struct ring_buffer *ring)
{
    for (int i = 0; i < 16 && etl_cursor_left(&input) > 0 && !input.failed; i++) {
        bool own = ring_contexts[etl_take_u8(&input) & 1] == (void *)ring;
        uint16_t wanted = etl_take_u16(&input);
        size_t size = MIN(wanted, etl_cursor_left(&input));
        const uint8_t *bytes = etl_take(&input, size);
        g_autofree uint8_t *record = g_memdup2(bytes, size); /* aligned, and bounded */
        if (own && record && ring_take((void *)ring, record, size) < 0)
            return -EAGAIN;
    }
    return 0;
}

/* What the records need beside the rings; none of it is read from them. */
void ebpf_look_for_names(struct ebpf_provider *provider, int timeout_ms)
{
    (void)provider, (void)timeout_ms;
}

const char *ebpf_edge_name(uint16_t edge)
{
    (void)edge;
    return NULL;
}

static volatile uint64_t sum;

static void receive(struct pktmon_sink *sink, const struct pktmon_event *event)
{
    (void)sink;
    for (uint32_t i = 0; event->record == PKTMON_RECORD_PACKET && i < event->packet.caplen; i++)
        sum += event->packet.data[i];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pktmon_sink sink = {receive};
    struct btf *kernel = btf__new_empty(); /* it names no reasons */
    struct ebpf_provider provider = {
        .base = {.registry = pktmon_registry_new(), .sink = &sink},
        .copies = copies_new(),
        .names = drop_names_new(kernel),
        .owners = owners_new(-1, -1),
        .troubles = trouble_names_new(kernel),
        .frame = g_malloc(FRAME_SIZE),
    };
    const int descriptors[] = {-1, -1};
    input = etl_cursor_over(data, size);
    ring_count = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(provider.maps); i++)
        provider.maps[i] = -1;
    g_queue_init(&provider.pending);
    provider.topology = topology_new(provider.base.registry);
    provider.rings = rings_new(descriptors, 2, copies_look_ahead, provider.copies, NULL);
    for (uint64_t now = 1; etl_cursor_left(&input) > 0 && !input.failed; now = now << 8 | 0xFF) {
        rings_pull(provider.rings, now);
        ebpf_take_records(&provider);
    }
    rings_finish(provider.rings);
    ebpf_take_records(&provider);
    ebpf_clear_pending(&provider);
    rings_free(provider.rings);
    copies_free(provider.copies);
    drop_names_free(provider.names);
    owners_free(provider.owners);
    trouble_names_free(provider.troubles);
    topology_free(provider.topology);
    pktmon_registry_free(provider.base.registry);
    g_free(provider.frame);
    btf__free(kernel);
    return 0;
}
