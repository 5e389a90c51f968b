/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* --- system calls --- */

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

/* --- files --- */

/* As uapi linux/landlock.h of 6.10: Debian 12's knows less. */
#define ABI_FLAG       (1U << 0) /* LANDLOCK_CREATE_RULESET_VERSION */
#define BENEATH        1         /* LANDLOCK_RULE_PATH_BENEATH */
#define READ_FILE      (1ULL << 2)
#define READ_DIRECTORY (1ULL << 3)
#define TCP            3ULL /* bind and connect; ABI 4 */
#define TCP_ABI        4

struct rules {
    uint64_t files;
    uint64_t network;
};

struct beneath {
    uint64_t allowed;
    int32_t parent;
} __attribute__((packed));

/* All that a version of Landlock can forbid about files. */
static uint64_t files_of(long abi)
{
    static const uint64_t known[] = {0, 13, 14, 15, 15, 16}; /* by version: how many bits */

    return (1ULL << known[abi < 5 ? abi : 5]) - 1;
}

/* What is not there needs no rule. */
static int allow_reading(int rules, const struct confine_place *place)
{
    struct beneath beneath = {.allowed = READ_DIRECTORY | (place->only_names ? 0 : READ_FILE),
                              .parent = open(place->path, O_PATH | O_CLOEXEC)};
    int error = 0;

    if (beneath.parent < 0)
        return 0;
    if (syscall(SYS_landlock_add_rule, rules, BENEATH, &beneath, 0))
        error = -errno;
    close(beneath.parent);
    return error;
}

int confine_files(const struct confine_place *readable)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, ABI_FLAG);
    struct rules forbidden = {.files = abi > 0 ? files_of(abi) : 0, .network = TCP};
    int rules, error = 0;

    if (abi <= 0)
        return 0;
    rules = syscall(SYS_landlock_create_ruleset, &forbidden,
                    abi < TCP_ABI ? sizeof(forbidden.files) : sizeof(forbidden), 0);
    if (rules < 0)
        return -errno;
    for (; !error && readable->path; readable++)
        error = allow_reading(rules, readable);
    if (!error && syscall(SYS_landlock_restrict_self, rules, 0))
        error = -errno;
    close(rules);
    return error;
}

/* --- capabilities --- */

int confine_bounding_set(void)
{
    for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++) {
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) && errno != EPERM)
            return -errno;
    }
    return 0;
}
