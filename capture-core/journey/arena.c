/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arena.h"

#include <glib.h>

#define SMALLEST_BLOCK 2048
#define LARGEST_BLOCK  65536
#define OVERHEAD       16 /* bytes of malloc for each block, about */

struct journey_arena_block {
    struct journey_arena_block *before;
    size_t room; /* bytes of memory */
    _Alignas(max_align_t) char memory[];
};

#define SMALLEST_ROOM (SMALLEST_BLOCK - sizeof(struct journey_arena_block) - OVERHEAD)

static size_t size_of(const struct journey_arena_block *block)
{
    return sizeof(*block) + block->room + OVERHEAD;
}

static struct journey_arena_block *make_block(struct journey_arena_pool *pool, size_t room)
{
    struct journey_arena_block *block = pool->newest;

    if (room == SMALLEST_ROOM && block) {
        pool->newest = block->before;
        pool->size -= size_of(block);
        return block;
    }
    block = g_malloc(sizeof(*block) + room);
    block->room = room;
    return block;
}

static void add_block(struct journey_arena *arena, size_t size)
{
    size_t usual = CLAMP(arena->size / 2, SMALLEST_BLOCK, LARGEST_BLOCK);
    size_t room = usual - sizeof(struct journey_arena_block) - OVERHEAD;
    struct journey_arena_block *block = make_block(arena->pool, MAX(room, size));

    block->before = arena->newest;
    arena->newest = block;
    arena->used = 0;
    arena->size += size_of(block);
}

void *journey_arena_take(struct journey_arena *arena, size_t size)
{
    void *taken;

    size = (size + sizeof(max_align_t) - 1) & ~(sizeof(max_align_t) - 1);
    if (!arena->newest || arena->newest->room - arena->used < size)
        add_block(arena, size);
    taken = arena->newest->memory + arena->used;
    arena->used += size;
    return taken;
}

static void give_back(struct journey_arena_pool *pool, struct journey_arena_block *block)
{
    if (block->room != SMALLEST_ROOM || pool->size + size_of(block) > pool->max) {
        g_free(block);
        return;
    }
    block->before = pool->newest;
    pool->newest = block;
    pool->size += size_of(block);
}

void journey_arena_clear(struct journey_arena *arena)
{
    struct journey_arena_block *block = arena->newest;

    while (block) {
        struct journey_arena_block *before = block->before;

        give_back(arena->pool, block);
        block = before;
    }
    *arena = (struct journey_arena){.pool = arena->pool};
}

void journey_arena_pool_clear(struct journey_arena_pool *pool)
{
    while (pool->newest) {
        struct journey_arena_block *block = pool->newest;

        pool->newest = block->before;
        g_free(block);
    }
    pool->size = 0;
}
