/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The structure of an open file inside libwiretap, of which no installed header tells. It differs
 * from one minor release to the next, so it is checked before it is used (wiretap-layout.c).
 */
#ifndef PKTMON_WIRETAP_LAYOUT_H
#define PKTMON_WIRETAP_LAYOUT_H

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

/* A file in the folder of temporary files that has no name, so that none stays behind, whatever
 * ends the program. -1: error. */
int wiretap_temporary_file(GError **error);
/* By which the same file can be opened once more; the caller frees it. */
char *wiretap_path_of(int fd);

/* Whether the structure above is that of the running Wireshark. Looked at once. */
bool wiretap_layout_is_right(void);

#endif
