/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pcap-file.h"

#include "pcapng/descriptor-writer.h"

#define MAGIC_NANOSECONDS 0xA1B23C4Du
#define VERSION_MAJOR     2
#define VERSION_MINOR     4
#define SNAPLEN           262144u /* the longest packet that libpcap reads */
#define NS_PER_SECOND     UINT64_C(1000000000)

#define FLUSH_SIZE (1024 * 1024)

/* In this machine's byte order, which the magic number shows. */
struct etl_pcap_file_header {
    uint32_t magic;
    uint16_t major, minor;
    uint32_t zone, accuracy, snaplen, link_type;
};

struct etl_pcap_packet_header {
    uint32_t seconds, nanoseconds, caplen, origlen;
};

struct etl_pcap_file {
    GByteArray *buffer;
    struct descriptor_writer *output;
    uint64_t size; /* of what the buffer has passed on */
    bool closed;
};

struct etl_pcap_file *etl_pcap_file_new(int fd, uint16_t link_type)
{
    struct etl_pcap_file *file = g_new0(struct etl_pcap_file, 1);
    const struct etl_pcap_file_header header = {.magic = MAGIC_NANOSECONDS,
                                                .major = VERSION_MAJOR,
                                                .minor = VERSION_MINOR,
                                                .snaplen = SNAPLEN,
                                                .link_type = link_type};
    file->buffer = g_byte_array_sized_new(FLUSH_SIZE + SNAPLEN);
    file->output = descriptor_writer_new(fd, true);
    g_byte_array_append(file->buffer, (const uint8_t *)&header, sizeof(header));
    return file;
}

void etl_pcap_file_free(struct etl_pcap_file *file)
{
    if (!file)
        return;
    descriptor_writer_free(file->output);
    g_byte_array_unref(file->buffer);
    g_free(file);
}

static bool put_buffer(struct etl_pcap_file *file, GError **error)
{
    file->size += file->buffer->len;
    bool ok = descriptor_writer_put(file->output, &file->buffer, error);
    file->closed = !ok && descriptor_writer_closed(file->output);
    return ok;
}

bool etl_pcap_file_put(struct etl_pcap_file *file, const struct pktmon_packet *packet,
                       uint64_t time, GError **error)
{
    const struct etl_pcap_packet_header header = {.seconds = (uint32_t)(time / NS_PER_SECOND),
                                                  .nanoseconds = (uint32_t)(time % NS_PER_SECOND),
                                                  .caplen = MIN(packet->caplen, SNAPLEN),
                                                  .origlen = MAX(packet->origlen, packet->caplen)};
    g_byte_array_append(file->buffer, (const uint8_t *)&header, sizeof(header));
    if (header.caplen > 0)
        g_byte_array_append(file->buffer, packet->data, header.caplen);
    return file->buffer->len < FLUSH_SIZE || put_buffer(file, error);
}

bool etl_pcap_file_flush(struct etl_pcap_file *file, GError **error)
{
    bool ok = put_buffer(file, error) && descriptor_writer_finish(file->output, error);
    file->closed = !ok && descriptor_writer_closed(file->output);
    return ok;
}

bool etl_pcap_file_closed(const struct etl_pcap_file *file)
{
    return file->closed;
}

uint64_t etl_pcap_file_size(const struct etl_pcap_file *file)
{
    return file->size + file->buffer->len;
}
