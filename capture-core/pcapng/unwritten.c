/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwritten.h"

#include <glib.h>

#include "account.h"
#include "model/plural.h"

struct unwritten {
    struct pcapng_account *account; /* of components that exist */
    uint64_t gone;                  /* components */
    struct pcapng_account_sum sum;  /* of these */
};

struct unwritten *unwritten_new(void)
{
    struct unwritten *unwritten = g_new0(struct unwritten, 1);

    unwritten->account = pcapng_account_new();
    return unwritten;
}

void unwritten_free(struct unwritten *unwritten)
{
    pcapng_account_free(unwritten->account);
    g_free(unwritten);
}

void unwritten_note(struct unwritten *unwritten, uint32_t component,
                    const struct pktmon_counters *counters)
{
    pcapng_account_changed(unwritten->account, component, counters);
}

void unwritten_forget(struct unwritten *unwritten, uint32_t component)
{
    pcapng_account_forget(unwritten->account, component);
}

void unwritten_close(struct unwritten *unwritten, uint32_t component)
{
    const struct pcapng_account_sum sum = pcapng_account_sum(unwritten->account, component);

    pcapng_account_forget(unwritten->account, component);
    if (sum.packets + sum.drops == 0)
        return;
    unwritten->gone++;
    unwritten->sum.packets += sum.packets;
    unwritten->sum.drops += sum.drops;
}

char *unwritten_sentence(const struct unwritten *unwritten)
{
    const struct pcapng_account_sum *sum = &unwritten->sum;

    if (unwritten->gone == 0)
        return NULL;
    return g_strdup_printf(
        "Counters of removed components without a packet in this capture are not written: "
        "%" G_GUINT64_FORMAT " %s, %" G_GUINT64_FORMAT " %s at %s edges, %" G_GUINT64_FORMAT " %s.",
        unwritten->gone, PLURAL(unwritten->gone, "component", "components"), sum->packets,
        PLURAL(sum->packets, "packet", "packets"), PLURAL(unwritten->gone, "its", "their"),
        sum->drops, PLURAL(sum->drops, "drop", "drops"));
}
