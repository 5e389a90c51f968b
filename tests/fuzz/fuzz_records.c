/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arbitrary bytes as records of the kernel programs in the rings, and the frames and events made of
 * them: for each the ring (u8), the size (u16) and the bytes.
 */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <glib.h>

#include "etl-reader/bytes.h"

/* The fuzzer provides the rings. */
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
#include "providers/ebpf/reader/rings.c"
#undef close

#include "providers/ebpf/reader/conversation.h"
#include "providers/ebpf/reader/copies.h"
#include "providers/ebpf/reader/counter-sums.h"
#include "providers/ebpf/reader/drop-names.h"
#include "providers/ebpf/reader/event-delivery.h"
#include "providers/ebpf/reader/frames.h"
#include "providers/ebpf/reader/kernel-notices.h"
#include "providers/ebpf/reader/record-events.h"
#include "providers/ebpf/reader/socket-owners.h"
#include "providers/netdev/topology.h"

static struct etl_cursor input;

/* A few records of the next ring in turn. */
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

/* Replacements for what the records need besides the rings; nothing of it is read from the input.
 */
void ebpf_request_names(struct ebpf_provider *provider, int timeout_ms)
{
    (void)provider, (void)timeout_ms;
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
    struct btf *kernel = btf__new_empty(); /* it has no names of reasons */
    struct ebpf_provider provider = {
        .base = {.registry = pktmon_registry_new(), .sink = &sink},
        .copies = ebpf_copies_new(),
        .names = ebpf_drop_names_new(kernel),
        .owners = ebpf_owners_new(-1, -1),
        .notices = ebpf_notice_names_new(kernel),
        .frame = g_malloc(EBPF_FRAME_SIZE),
    };
    const int descriptors[] = {-1, -1};
    input = etl_cursor_over(data, size);
    ring_count = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(provider.maps); i++)
        provider.maps[i] = -1;
    g_queue_init(&provider.pending);
    provider.topology = netdev_topology_new(provider.base.registry);
    provider.rings = ebpf_rings_new(descriptors, 2, ebpf_copies_look_ahead, provider.copies, NULL);
    for (uint64_t now = 1; etl_cursor_left(&input) > 0 && !input.failed; now = now << 8 | 0xFF) {
        ebpf_rings_pull(provider.rings, now);
        ebpf_deliver_records(&provider);
    }
    ebpf_rings_finish(provider.rings);
    ebpf_deliver_records(&provider);
    ebpf_clear_pending(&provider);
    ebpf_rings_free(provider.rings);
    ebpf_copies_free(provider.copies);
    ebpf_drop_names_free(provider.names);
    ebpf_owners_free(provider.owners);
    ebpf_notice_names_free(provider.notices);
    netdev_topology_free(provider.topology);
    pktmon_registry_free(provider.base.registry);
    g_free(provider.frame);
    btf__free(kernel);
    return 0;
}
