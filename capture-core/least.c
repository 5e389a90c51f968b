/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "least.h"

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

bool pktmon_keep_least(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

    if (syscall(SYS_capget, &header, data))
        return false;
    for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
        data[i].permitted &= i == 0 ? 1U << CAP_DAC_OVERRIDE : 0;
        data[i].effective &= data[i].permitted;
        data[i].inheritable = 0; /* and with it the ambient ones */
    }
    return syscall(SYS_capset, &header, data) == 0;
}
