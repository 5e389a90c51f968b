/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "account.h"

#include <glib.h>
#include <string.h>

#include "model/salted-hash.h"

enum { READING_VALUES = 10 };

/* The last reading of a counter. */
struct account_reading {
    uint32_t counter; /* edge and kind of counters */
    uint64_t values[READING_VALUES];
};

/* The account of one component. */
struct books {
    GArray *readings; /* of struct account_reading */
    uint64_t lost;    /* events, to be reported with its next packet */
};

struct pcapng_account {
    GHashTable *components; /* id -> struct books */
};

static void books_free(void *data)
{
    struct books *books = data;

    g_array_unref(books->readings);
    g_free(books);
}

struct pcapng_account *pcapng_account_new(void)
{
    struct pcapng_account *account = g_new0(struct pcapng_account, 1);

    account->components = g_hash_table_new_full(salted_number, NULL, NULL, books_free);
    return account;
}

void pcapng_account_free(struct pcapng_account *account)
{
    if (!account)
        return;
    g_hash_table_destroy(account->components);
    g_free(account);
}

static struct books *find_books(const struct pcapng_account *account, uint32_t component)
{
    return g_hash_table_lookup(account->components, GUINT_TO_POINTER(component));
}

static struct books *books_of(struct pcapng_account *account, uint32_t component)
{
    struct books *books = find_books(account, component);

    if (!books) {
        books = g_new0(struct books, 1);
        books->readings = g_array_new(FALSE, TRUE, sizeof(struct account_reading));
        g_hash_table_insert(account->components, GUINT_TO_POINTER(component), books);
    }
    return books;
}

static struct account_reading reading_of(const struct pktmon_counters *counters)
{
    return (struct account_reading){
        .counter = (uint32_t)counters->edge << 2 | (uint32_t)counters->has_flow << 1 |
                   (uint32_t)counters->has_drops,
        .values = {counters->packets_in, counters->bytes_in, counters->packets_out,
                   counters->bytes_out, counters->drops_in, counters->drops_out,
                   counters->drop_bytes_in, counters->drop_bytes_out, counters->lost,
                   counters->taken_back},
    };
}

static struct account_reading *last_reading(struct books *books, uint32_t counter)
{
    const struct account_reading none = {.counter = counter};

    for (guint i = 0; i < books->readings->len; i++) {
        struct account_reading *reading =
            &g_array_index(books->readings, struct account_reading, i);

        if (reading->counter == counter)
            return reading;
    }
    g_array_append_val(books->readings, none);
    return &g_array_index(books->readings, struct account_reading, books->readings->len - 1);
}

bool pcapng_account_changed(struct pcapng_account *account, uint32_t component,
                            const struct pktmon_counters *counters)
{
    const struct account_reading now = reading_of(counters);
    struct account_reading *known = last_reading(books_of(account, component), now.counter);

    bool changed = memcmp(known->values, now.values, sizeof(now.values)) != 0;
    *known = now;
    return changed;
}

struct pcapng_account_sum pcapng_account_sum(const struct pcapng_account *account,
                                             uint32_t component)
{
    const struct books *books = find_books(account, component);
    struct pcapng_account_sum sum = {0};

    for (guint i = 0; books && i < books->readings->len; i++) {
        const uint64_t *values = g_array_index(books->readings, struct account_reading, i).values;

        sum.packets += values[0] + values[2];
        sum.drops += values[4] + values[5];
    }
    return sum;
}

void pcapng_account_forget(struct pcapng_account *account, uint32_t component)
{
    g_hash_table_remove(account->components, GUINT_TO_POINTER(component));
}

bool pcapng_counters_are_zero(const struct pktmon_counters *counters)
{
    static const uint64_t zero[READING_VALUES];
    const struct account_reading reading = reading_of(counters);

    return memcmp(reading.values, zero, sizeof(zero)) == 0;
}

void pcapng_account_keep_loss(struct pcapng_account *account, uint32_t component, uint64_t lost)
{
    if (lost > 0)
        books_of(account, component)->lost += lost;
}

uint64_t pcapng_account_take_loss(struct pcapng_account *account, uint32_t component)
{
    struct books *books = find_books(account, component);
    uint64_t lost = books ? books->lost : 0;

    if (books)
        books->lost = 0;
    return lost;
}
