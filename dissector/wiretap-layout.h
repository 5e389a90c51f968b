/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libwiretap's structure of an open file, which no installed header declares. It differs between
 * minor releases, so it is checked before it is used (wiretap-layout.c).
 */
#ifndef PKTMON_DISSECTOR_WIRETAP_LAYOUT_H
#define PKTMON_DISSECTOR_WIRETAP_LAYOUT_H

#include "compat.h"

typedef compat_bool subtype_read(struct wtap *wth, wtap_rec *rec, Buffer *buffer, int *err,
                                 char **err_info, gint64 *offset);
typedef compat_bool subtype_seek_read(struct wtap *wth, gint64 offset, wtap_rec *rec,
                                      Buffer *buffer, int *err, char **err_info);

/* struct wtap of wiretap/wtap-int.h, as of the Wireshark that this is built for. */
struct wtap_layout {
    void *fh;
    void *random_fh;
    compat_bool ispipe;
    int file_type_subtype;
    unsigned snapshot_length;
    GArray *shb_hdrs;
#if COMPAT_WIRESHARK_FROM(4, 4)
    GArray *shb_iface_to_global;
#endif
    GArray *interface_data; /* of wtap_block_t */
    unsigned next_interface_data;
    GArray *nrbs;
    GArray *dsbs;
#if COMPAT_WIRESHARK_FROM(4, 2)
    GArray *meta_events;
#endif
    char *pathname;
    void *priv; /* freed by libwiretap with g_free() */
    void *wslua_data;
    subtype_read *read;
    subtype_seek_read *seek_read;
    void (*sequential_close)(struct wtap *wth);
    void (*close)(struct wtap *wth);
    int file_encap;
    int file_tsprec;
};

static inline struct wtap_layout *wiretap_layout(struct wtap *wth)
{
    return (struct wtap_layout *)wth;
}

/* An unnamed file in the folder for temporary files, so that none is left behind however the
 * program ends. -1: error is set. */
int wiretap_temporary_file(GError **error);
/* A path by which the same file can be opened again. The caller frees it. */
char *wiretap_path_of(int fd);

/* Whether the structure above matches the running Wireshark. Checked once. */
bool wiretap_layout_is_right(void);

#endif
