/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "frames.h"

#include <string.h>

/* --- layers from which frames are built --- */

enum numbering {
    NUMBER_NONE,
    NUMBER_ETHERTYPE,
    NUMBER_PROTOCOL, /* of IP */
    NUMBER_PPP,
};

struct layer {
    const char *name;
    const char *bytes;
    gsize length;
    uint16_t ethertype, protocol, ppp; /* numbers that the previous layer uses for this one */
    enum numbering next;               /* kind of number by which it announces the next layer, */
    guint next_at;                     /* and its offset */
    guint length_at;                   /* 16 bits: length of everything from length_from on */
    guint length_from;
};

#define BYTES(text)  .bytes = text, .length = sizeof(text) - 1
#define ADDRESSES_AB "\x0a\x01\x02\x03\x0a\x01\x02\x04"
#define ADDRESSES_BA "\x0a\x01\x02\x04\x0a\x01\x02\x03"
#define PREFIX6      "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0"
#define IP                                                                                         \
    .ethertype = 0x800, .protocol = 4, .ppp = 0x21, .next = NUMBER_PROTOCOL, .next_at = 9,         \
    .length_at = 2
#define IP6                                                                                        \
    .ethertype = 0x86dd, .protocol = 41, .ppp = 0x57, .next = NUMBER_PROTOCOL, .next_at = 6,       \
    .length_at = 4, .length_from = 40
#define EXTENSION6 .next = NUMBER_PROTOCOL, .next_at = 0

