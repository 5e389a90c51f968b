/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "registry-stage.h"

struct described {
    uint32_t component;
    bool is_name;
    struct pktmon_registry *registry; /* of this component alone, or of none */
};

void registry_stage_init(struct registry_stage *stage, registry_copier *copy)
{
    stage->copy = copy;
    stage->registry = pktmon_registry_new();
    g_queue_init(&stage->waiting);
}

static void free_described(void *data)
{
    struct described *described = data;

    pktmon_registry_free(described->registry);
    g_free(described);
}

void registry_stage_clear(struct registry_stage *stage)
{
    pktmon_registry_free(stage->registry);
    g_queue_clear_full(&stage->waiting, free_described);
}

void registry_stage_enter(struct registry_stage *stage, const struct pktmon_registry *from,
                          uint32_t component, bool is_name)
{
    const struct pktmon_component *found = pktmon_registry_find(from, component);
    struct described *described = g_new(struct described, 1);

    *described = (struct described){component, is_name, pktmon_registry_new()};
    if (found)
        stage->copy(described->registry, found);
    g_queue_push_tail(&stage->waiting, described);
}

/* Mostly the first one: events that are held are sorted again at most. */
bool registry_stage_leave(struct registry_stage *stage, uint32_t component)
{
    for (GList *link = stage->waiting.head; link; link = link->next) {
        struct described *described = link->data;
        const struct pktmon_component *found;
        bool is_name = described->is_name;

        if (described->component != component)
            continue;
        if ((found = pktmon_registry_find(described->registry, component)))
            stage->copy(stage->registry, found);
        free_described(described);
        g_queue_delete_link(&stage->waiting, link);
        return !is_name;
    }
    return true;
}
