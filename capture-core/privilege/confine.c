/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "confine.h"

#include <errno.h>
#include <seccomp.h>

static int allow(scmp_filter_ctx filter, const struct confine_call *allowed)
{
    int error = allowed->count ? 0 : seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed->call, 0);

    for (size_t i = 0; !error && i < allowed->count; i++)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed->call, 1,
                                 SCMP_CMP(allowed->argument, SCMP_CMP_EQ, allowed->values[i]));
    return error;
}

int confine_calls(const struct confine_call *allowed, size_t count)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    int error = filter ? 0 : -ENOMEM;

    for (size_t i = 0; !error && i < count; i++)
        error = allow(filter, &allowed[i]);
    if (!error)
        error = seccomp_load(filter);
    seccomp_release(filter);
    return error;
}
