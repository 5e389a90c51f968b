/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory that is taken piece by piece, and given back all at once. */
#ifndef PKTMON_JOURNEY_ARENA_H
#define PKTMON_JOURNEY_ARENA_H

#include <stddef.h>

struct journey_arena_block;

/* Small blocks that were given back, for the arenas that come next. */
struct journey_arena_pool {
    struct journey_arena_block *newest; /* NULL: empty */
    size_t size;                        /* bytes of all blocks */
    size_t max;                         /* which are no more than that */
};

struct journey_arena {
    struct journey_arena_pool *pool;
    struct journey_arena_block *newest; /* NULL: empty */
    size_t used;                        /* bytes of the newest block */
    size_t size;                        /* bytes of all blocks */
};

/* Aligned for whatever there is; not cleared. */
void *journey_arena_take(struct journey_arena *arena, size_t size);
/* Gives all of it back. */
void journey_arena_clear(struct journey_arena *arena);

void journey_arena_pool_clear(struct journey_arena_pool *pool);

#endif
