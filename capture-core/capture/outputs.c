/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "outputs.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* File systems whose files are elsewhere: what is written to them goes through a network
 * (linux/magic.h, and those that have their number in their own source). */
static const struct {
    uint32_t type;
    const char *name;
} network_file_systems[] = {
    {0x6969, "NFS"},     {0xFF534D42, "CIFS"}, {0xFE534D42, "SMB"},
    {0x517B, "SMB"},     {0x00C36400, "Ceph"}, {0x5346414F, "AFS"},
    {0x01161970, "GFS"}, {0x73757245, "Coda"}, {0x0BD00BD0, "Lustre"},
};

static const char *network_file_system_of(int fd)
{
    struct statfs status;

    if (fstatfs(fd, &status))
        return NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(network_file_systems); i++) {
        if (network_file_systems[i].type == (uint32_t)status.f_type)
            return network_file_systems[i].name;
    }
    return NULL;
}

static bool has(const struct outputs *outputs, int fd)
{
    for (size_t i = 0; i < outputs->count; i++) {
        if (outputs->descriptors[i] == fd)
            return true;
    }
    return false;
}

void outputs_add(struct outputs *outputs, int fd)
{
    struct stat status;

    if (fd < 0 || fstat(fd, &status) || has(outputs, fd))
        return;
    if (S_ISREG(status.st_mode)) {
        if (!outputs->network_file)
            outputs->network_file = network_file_system_of(fd);
        return;
    }
    if ((S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode) || isatty(fd)) &&
        outputs->count < OUTPUTS_MAX)
        outputs->descriptors[outputs->count++] = fd;
}