/* clang-format off */
static const struct layer layers[] = {
    {"eth", BYTES("\x02\0\0\0\0\x0b\x02\0\0\0\0\x0a\0\0"), .next = NUMBER_ETHERTYPE, .next_at = 12},
    {"eth-back", BYTES("\x02\0\0\0\0\x0a\x02\0\0\0\0\x0b\0\0"), .next = NUMBER_ETHERTYPE, .next_at = 12},
    {"eth-broadcast", BYTES("\xff\xff\xff\xff\xff\xff\x02\0\0\0\0\x0a\0\0"), .next = NUMBER_ETHERTYPE, .next_at = 12},
    {"eth-multicast", BYTES("\x01\0\x5e\0\0\xfb\x02\0\0\0\0\x0a\0\0"), .next = NUMBER_ETHERTYPE, .next_at = 12},
    {"eth-inner", BYTES("\x02\0\0\0\x01\x0b\x02\0\0\0\x01\x0a\0\0"), .protocol = 143, .ethertype = 0x6558, .next = NUMBER_ETHERTYPE, .next_at = 12},
    {"802.3", BYTES("\x01\x80\xc2\0\0\0\x02\0\0\0\0\x0a\0\0"), .length_at = 12, .length_from = 14},
    {"stp", BYTES("\x42\x42\x03\0\0\0\0\0\x80\0\x02\0\0\0\0\x0a")},
    {"isis", BYTES("\xfe\xfe\x03\x83\x1b\x01\0\x0f\x01\0\0")},
    {"isis-l2", BYTES("\xfe\xfe\x03\x83\x1b\x01\0\x14\x01\0\0")},
    {"esis", BYTES("\xfe\xfe\x03\x82\x0a\x01\0\x02")},
    {"clnp", BYTES("\xfe\xfe\x03\x81\x0a\x01\0\x02")},
    {"netbeui", BYTES("\xf0\xf0\x03\x2c\0\xff\xef\x08")},
    {"ipx", BYTES("\xe0\xe0\x03\xff\xff\0\x22\0\x11")},
    {"snap", BYTES("\xaa\xaa\x03\0\0\0\0\0"), .next = NUMBER_ETHERTYPE, .next_at = 6},
    {"snap-apple", BYTES("\xaa\xaa\x03\x08\0\x07\x80\x9b\0\0\0\0")},
    {"vlan", BYTES("\0\x64\0\0"), .ethertype = 0x8100, .next = NUMBER_ETHERTYPE, .next_at = 2},
    {"vlan-200", BYTES("\x60\xc8\0\0"), .ethertype = 0x8100, .next = NUMBER_ETHERTYPE, .next_at = 2},
    {"qinq", BYTES("\0\x0a\0\0"), .ethertype = 0x88a8, .next = NUMBER_ETHERTYPE, .next_at = 2},
    {"qinq-9100", BYTES("\0\x0b\0\0"), .ethertype = 0x9100, .next = NUMBER_ETHERTYPE, .next_at = 2},
    {"mpls", BYTES("\0\x01\0\x40"), .ethertype = 0x8847},
    {"mpls-end", BYTES("\0\x40\x01\x40"), .ethertype = 0x8847},
    {"pppoed", BYTES("\x11\x09\0\0\0\x04\x01\x01\0\0"), .ethertype = 0x8863},
    {"pppoes", BYTES("\x11\0\0\x07\0\x20\0\0"), .ethertype = 0x8864, .next = NUMBER_PPP, .next_at = 6},
    {"arp", BYTES("\0\x01\x08\0\x06\x04\0\x01\x02\0\0\0\0\x0a\x0a\x01\x02\x03\0\0\0\0\0\0\x0a\x01\x02\x04"), .ethertype = 0x806},
    {"rarp", BYTES("\0\x01\x08\0\x06\x04\0\x03\x02\0\0\0\0\x0a\x0a\x01\x02\x03\0\0\0\0\0\0\x0a\x01\x02\x04"), .ethertype = 0x8035},
    {"lldp", BYTES("\x02\x07\x04\x02\0\0\0\0\x0a"), .ethertype = 0x88cc},
    {"decnet", BYTES("\x10\0\x02\x0a\x04\x0b\x04\0"), .ethertype = 0x6003},
    {"lat", BYTES("\x01\0\x01\0"), .ethertype = 0x6004},
    {"ip", BYTES("\x45\0\0\0\x12\x34\x40\0\x40\0\0\0" ADDRESSES_AB), IP},
    {"ip-back", BYTES("\x45\x10\0\0\x12\x35\0\0\x80\0\0\0" ADDRESSES_BA), IP},
    {"ip-outside", BYTES("\x45\xb8\0\0\0\x01\x40\0\x01\0\0\0\xc0\xa8\x01\x01\x08\x08\x08\x08"), IP},
    {"ip-options", BYTES("\x47\0\0\0\x12\x36\0\0\x40\0\0\0" ADDRESSES_AB "\x94\x04\0\0\x01\x01\x01\0"), IP},
    {"ip-broadcast", BYTES("\x45\0\0\0\0\x02\0\0\x40\0\0\0\0\0\0\0\xff\xff\xff\xff"), IP},
    {"ip-multicast", BYTES("\x45\0\0\0\0\x03\0\0\xff\0\0\0\x0a\x01\x02\x03\xe0\0\0\xfb"), IP},
    {"ip-first", BYTES("\x45\0\0\0\x12\x37\x20\0\x40\0\0\0" ADDRESSES_AB), IP},
    {"ip-later", BYTES("\x45\0\0\0\x12\x37\x20\xb9\x40\0\0\0" ADDRESSES_AB), IP},
    {"ip-last", BYTES("\x45\0\0\0\x12\x37\0\xb9\x40\0\0\0" ADDRESSES_BA), IP},
    {"ip6", BYTES("\x60\0\0\0\0\0\0\x40" PREFIX6 "\x01" PREFIX6 "\x02"), IP6},
    {"ip6-back", BYTES("\x6b\x81\x23\x45\0\0\0\xff" PREFIX6 "\x02" PREFIX6 "\x01"), IP6},
    {"ip6-multicast", BYTES("\x60\0\0\0\0\0\0\xff" "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\x01" "\xff\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\xfb"), IP6},
    {"hop-by-hop", BYTES("\0\0\x05\x02\0\0\x01\0"), .protocol = 0, EXTENSION6},
    {"routing", BYTES("\0\0\0\0\0\0\0\0"), .protocol = 43, EXTENSION6},
    {"fragment6", BYTES("\0\0\0\x01\0\0\0\x07"), .protocol = 44, EXTENSION6},
    {"options6", BYTES("\0\0\x01\x04\0\0\0\0"), .protocol = 60, EXTENSION6},
    {"ah", BYTES("\0\x04\0\0\0\0\0\x01\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0"), .protocol = 51, EXTENSION6},
    {"esp", BYTES("\0\0\0\x01\0\0\0\x01\xde\xad\xbe\xef"), .protocol = 50},
    {"gre", BYTES("\0\0\0\0"), .protocol = 47, .next = NUMBER_ETHERTYPE, .next_at = 2},
    {"gre-key", BYTES("\x20\0\0\0\0\0\x01\0"), .protocol = 47, .next = NUMBER_ETHERTYPE, .next_at = 2},
    {"icmp-echo", BYTES("\x08\0\0\0\x12\x34\0\x01"), .protocol = 1},
    {"icmp-reply", BYTES("\0\0\0\0\x12\x34\0\x01"), .protocol = 1},
    {"icmp-unreachable", BYTES("\x03\x03\0\0\0\0\0\0"), .protocol = 1},
    {"icmp-expired", BYTES("\x0b\0\0\0\0\0\0\0"), .protocol = 1},
    {"icmp6-echo", BYTES("\x80\0\0\0\x12\x34\0\x01"), .protocol = 58},
    {"icmp6-solicitation", BYTES("\x87\0\0\0\0\0\0\0" PREFIX6 "\x02"), .protocol = 58},
    {"icmp6-advertisement", BYTES("\x88\0\0\0\x60\0\0\0" PREFIX6 "\x02"), .protocol = 58},
    {"icmp6-router", BYTES("\x86\0\0\0\x40\0\x07\x08\0\0\0\0\0\0\0\0"), .protocol = 58},
    {"igmp", BYTES("\x16\0\0\0\xe0\0\0\xfb"), .protocol = 2},
    {"igrp", BYTES("\x11\0\0\x01"), .protocol = 9},
    {"ospf", BYTES("\x02\x01\0\x2c\x0a\x01\x02\x03"), .protocol = 89},
    {"pim", BYTES("\x20\0\0\0"), .protocol = 103},
    {"vrrp", BYTES("\x21\x01\x64\x01"), .protocol = 112},
    {"sctp", BYTES("\x0b\x59\x0b\x5a\0\0\0\x01\0\0\0\0\0\x03\0\x10"), .protocol = 132},
    {"tcp-syn", BYTES("\xc0\0\0\x50\0\0\0\x01\0\0\0\0\x60\x02\xff\xff\0\0\0\0\x02\x04\x05\xb4"), .protocol = 6},
    {"tcp-syn-ack", BYTES("\0\x50\xc0\0\0\0\x10\x01\0\0\0\x02\x60\x12\xff\xff\0\0\0\0\x02\x04\x05\xb4"), .protocol = 6},
    {"tcp-http", BYTES("\xc0\0\0\x50\0\0\0\x02\0\0\x10\x02\x80\x18\xff\xff\0\0\0\0\x01\x01\x08\x0a\0\0\0\x01\0\0\0\x02GET / HTTP/1.1\r\n"), .protocol = 6},
    {"tcp-https", BYTES("\xc0\x01\x01\xbb\0\0\0\x02\0\0\x10\x02\x50\x18\xff\xff\0\0\0\0\x16\x03\x01\x02\0"), .protocol = 6},
    {"tcp-reset", BYTES("\x01\xbb\xc0\x01\0\0\0\x02\0\0\0\0\x50\x04\0\0\0\0\0\0"), .protocol = 6},
    {"tcp-fin", BYTES("\0\x16\xc0\x02\0\0\0\x09\0\0\0\x09\x50\x11\x01\0\0\0\0\x01"), .protocol = 6},
    {"tcp-urgent", BYTES("\xc0\x03\0\x17\0\0\0\x09\0\0\0\x09\x50\xf8\x01\0\0\0\0\x01"), .protocol = 6},
    {"udp", BYTES("\xc0\x02\x23\x28\0\0\0\0"), .protocol = 17, .length_at = 4},
    {"udp-query", BYTES("\xc0\x03\0\x35\0\0\0\0\x12\x34\x01\0\0\x01"), .protocol = 17, .length_at = 4},
    {"udp-answer", BYTES("\0\x35\xc0\x03\0\0\0\0\x12\x34\x81\x80\0\x01\0\x01"), .protocol = 17, .length_at = 4},
    {"udp-dhcp", BYTES("\0\x44\0\x43\0\0\0\0\x01\x01\x06\0"), .protocol = 17, .length_at = 4},
    {"udp-heartbeat", BYTES("\xc0\x06\x0d\x0f\0\0\0\0"), .protocol = 17, .length_at = 4},
    {"udp-heartbeats", BYTES("\x0d\x0f\x0d\x0f\0\0\0\0"), .protocol = 17, .length_at = 4},
    {"vxlan", BYTES("\xc0\x04\x12\xb5\0\0\0\0\x08\0\0\0\0\0\x2a\0"), .protocol = 17, .length_at = 4},
    {"geneve", BYTES("\xc0\x05\x17\xc1\0\0\0\0\0\0\x65\x58\0\0\x2b\0"), .protocol = 17, .length_at = 4, .next = NUMBER_ETHERTYPE, .next_at = 10},
    {"geneve-options", BYTES("\xc0\x05\x17\xc1\0\0\0\0\x02\0\0\0\0\0\x2b\0\x01\x02\x03\x01\0\0\0\x09"), .protocol = 17, .length_at = 4, .next = NUMBER_ETHERTYPE, .next_at = 10},
    {"vxlan-8472", BYTES("\xc0\x04\x21\x18\0\0\0\0\x08\0\0\0\0\0\x2a\0"), .protocol = 17, .length_at = 4},
    {"data", BYTES("The quick brown fox jumps over the lazy dog. 0123456789")},
};
/* clang-format on */

