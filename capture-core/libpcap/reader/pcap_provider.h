/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of the libpcap provider, for each other. */
#ifndef PKTMON_PCAP_PROVIDER_H
#define PKTMON_PCAP_PROVIDER_H

#include <glib.h>
#include <linux/if_link.h>
#include <stdbool.h>
#include <stdint.h>

#include "../../linux/reader/topology.h"
#include "groups.h"
#include "links.h"
#include "order.h"
#include "provider.h"
#include "sniffer.h"

enum { WAY_RX, WAY_TX, WAYS };

/* Of struct rtnl_link_stats64, what is shown. */
struct pcap_statistics {
    uint64_t packets[WAYS], bytes[WAYS], dropped[WAYS];
};

struct pcap_device {
    uint32_t ifindex;
    uint32_t component;
    uint32_t master; /* ifindex of the bridge, bond ...; 0 = none */
    uint32_t below;  /* ifindex of the device below; 0 = none */
    uint32_t rank;   /* how many are below: what they receive has the same time in all of them */
    bool is_up;
    bool is_loopback;
    bool is_gone;
    bool is_retired; /* and its last word is said */
    bool is_open;    /* a process captures it, or is about to */
    bool is_refused; /* it cannot be captured, which was told */
    guint listed;    /* in which list it was last */
    char name[RECORD_DEVICE_NAME_SIZE];
    char driver[AGENT_DRIVER_SIZE]; /* of the device of this name */
    uint32_t speed;
    struct pcap_statistics said;    /* by the kernel, last */
    struct pcap_statistics counted; /* since the capture began, of all devices of this number */
    uint64_t lost[WAYS];            /* packets, in all */
    uint64_t told_lost;             /* of these, by an event */
    uint64_t pending_lost;          /* to be told by the next packet that is younger */
    uint64_t pending_time;          /* than this, monotonic ns */
};

struct pcap_provider {
    struct pktmon_provider base;
    struct pktmon_provider_options options;
    struct topology *topology;
    struct links *links;
    GHashTable *devices; /* ifindex -> struct pcap_device */
    GPtrArray *sniffers; /* of struct sniffer */
    struct groups *groups;
    struct order *order;
    bool changed;         /* devices, since they were ranked */
    bool begun;           /* it was started */
    bool capturing;       /* devices that come are captured too */
    guint lists;          /* how many there were */
    uint64_t list_at;     /* monotonic ns; 0: no need */
    int64_t offset;       /* real-time minus monotonic, for the whole capture */
    int64_t clock_offset; /* the same, as the clock is set now */
    uint64_t newest;      /* monotonic time of the newest event delivered */
};

/* --- devices.c --- */

bool pcap_list_devices(struct pcap_provider *provider, GError **error);
/* What the kernel tells of devices by itself. */
bool pcap_hear_of_devices(struct pcap_provider *provider, GError **error);
/* Has the last word of those that have gone said; pcap_forget_device() is to follow. */
void pcap_retire_devices(struct pcap_provider *provider);
/* Unless another one has come in its place. */
void pcap_forget_device(struct pcap_provider *provider, uint32_t component);
/* Of those that are there and wanted, those that are not captured yet. */
bool pcap_open_devices(struct pcap_provider *provider, GError **error);

/* --- delivery.c --- */

/* The time on the monotonic clock of a time on the real one, ns. */
uint64_t pcap_monotonic(const struct pcap_provider *provider, uint64_t time);
/* An event of now, which waits for its place among the packets. */
void pcap_push_component(struct pcap_provider *provider, uint32_t component);
void pcap_push_retired(struct pcap_provider *provider, uint32_t component);
void pcap_push_counters(struct pcap_provider *provider, uint32_t component,
                        const struct pktmon_counters *counters);
void pcap_push_notice(struct pcap_provider *provider, enum pktmon_notice_id id,
                      enum pktmon_level level, uint32_t component, const char *format, ...)
    G_GNUC_PRINTF(5, 6);
void pcap_push_packet(struct pcap_provider *provider, const struct pcap_device *device,
                      const struct pcap_agent_message *message, uint8_t *bytes);
/* What is not after the time. */
void pcap_deliver(struct pcap_provider *provider, uint64_t time);

/* --- capture.c --- */

/* Starts a process that captures these devices. */
bool pcap_start_sniffer(struct pcap_provider *provider, const struct pcap_agent_request *request,
                        GError **error);
/* Waits for what the processes and the kernel have to say, and takes it. */
bool pcap_listen(struct pcap_provider *provider, int timeout_ms, GError **error);
/* Waits until all processes have opened their devices. */
bool pcap_wait_for_start(struct pcap_provider *provider, int timeout_ms, GError **error);
/* Ends the capture, and takes what was captured. */
bool pcap_end_sniffers(struct pcap_provider *provider, int timeout_ms, GError **error);
/* No older packet will come, monotonic ns. */
uint64_t pcap_watermark(const struct pcap_provider *provider);

/* --- counters.c --- */

/* What the kernel says of the device now. */
void pcap_take_statistics(struct pcap_device *device, const struct rtnl_link_stats64 *stats);
/* Of one device. */
void pcap_push_device_counters(struct pcap_provider *provider, struct pcap_device *device);
/* Takes a reading of all counters, and of what was lost. */
bool pcap_read_counters(struct pcap_provider *provider, GError **error);

#endif
