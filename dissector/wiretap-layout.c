/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wiretap-layout.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/mman.h>
#include <unistd.h>

/* A pcapng file with one interface and one packet, with values that no other member has by chance:
 * link type 147, a snap length of 4711, nanoseconds. */
static const uint32_t probe[] = {
    0x0A0D0D0A, 28, 0x1A2B3C4D, 1,    0xFFFFFFFF,  0xFFFFFFFF, 28,     /* section header */
    1,          32, 147,        4711, 1 << 16 | 9, 9,          0,  32, /* interface, tsresol 9 */
    6,          36, 0,          0,    0,           4,          4,  0,  36, /* packet */
};

static bool has_known_values(struct wtap *wth, const char *path)
{
    const struct wtap_layout *layout = wiretap_layout(wth);
    g_autofree wtapng_iface_descriptions_t *interfaces = wtap_file_get_idb_info(wth);
    return layout->file_type_subtype == wtap_file_type_subtype(wth) &&
           layout->snapshot_length == wtap_snapshot_length(wth) &&
           layout->file_encap == wtap_file_encap(wth) &&
           layout->file_tsprec == wtap_file_tsprec(wth) &&
           layout->interface_data == interfaces->interface_data &&
           layout->interface_data->len == 1 && wtap_file_get_num_shbs(wth) == 1 &&
           layout->shb_hdrs->len == 1 &&
           g_array_index(layout->shb_hdrs, wtap_block_t, 0) == wtap_file_get_shb(wth, 0) &&
           g_strcmp0(layout->pathname, path) == 0;
}

static bool check_file(const char *path)
{
    int err;
    char *err_info = NULL;
    struct wtap *wth = wtap_open_offline(path, WTAP_TYPE_AUTO, &err, &err_info, FALSE);
    bool right = wth && has_known_values(wth, path);
    g_free(err_info);
    if (wth)
        wtap_close(wth);
    return right;
}

int wiretap_temporary_file(GError **error)
{
    int fd = open(g_get_tmp_dir(), O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd >= 0)
        return fd;
    /* The file system has no unnamed files: unlink it before its first byte is written. */
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "pktmon-etl-XXXXXX", NULL);
    fd = g_mkstemp_full(path, O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd >= 0)
        g_unlink(path);
    else
        g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno),
                    "Temporary files cannot be written to %s (%s): set TMPDIR.", g_get_tmp_dir(),
                    g_strerror(errno));
    return fd;
}

char *wiretap_path_of(int fd)
{
    return g_strdup_printf("/proc/self/fd/%d", fd);
}

static bool check_layout(void)
{
    int fd = memfd_create("pktmon-etl", MFD_CLOEXEC);
    if (fd < 0)
        return false;
    g_autofree char *path = wiretap_path_of(fd);
    bool written = write(fd, probe, sizeof(probe)) == (ssize_t)sizeof(probe);
    bool right = written && check_file(path);
    close(fd);
    return right;
}

bool wiretap_layout_is_right(void)
{
    static enum { UNKNOWN, RIGHT, WRONG } known = UNKNOWN;
    if (known == UNKNOWN)
        known = check_layout() ? RIGHT : WRONG;
    return known == RIGHT;
}