#define KIB1                                                                                       \
    "data data data data data data data data data data data data data data data data data data"

/* Each frame consists of these layers, one inside the other. */
static const char *const kinds[] = {
    "eth",
    "eth ip",
    "eth ip tcp-syn",
    "eth-back ip-back tcp-syn-ack",
    "eth ip tcp-http data",
    "eth ip tcp-https data",
    "eth-back ip-back tcp-reset",
    "eth-back ip-back tcp-fin",
    "eth ip tcp-urgent",
    "eth ip udp data",
    "eth-back ip-back udp",
    "eth ip-outside udp-query",
    "eth ip-outside udp-answer data",
    "eth-broadcast ip-broadcast udp-dhcp data data",
    "eth-multicast ip-multicast udp-query data",
    "eth-multicast ip-multicast igmp",
    "eth ip icmp-echo data",
    "eth-back ip-back icmp-reply data",
    "eth-back ip-back icmp-unreachable ip udp",
    "eth-back ip-outside icmp-expired ip tcp-syn",
    "eth ip-options udp data",
    "eth ip-options tcp-syn",
    "eth ip-options icmp-echo",
    "eth ip-first udp data",
    "eth ip-later udp data",
    "eth ip-last tcp-http",
    "eth ip-later data",
    "eth ip sctp data",
    "eth ip igrp",
    "eth ip ospf",
    "eth ip pim",
    "eth ip vrrp",
    "eth ip esp data",
    "eth ip ah tcp-http",
    "eth ip gre ip-back udp data",
    "eth ip gre-key eth-inner ip icmp-echo",
    "eth ip ip-back tcp-syn",
    "eth ip ip6 udp data",
    "eth ip vxlan eth-inner ip icmp-echo data",
    "eth ip6 vxlan eth-inner ip6-back icmp6-echo",
    "eth ip geneve eth-inner ip-back tcp-http data",
    "eth ip geneve-options ip-back icmp-echo",
    "eth ip gre-key ip6 icmp6-echo",
    "eth vlan ip vxlan eth-inner vlan ip udp",
    "eth ip6",
    "eth ip6 tcp-syn",
    "eth-back ip6-back tcp-syn-ack",
    "eth ip6 tcp-https data",
    "eth ip6 udp data",
    "eth-back ip6-back udp-answer data",
    "eth ip6 icmp6-echo data",
    "eth ip6-back icmp6-solicitation",
    "eth ip6 icmp6-advertisement",
    "eth-multicast ip6-multicast icmp6-router",
    "eth-multicast ip6-multicast udp data",
    "eth ip6 hop-by-hop icmp6-echo",
    "eth ip6 hop-by-hop options6 routing udp data",
    "eth ip6 fragment6 udp data",
    "eth ip6 fragment6 tcp-http",
    "eth ip6 ah tcp-syn",
    "eth ip6 esp",
    "eth ip6 sctp data",
    "eth ip6 pim",
    "eth ip6 vrrp",
    "eth ip6 ip tcp-http",
    "eth ip6 ip6-back udp",
    "eth arp",
    "eth-broadcast arp",
    "eth rarp",
    "eth lldp",
    "eth decnet",
    "eth lat",
    "eth vlan ip tcp-http data",
    "eth vlan ip6 udp data",
    "eth vlan arp",
    "eth vlan-200 ip udp-query",
    "eth vlan-200 ip-back icmp-echo",
    "eth qinq vlan ip tcp-syn",
    "eth qinq vlan-200 ip6 icmp6-echo",
    "eth vlan vlan-200 ip udp data",
    "eth qinq-9100 vlan arp",
    "eth qinq vlan vlan-200 ip tcp-https",
    "eth vlan pppoes ip udp",
    "eth mpls mpls-end ip udp data",
    "eth mpls-end ip tcp-syn",
    "eth mpls-end ip6 tcp-http",
    "eth mpls mpls mpls-end ip icmp-echo",
    "eth vlan mpls mpls-end ip udp",
    "eth pppoed",
    "eth pppoes ip tcp-http data",
    "eth pppoes ip6 udp data",
    "eth pppoes ip-back icmp-reply",
    "802.3 stp",
    "802.3 isis data",
    "802.3 isis-l2 data",
    "802.3 esis",
    "802.3 clnp data",
    "802.3 netbeui data",
    "802.3 ipx data",
    "802.3 snap ip udp",
    "802.3 snap arp",
    "802.3 snap-apple data",
    "eth ip udp " KIB1,
    "eth ip tcp-http " KIB1,
    "eth ip6 udp " KIB1 " " KIB1,
    "eth vlan ip udp " KIB1 " " KIB1 " " KIB1,
    "eth ip-options tcp-http " KIB1 " " KIB1 " " KIB1,
};

