/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arbitrary bytes as the metadata records of a file, in libwireshark: for each record its size
 * (u16) and its bytes, without the magic, which is added. Each record is dissected twice, with a
 * tree, as Wireshark does. All inputs belong to one file: libwireshark needs a fifth of a second to
 * begin another one.
 */
#include <epan/epan.h>
#include <epan/epan_dissect.h>
#include <epan/packet.h>
#include <epan/proto.h>
#include <epan/timestamp.h>
#include <string.h>
#include <wiretap/wtap.h>
#include <wsutil/privileges.h>

#include "etl-reader/bytes.h"
#include "pktmon/metadata.h"

#define MAX_RECORDS 32

void plugin_register(void); /* dissector/packet-pktmon.c */

static struct packet_provider_data {
    nstime_t time;
} provider;
static epan_t *epan;
static guint32 frames_before; /* of the previous inputs */

static const nstime_t *frame_time(struct packet_provider_data *data, guint32 frame)
{
    data->time = (nstime_t){.secs = (time_t)frame};
    return &data->time;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const struct packet_provider_funcs functions = {.get_frame_ts = frame_time};
    (void)argc, (void)argv;
    init_process_policies();
    wtap_init(FALSE);
    plugin_register();
    if (!epan_init(NULL, NULL, FALSE))
        g_error("libwireshark cannot be initialised.");
    timestamp_set_type(TS_RELATIVE);
    epan = epan_new(&provider, &functions);
    return 0;
}

static void dissect(frame_data *frame, wtap_rec *record, const uint8_t *data, size_t size)
{
    epan_dissect_t *dissection = epan_dissect_new(epan, TRUE, TRUE);
    tvbuff_t *tvb = tvb_new_real_data(data, (guint)size, (gint)size);
    epan_dissect_run(dissection, WTAP_FILE_TYPE_SUBTYPE_UNKNOWN, record, tvb, frame, NULL);
    epan_dissect_free(dissection);
}

/* The record's bytes, with the magic. NULL: no more records. */
static uint8_t *take_record(struct etl_cursor *cursor, size_t *size)
{
    uint16_t wanted = etl_take_u16(cursor);
    *size = MIN(wanted, etl_cursor_left(cursor));
    uint8_t *record = g_memdup2(etl_take(cursor, *size), *size);
    if (*size >= PKTMON_METADATA_HEADER_SIZE)
        memcpy(record, PKTMON_METADATA_MAGIC, 4);
    return record;
}

static guint dissect_all(const uint8_t *data, size_t size, bool again)
{
    static frame_data frames[MAX_RECORDS];
    struct etl_cursor cursor = etl_cursor_over(data, size);
    guint i = 0;
    for (; i < MAX_RECORDS && etl_cursor_left(&cursor) > 2; i++) {
        size_t record_size;
        g_autofree uint8_t *bytes = take_record(&cursor, &record_size);
        wtap_rec record;
        if (!bytes)
            break;
        wtap_rec_init(&record);
        record.rec_type = REC_TYPE_CUSTOM_BLOCK;
        record.presence_flags = WTAP_HAS_TS;
        record.ts = *frame_time(&provider, frames_before + i + 1);
        record.rec_header.custom_block_header.length = (guint32)record_size;
        record.rec_header.custom_block_header.pen = PKTMON_ENTERPRISE_NUMBER;
        if (!again)
            frame_data_init(&frames[i], frames_before + i + 1, &record, 0, 0);
        frames[i].visited = again;
        dissect(&frames[i], &record, bytes, record_size);
        if (again)
            frame_data_destroy(&frames[i]);
        wtap_rec_cleanup(&record);
    }
    return i;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    dissect_all(data, size, false);
    frames_before += dissect_all(data, size, true);
    return 0;
}
