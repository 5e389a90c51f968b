/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "confine-files.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* --- files --- */

/* As in uapi linux/landlock.h of 6.10; Debian 12's header is older. */
#define ABI_FLAG       (1U << 0) /* LANDLOCK_CREATE_RULESET_VERSION */
#define BENEATH        1         /* LANDLOCK_RULE_PATH_BENEATH */
#define RUN            (1ULL << 0)
#define READ_FILE      (1ULL << 2)
#define READ_DIRECTORY (1ULL << 3)
#define TCP            3ULL /* bind and connect; ABI 4 */
#define TCP_ABI        4

struct landlock_rules {
    uint64_t files;
    uint64_t network;
};

struct landlock_beneath {
    uint64_t allowed;
    int32_t parent;
} __attribute__((packed));

/* All file accesses that a version of Landlock can restrict. */
static uint64_t files_of(long abi)
{
    static const uint64_t known[] = {0, 13, 14, 15, 15, 16}; /* number of access bits, by version */

    return (1ULL << known[abi < 5 ? abi : 5]) - 1;
}

/* A path that does not exist needs no rule. */
static int allow_reading(int rules, const struct confine_place *place)
{
    struct landlock_beneath beneath = {.allowed = READ_DIRECTORY |
                                                  (place->only_names ? 0 : READ_FILE) |
                                                  (place->programs ? RUN : 0),
                                       .parent = open(place->path, O_PATH | O_CLOEXEC)};
    struct stat status;
    int error = 0;

    if (beneath.parent < 0)
        return 0;
    if (!fstat(beneath.parent, &status) && !S_ISDIR(status.st_mode))
        beneath.allowed &= ~READ_DIRECTORY;
    if (syscall(SYS_landlock_add_rule, rules, BENEATH, &beneath, 0))
        error = -errno;
    close(beneath.parent);
    return error;
}

/* The version of Landlock; not positive: the kernel has none. */
static long landlock_abi(void)
{
    return syscall(SYS_landlock_create_ruleset, NULL, 0, ABI_FLAG);
}

bool confine_has_files(void)
{
    return landlock_abi() > 0;
}

int confine_files(const struct confine_place *readable)
{
    long abi = landlock_abi();
    struct landlock_rules forbidden = {.files = abi > 0 ? files_of(abi) : 0, .network = TCP};
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