static const struct layer *find_layer(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(layers); i++) {
        if (g_str_equal(layers[i].name, name))
            return &layers[i];
    }
    g_error("no layer is called %s", name);
}

static void store16(GByteArray *bytes, guint at, uint16_t number)
{
    bytes->data[at] = number >> 8;
    bytes->data[at + 1] = number & 0xff;
}

/* Writes the number of the next layer into one layer, which begins at start. */
static void chain(GByteArray *bytes, const struct layer *layer, guint start,
                  const struct layer *next)
{
    switch (layer->next) {
    case NUMBER_NONE:
        break;
    case NUMBER_ETHERTYPE:
        store16(bytes, start + layer->next_at, next->ethertype);
        break;
    case NUMBER_PROTOCOL:
        bytes->data[start + layer->next_at] = (uint8_t)next->protocol;
        break;
    case NUMBER_PPP:
        store16(bytes, start + layer->next_at, next->ppp);
        break;
    }
}

struct frame frame_make(const char *kind)
{
    struct frame frame = {.bytes = g_byte_array_new()};
    g_auto(GStrv) names = g_strsplit(kind, " ", -1);
    guint count = g_strv_length(names);
    g_autofree guint *starts = g_new(guint, count);

    for (guint i = 0; i < count; i++) {
        const struct layer *layer = find_layer(names[i]);

        starts[i] = frame.bytes->len;
        g_byte_array_append(frame.bytes, (const guint8 *)layer->bytes, layer->length);
        if (i > 0)
            chain(frame.bytes, find_layer(names[i - 1]), starts[i - 1], layer);
    }
    for (guint i = 0; i < count; i++) {
        const struct layer *layer = find_layer(names[i]);

        if (layer->length_at > 0) {
            store16(frame.bytes, starts[i] + layer->length_at,
                    (uint16_t)(frame.bytes->len - starts[i] - layer->length_from));
        }
    }
    frame.network =
        count > 1 && g_str_has_prefix(names[1], "ip") && names[1][2] != 'x' ? starts[1] : 0;
    return frame;
}

