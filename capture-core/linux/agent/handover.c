/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "handover.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union one_descriptor {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
};

bool handover_open(int sockets[2])
{
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) == 0;
}

void handover_send(int socket, const void *message, size_t size, int file)
{
    union one_descriptor control = {};
    struct iovec part = {.iov_base = (void *)message, .iov_len = size};
    struct msghdr parcel = {.msg_iov = &part, .msg_iovlen = 1};

    if (file != HANDOVER_NO_FILE) {
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(sizeof(file));
        memcpy(CMSG_DATA(&control.header), &file, sizeof(file));
        parcel.msg_control = &control;
        parcel.msg_controllen = sizeof(control);
    }
    if (sendmsg(socket, &parcel, MSG_NOSIGNAL) < 0)
        exit(EXIT_SUCCESS);
}

/* There is room for one alone: the kernel closes others. */
static int descriptor_of(struct msghdr *parcel)
{
    const struct cmsghdr *control = CMSG_FIRSTHDR(parcel);
    int file;

    if (!control || control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS ||
        control->cmsg_len != CMSG_LEN(sizeof(file)))
        return HANDOVER_NO_FILE;
    memcpy(&file, CMSG_DATA(control), sizeof(file));
    return file;
}

void handover_receive(int socket, void *message, size_t size, int *file)
{
    union one_descriptor control = {};
    struct iovec part = {.iov_base = message, .iov_len = size};
    struct msghdr parcel = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = &control,
                            .msg_controllen = sizeof(control)};
    ssize_t length = recvmsg(socket, &parcel, MSG_CMSG_CLOEXEC | MSG_TRUNC);

    if (length <= 0)
        exit(EXIT_SUCCESS);
    if ((size_t)length != size)
        exit(EXIT_FAILURE);
    *file = descriptor_of(&parcel);
}
