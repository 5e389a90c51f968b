/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "account.h"

#include <glib.h>
#include <string.h>

#include "hash.h"

enum { READING_VALUES = 9 };
struct reading {
    guint64 key; /* component, edge and kind of counters */
    uint64_t values[READING_VALUES];
};

struct pktmon_account {
    GHashTable *readings; /* struct reading, by its key */
    GHashTable *lost;     /* component id -> uint64_t */
};

struct pktmon_account *pktmon_account_new(void)
{
    struct pktmon_account *account = g_new0(struct pktmon_account, 1);

    account->readings = g_hash_table_new_full(pktmon_hash_u64, g_int64_equal, NULL, g_free);
    account->lost = g_hash_table_new_full(pktmon_hash_id, NULL, NULL, g_free);
    return account;
}

void pktmon_account_free(struct pktmon_account *account)
{
    if (!account) {
        return;
    }
    g_hash_table_destroy(account->readings);
    g_hash_table_destroy(account->lost);
    g_free(account);
}

static struct reading reading_of(uint32_t component, const struct pktmon_counters *counters)
{
    return (struct reading){
        .key = (guint64)component << 32 | (guint64)counters->edge << 2 |
               (guint64)counters->has_flow << 1 | (guint64)counters->has_drops,
        .values = {counters->packets_in, counters->bytes_in, counters->packets_out,
                   counters->bytes_out, counters->drops_in, counters->drops_out,
                   counters->drop_bytes_in, counters->drop_bytes_out, counters->lost},
    };
}

bool pktmon_account_changed(struct pktmon_account *account, uint32_t component,
                            const struct pktmon_counters *counters)
{
    const struct reading now = reading_of(component, counters);
    struct reading *known = g_hash_table_lookup(account->readings, &now.key);

    if (!known) {
        known = g_new0(struct reading, 1);
        known->key = now.key;
        g_hash_table_insert(account->readings, &known->key, known);
    }
    bool changed = memcmp(known->values, now.values, sizeof(now.values)) != 0;
    *known = now;
    return changed;
}

bool pktmon_counters_are_zero(const struct pktmon_counters *counters)
{
    static const uint64_t zero[READING_VALUES];
    const struct reading reading = reading_of(0, counters);

    return memcmp(reading.values, zero, sizeof(zero)) == 0;
}

void pktmon_account_keep_loss(struct pktmon_account *account, uint32_t component, uint64_t lost)
{
    if (lost == 0) {
        return;
    }
    uint64_t *kept = g_hash_table_lookup(account->lost, GUINT_TO_POINTER(component));
    if (!kept) {
        kept = g_new0(uint64_t, 1);
        g_hash_table_insert(account->lost, GUINT_TO_POINTER(component), kept);
    }
    *kept += lost;
}

uint64_t pktmon_account_take_loss(struct pktmon_account *account, uint32_t component)
{
    uint64_t *kept = g_hash_table_lookup(account->lost, GUINT_TO_POINTER(component));
    uint64_t lost = kept ? *kept : 0;

    if (kept) {
        *kept = 0;
    }
    return lost;
}
