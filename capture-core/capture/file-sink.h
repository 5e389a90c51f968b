/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A sink that writes pcapng to a descriptor. Hooks decide what is written and when another file
 * begins; without them every event goes to the one descriptor.
 */
#ifndef PKTMON_CAPTURE_FILE_SINK_H
#define PKTMON_CAPTURE_FILE_SINK_H

#include "capture-sink.h"
#include "pktmon/metadata.h"

struct file_sink;

/* Each may be NULL. All are called from within the capture's run, and may stop it. */
struct file_sink_hooks {
    /* The capture has begun; its description is written next. */
    void (*begin)(void *context);
    /* In place of writing the event: calls file_sink_write(), or leaves the event out; may begin
     * another file before. */
    void (*take)(void *context, const struct pktmon_event *event);
    /* As of struct capture_sink_ops. */
    void (*miss)(void *context, const struct pktmon_event *event);
    /* Everything so far was taken and flushed. */
    void (*caught_up)(void *context);
    /* The file is about to be ended. */
    void (*finish)(void *context);
    /* Once: nothing more can be written. written: bytes that the file has. */
    void (*fail)(void *context, uint64_t written);
    void *context;
};

struct file_sink_options {
    int fd; /* borrowed; blocking writes */
    enum pktmon_carrier carrier;
    const char *application; /* that is named in the file; borrowed */
    bool quiet;              /* as few frames on "@pktmon" as possible: see pcapng-writer.h */
    struct file_sink_hooks hooks;
};

struct file_sink *file_sink_new(const struct file_sink_options *options);
/* As the sink of a capture, which owns it then. */
struct capture_sink *file_sink_base(struct file_sink *file);

/* For the hooks. False: nothing more can be written; the capture ends with the reason. */
bool file_sink_write(struct file_sink *file, const struct pktmon_event *event);
bool file_sink_flush(struct file_sink *file);
/* Ends the section and begins another one on another file. fd is borrowed; the descriptor before
 * is not used any more. */
bool file_sink_continue(struct file_sink *file, int fd, uint64_t time);
/* The hook could not do its part. Takes ownership of error. */
void file_sink_fail(struct file_sink *file, GError *error);

/* Bytes of the section so far, those in the buffer too. */
uint64_t file_sink_size(const struct file_sink *file);
/* Whether the section has the component's description, and packets of it. */
bool file_sink_describes(const struct file_sink *file, uint32_t component);
bool file_sink_has_packets_of(const struct file_sink *file, uint32_t component);

#endif
