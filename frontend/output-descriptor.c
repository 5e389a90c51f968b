/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output-descriptor.h"

#include <poll.h>
#include <sys/stat.h>

bool frontend_has_reader_gone(int fd)
{
    struct pollfd reader = {.fd = fd};
    return poll(&reader, 1, 0) > 0 && reader.revents & (POLLERR | POLLHUP);
}

bool frontend_is_regular_file(int fd)
{
    struct stat status;
    return fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

enum pktmon_carrier frontend_choose_carrier(int fd)
{
    return frontend_is_regular_file(fd) ? PKTMON_CARRIER_BLOCKS : PKTMON_CARRIER_FRAMES;
}
