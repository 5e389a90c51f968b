/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why the kernel refuses programs, where something other than a capability is the cause. */
#include "holder.h"

#include <stdio.h>
#include <string.h>

#define LOCKDOWN_FILE "/sys/kernel/security/lockdown"
#define UID_MAP_FILE  "/proc/self/uid_map"

/* "none integrity [confidentiality]": the mode in brackets is the one in force. */
static bool is_locked_down(void)
{
    g_autofree char *modes = NULL;

    return g_file_get_contents(LOCKDOWN_FILE, &modes, NULL, NULL) &&
           strstr(modes, "[confidentiality]");
}

/* The first one of the host maps all users to themselves. */
static bool is_in_user_namespace(void)
{
    g_autofree char *map = NULL;
    unsigned int inside, outside, count;

    if (!g_file_get_contents(UID_MAP_FILE, &map, NULL, NULL) ||
        sscanf(map, "%u %u %u", &inside, &outside, &count) != 3)
        return false;
    return inside != 0 || outside != 0 || count != UINT32_MAX;
}

static const struct {
    bool (*is_cause)(void);
    const char *sentence;
} causes[] = {
    {is_locked_down,
     "The kernel is locked down (mode confidentiality), which forbids the capture's programs to "
     "read its memory: boot with lockdown=integrity, or capture with --provider pcap."},
    {is_in_user_namespace,
     "The kernel refuses the capture's programs in a user namespace (as in a rootless container): "
     "capture on the host itself, or with --provider pcap."},
};

const char *refusal_cause(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(causes); i++) {
        if (causes[i].is_cause())
            return causes[i].sentence;
    }
    return NULL;
}