GArray *frames_make(void)
{
    GArray *frames = g_array_new(FALSE, FALSE, sizeof(struct frame));

    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        struct frame frame = frame_make(kinds[i]);

        g_array_append_val(frames, frame);
    }
    return frames;
}

void frames_free(GArray *frames)
{
    for (guint i = 0; i < frames->len; i++)
        g_byte_array_unref(g_array_index(frames, struct frame, i).bytes);
    g_array_unref(frames);
}

/* --- changed frames --- */

/* Numbers of protocols, ports, header lengths and flags, so that changed bytes are often
 * meaningful. */
static const uint8_t telling_bytes[] = {0,    1,    2,    4,    6,    7,    8,    17,   40,   41,
                                        43,   44,   47,   50,   51,   53,   58,   60,   0x45, 0x46,
                                        0x4f, 0x50, 0x60, 0x81, 0x86, 0x88, 0xbb, 0xdd, 0xfe, 0xff};

static void change_bytes(struct sample *sample, GRand *rand)
{
    gint changes = g_rand_int_range(rand, 1, 5);

    for (gint i = 0; i < changes; i++) {
        guint at = g_rand_int_range(rand, 0, MIN(sample->whole, 100));

        sample->data[at] =
            g_rand_boolean(rand)
                ? (uint8_t)g_rand_int_range(rand, 0, 256)
                : telling_bytes[g_rand_int_range(rand, 0, G_N_ELEMENTS(telling_bytes))];
    }
}

