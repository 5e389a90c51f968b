/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "least-privilege.h"

#include <linux/capability.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Ambient capabilities, by which a user grants the agent its capabilities where it cannot have file
 * capabilities. */
static uint64_t passed_on(void)
{
    uint64_t ambient = 0;

    for (int capability = 0; capability <= CAP_LAST_CAP; capability++) {
        if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, capability, 0, 0) == 1)
            ambient |= UINT64_C(1) << capability;
    }
    return ambient;
}

bool frontend_keep_least(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
    const uint64_t ambient = passed_on(), own = UINT64_C(1) << CAP_DAC_OVERRIDE;

    if (syscall(SYS_capget, &header, data))
        return false;
    for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
        data[i].effective &= (uint32_t)(own >> 32 * i);
        data[i].permitted &= (uint32_t)((own | ambient) >> 32 * i);
        data[i].inheritable &= (uint32_t)(ambient >> 32 * i);
    }
    return syscall(SYS_capset, &header, data) == 0;
}
