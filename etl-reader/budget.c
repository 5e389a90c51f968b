/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "budget.h"

#include <string.h>

#include "model/salted-hash.h"

#define MIB (UINT64_C(1) << 20)

/* Memory: the overlapping buffers of a log are at most its size, or several times its size where it
 * is compressed. Half of the limit is for buffers, half for descriptions. */
#define MEMORY_BASE       (128 * MIB)
#define MEMORY_PER_BYTE   16
#define MEMORY_MOST       (1024 * MIB)
#define BUFFERS_OF_MEMORY 2

#define TEXT_DEFAULT 32768

/* Output: a packet keeps its size, and a small event becomes some hundred bytes. The best
 * compression is that of packets with equal payloads, a factor of 150. */
#define OUTPUT_BASE        (32 * MIB)
#define OUTPUT_PER_BYTE    256
#define OUTPUT_PER_DECODED 32

struct etl_budget {
    uint64_t memory, text, output;
    bool output_given;
    uint64_t input;
    uint64_t kept, spent;
    struct etl_cuts cuts;
    GHashTable *strings; /* set of char * */
};

/* False: a number was given, and is out of range. */
static bool set_limit(uint64_t *limit, uint64_t given, uint64_t minimum, uint64_t maximum,
                      uint64_t unit)
{
    bool possible = given >= minimum && given <= maximum;
    if (given && possible)
        *limit = given * unit;
    return given == 0 || possible;
}

bool etl_limits_set(struct etl_limits *limits, uint64_t memory_mib, uint64_t text_kib,
                    uint64_t output_mib)
{
    bool memory =
        set_limit(&limits->memory, memory_mib, ETL_LIMIT_MEMORY_MIN, ETL_LIMIT_MEMORY_MAX, MIB);
    bool text = set_limit(&limits->text, text_kib, 1, ETL_LIMIT_TEXT_MAX, 1024);
    bool output = set_limit(&limits->output, output_mib, 1, ETL_LIMIT_OUTPUT_MAX, MIB);
    return memory && text && output;
}

static uint64_t read_environment_number(const char *name)
{
    const char *text = g_getenv(name);
    return text ? g_ascii_strtoull(text, NULL, 10) : 0;
}

void etl_limits_read_environment(struct etl_limits *limits)
{
    etl_limits_set(limits, read_environment_number("PKTMON_ETL_MAX_MEMORY"),
                   read_environment_number("PKTMON_ETL_MAX_TEXT"),
                   read_environment_number("PKTMON_ETL_MAX_OUTPUT"));
}

struct etl_budget *etl_budget_new(const struct etl_limits *limits, uint64_t input)
{
    struct etl_budget *budget = g_new0(struct etl_budget, 1);
    uint64_t memory = input < MEMORY_MOST ? MEMORY_BASE + MEMORY_PER_BYTE * input : MEMORY_MOST;
    budget->input = MIN(input, UINT64_MAX / OUTPUT_PER_BYTE / 2);
    budget->memory = limits->memory ? limits->memory : MIN(memory, MEMORY_MOST);
    budget->text = limits->text ? limits->text : TEXT_DEFAULT;
    budget->output_given = limits->output != 0;
    budget->output =
        limits->output ? limits->output : OUTPUT_BASE + OUTPUT_PER_BYTE * budget->input;
    budget->strings = g_hash_table_new_full(salted_string, g_str_equal, g_free, NULL);
    return budget;
}

void etl_budget_free(struct etl_budget *budget)
{
    if (!budget)
        return;
    g_hash_table_destroy(budget->strings);
    g_free(budget);
}

uint64_t etl_budget_buffers(const struct etl_budget *budget)
{
    return budget->memory / BUFFERS_OF_MEMORY;
}

uint64_t etl_budget_text(const struct etl_budget *budget)
{
    return budget->text;
}

bool etl_budget_keep(struct etl_budget *budget, size_t bytes)
{
    if (bytes > budget->memory / BUFFERS_OF_MEMORY - budget->kept)
        return false;
    budget->kept += bytes;
    return true;
}

const char *etl_budget_share(struct etl_budget *budget, char *text)
{
    gpointer shared;
    if (!text)
        return NULL;
    if (g_hash_table_lookup_extended(budget->strings, text, &shared, NULL)) {
        g_free(text);
        return shared;
    }
    g_hash_table_add(budget->strings, text);
    return text;
}

void etl_budget_set_decoded(struct etl_budget *budget, uint64_t decoded)
{
    uint64_t most = OUTPUT_BASE + OUTPUT_PER_DECODED * MIN(decoded, UINT64_MAX / OUTPUT_PER_BYTE);
    if (!budget->output_given)
        budget->output = MIN(budget->output, most);
}

void etl_budget_spend(struct etl_budget *budget, uint64_t bytes)
{
    budget->spent += bytes;
}

bool etl_budget_is_spent(const struct etl_budget *budget)
{
    return budget->spent >= budget->output;
}

struct etl_cuts *etl_budget_cuts(struct etl_budget *budget)
{
    return &budget->cuts;
}
