/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "handover.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

union one_descriptor {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
};

bool agent_open_handover(int sockets[2])
{
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) == 0;
}

void agent_send_handover(int socket, const void *message, size_t size, int file)
{
    union one_descriptor control = {};
    struct iovec part = {.iov_base = (void *)message, .iov_len = size};
    struct msghdr parcel = {.msg_iov = &part, .msg_iovlen = 1};

    if (file != AGENT_NO_FILE) {
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

/* The buffer has room for one descriptor: the kernel closes any others. */
static int descriptor_of(struct msghdr *parcel)
{
    const struct cmsghdr *control = CMSG_FIRSTHDR(parcel);
    int file;

    if (!control || control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS ||
        control->cmsg_len != CMSG_LEN(sizeof(file)))
        return AGENT_NO_FILE;
    memcpy(&file, CMSG_DATA(control), sizeof(file));
    return file;
}

void agent_receive_handover(int socket, void *message, size_t size, int *file)
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
