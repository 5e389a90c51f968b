/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reader.h"

#include <poll.h>

bool reader_has_gone(int fd)
{
    struct pollfd reader = {.fd = fd};
    return poll(&reader, 1, 0) > 0 && reader.revents & (POLLERR | POLLHUP);
}
