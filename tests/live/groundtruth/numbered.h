/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shared by the parts of numbered: the settings of the command line, and helpers that end the
 * program on an error.
 */
#ifndef NUMBERED_H
#define NUMBERED_H

#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define MARK_SIZE      8
#define CLASS_SHIFT    24
#define MAX_SIZE       65000     /* of a packet */
#define STREAM_PART    (1 << 20) /* bytes that one end of a stream writes or reads at once */
#define NS_PER_S       1000000000ULL
#define RECEIVE_BUFFER (64 * 1024 * 1024)
/* Interval of the bursts of paced traffic. */
#define PACE_INTERVAL_NS 1000000ULL

extern struct settings {
    const char *at;     /* the address to send to, or to receive at */
    const char *from;   /* the address to send from */
    const char *join;   /* a multicast group */
    const char *device; /* its device */
    uint64_t port;
    uint64_t source; /* the port to send from; 0 = any */
    uint64_t count;  /* packets; bytes of a stream */
    uint64_t rate;   /* packets per second */
    uint64_t size;   /* bytes of payload, a multiple of MARK_SIZE */
    uint64_t class;
    uint64_t first;   /* the first number */
    uint64_t ttl;     /* 0 = the default */
    uint64_t segment; /* UDP_SEGMENT: bytes of each datagram */
    uint64_t buffer;  /* SO_RCVBUF; 0 = as much as possible */
    uint64_t read;    /* packets to read before it stops reading; of a stream: bytes */
    uint64_t hold;    /* bytes of a stream before it waits for a byte of its input; 0 = never */
} settings;

extern volatile sig_atomic_t stop_wanted;

struct address {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    };
    socklen_t length;
};

void fail(const char *what);
/* Ends the program if the status is negative. */
void check(int status, const char *what);
uint64_t smaller(uint64_t one, uint64_t other);
uint64_t now_ns(void);
void sleep_until(uint64_t time);
/* Reports that the program is ready. */
void ready(void);

struct address parse_address(const char *text, uint16_t port);
void set_option(int fd, int level, int option, int value, const char *what);
int open_socket(const struct address *address, int type, int protocol);

/* Fills the data with marks of the number, and of the following ones by the step. */
void write_marks(uint8_t *data, size_t size, uint32_t number, uint32_t step);
/* The number of a packet, counted from 0, with its class. */
uint32_t number_of(uint64_t packet);
/* The Internet checksum, continued from the sum of other data; in network order. */
uint16_t internet_checksum(uint32_t sum, const uint8_t *data, size_t size);

/* Commands. */
void send_udp(void);
void send_bad_udp(void);
void send_echo(void);
void receive_udp(void);
void receive_raw(void);
void be_wire(void);
void send_stream(void);
void receive_stream(void);
void churn(void);
void churn_serve(void);
void idle(void);

#endif
