/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes packets of one link type as a classic pcap file, for programs that read nothing else. */
#ifndef PKTMON_ETL_READER_PCAP_FILE_H
#define PKTMON_ETL_READER_PCAP_FILE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "pktmon/event.h"

struct etl_pcap_file;

/* fd is borrowed. */
struct etl_pcap_file *etl_pcap_file_new(int fd, uint16_t link_type);
void etl_pcap_file_free(struct etl_pcap_file *file);
/* False: error; or the reader closed the pipe, and error is not set. */
bool etl_pcap_file_put(struct etl_pcap_file *file, const struct pktmon_packet *packet,
                       uint64_t time, GError **error);
bool etl_pcap_file_flush(struct etl_pcap_file *file, GError **error);
bool etl_pcap_file_closed(const struct etl_pcap_file *file);
uint64_t etl_pcap_file_size(const struct etl_pcap_file *file);

#endif
