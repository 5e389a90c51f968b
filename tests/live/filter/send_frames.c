/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * send_frames DEVICE CLASS COUNT SEED: sends COUNT frames of all kinds (frames.h), unchanged,
 * changed and cut, from a packet socket. After its headers, each frame repeats a mark of its own: a
 * magic number, and a number whose upper byte is the class. In long frames, the linear part of the
 * skb holds only the addresses.
 */
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "frames.h"

#define MAGIC       0xD5B30EA7U
#define MARK_SIZE   8
#define CLASS_SHIFT 24
#define FIRST       0x100000 /* frames are numbered from here on */
#define MTU         9000
#define DATA        "The quick"
#define PAUSE_US    1000

static const guint tails[] = {1, 1, 3, 8, 30, 100, 170, 180, 400, 700, 1000}; /* marks */

static void append_marks(GByteArray *bytes, guint32 number, guint count)
{
    const guint32 mark[] = {g_htonl(MAGIC), g_htonl(number)};

    while (count-- > 0)
        g_byte_array_append(bytes, (const guint8 *)mark, MARK_SIZE);
}

/* Marks replace the frame's payload. */
static GByteArray *with_marks(const struct sample *sample, guint32 number, guint tail)
{
    GByteArray *bytes = g_byte_array_new();
    const uint8_t *data = memmem(sample->data, sample->caplen, DATA, strlen(DATA));
    guint headers = data ? (guint)(data - sample->data) : sample->caplen;

    g_byte_array_append(bytes, sample->data, headers);
    append_marks(bytes, number, (sample->caplen - headers) / MARK_SIZE + tail);
    if (bytes->len < ETH_HLEN + MARK_SIZE)
        append_marks(bytes, number, 2);
    g_byte_array_set_size(bytes, MIN(bytes->len, ETH_HLEN + MTU));
    return bytes;
}

static int open_socket(const char *device)
{
    const struct sockaddr_ll address = {.sll_family = AF_PACKET,
                                        .sll_ifindex = (int)if_nametoindex(device)};
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), one = 1;

    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
        setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof(one)) != 0) {
        perror(device);
        exit(EXIT_FAILURE);
    }
    return fd;
}

static void send_one(int fd, GByteArray *bytes)
{
    struct virtio_net_hdr header = {.hdr_len = ETH_HLEN};
    const struct iovec parts[] = {{&header, sizeof(header)}, {bytes->data, bytes->len}};

    if (writev(fd, parts, G_N_ELEMENTS(parts)) < 0) {
        perror("sending");
        exit(EXIT_FAILURE);
    }
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "Usage: send_frames DEVICE CLASS COUNT SEED\n");
        return EXIT_FAILURE;
    }
    int fd = open_socket(argv[1]);
    guint32 class = (guint32)atoi(argv[2]), seed = (guint32)atoi(argv[4]);
    GArray *frames = frames_make();
    GArray *samples = samples_make(frames, false, (guint)atoi(argv[3]), seed);
    GRand *rand = g_rand_new_with_seed(seed);

    for (guint i = 0; i < samples->len; i++) {
        guint tail = tails[g_rand_int_range(rand, 0, G_N_ELEMENTS(tails))];
        GByteArray *bytes = with_marks(&g_array_index(samples, struct sample, i),
                                       class << CLASS_SHIFT | (FIRST + i), tail);

        send_one(fd, bytes);
        g_byte_array_unref(bytes);
        g_usleep(PAUSE_US);
    }
    g_rand_free(rand);
    samples_free(samples);
    frames_free(frames);
    return EXIT_SUCCESS;
}