/* Most cuts are in the headers, where they matter. */
static void cut(struct sample *sample, GRand *rand)
{
    bool in_headers = g_rand_int_range(rand, 0, 4) > 0;
    guint limit = in_headers ? MIN(sample->whole, 90) : sample->whole;

    sample->caplen = g_rand_int_range(rand, 1, limit + 1);
}

static void choose_present(struct sample *sample, GRand *rand)
{
    static const guint sizes[] = {0, 14, 20, 34, 40, 54, 64, 128, 256, 256, G_MAXUINT};
    guint size = sizes[g_rand_int_range(rand, 0, G_N_ELEMENTS(sizes))];

    sample->present = MIN(size, sample->caplen);
}

static struct sample make_sample(const struct frame *frame, bool without_link, bool unchanged,
                                 GRand *rand)
{
    guint skip = without_link ? frame->network : 0, whole = frame->bytes->len - skip;
    struct sample sample = {.data = g_memdup2(frame->bytes->data + skip, whole),
                            .whole = whole,
                            .caplen = whole,
                            .wirelen = whole};

    if (!unchanged && g_rand_int_range(rand, 0, 3) > 0)
        change_bytes(&sample, rand);
    if (!unchanged && g_rand_boolean(rand))
        cut(&sample, rand);
    if (!unchanged && g_rand_boolean(rand)) {
        sample.wirelen = sample.caplen; /* it never was longer */
    }
    choose_present(&sample, rand);
    return sample;
}

GArray *samples_make(const GArray *frames, bool without_link, guint count, guint32 seed)
{
    GArray *samples = g_array_new(FALSE, FALSE, sizeof(struct sample));
    GRand *rand = g_rand_new_with_seed(seed);

    for (guint i = 0; samples->len < count; i++) {
        const struct frame *frame = &g_array_index(frames, struct frame, i % frames->len);

        if (!without_link || frame->network > 0) {
            struct sample sample = make_sample(frame, without_link, i < frames->len, rand);

            g_array_append_val(samples, sample);
        }
    }
    g_rand_free(rand);
    return samples;
}

void samples_free(GArray *samples)
{
    for (guint i = 0; i < samples->len; i++)
        g_free(g_array_index(samples, struct sample, i).data);
    g_array_unref(samples);
}
