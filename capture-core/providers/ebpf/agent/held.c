/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "held.h"

#include <errno.h>
#include <glib.h>

#include "enter-netns.h"
#include "handover.h"
#include "model/salted-hash.h"

static const struct agent_held_observer *observer;
static GHashTable *held; /* cookie, inside the entry -> struct agent_held_netns */

void agent_observe_held(const struct agent_held_observer *who)
{
    observer = who;
}

static void free_device(void *data)
{
    struct agent_held_device *device = data;

    observer->device_forgotten(device);
    g_free(device);
}

static void free_netns(void *data)
{
    struct agent_held_netns *netns = data;

    observer->netns_forgotten(netns);
    g_hash_table_unref(netns->devices);
    g_free(netns);
}

void agent_open_held(void)
{
    held = g_hash_table_new_full(salted_int64, g_int64_equal, NULL, free_netns);
    agent_open_own_netns();
}

struct agent_held_netns *agent_find_held(uint64_t cookie)
{
    return g_hash_table_lookup(held, &cookie);
}

struct agent_held_netns *agent_add_held_netns(const struct agent_handover *handed)
{
    struct agent_held_netns *netns = agent_find_held(handed->cookie);

    if (!netns) {
        netns = g_new0(struct agent_held_netns, 1);
        netns->cookie = handed->cookie;
        netns->own = handed->own;
        netns->netfilter.queues.file = -1;
        netns->devices = g_hash_table_new_full(salted_number, NULL, NULL, free_device);
        g_hash_table_insert(held, &netns->cookie, netns);
    }
    g_strlcpy(netns->name, handed->name, sizeof(netns->name));
    return netns;
}

struct agent_held_device *agent_add_held_device(const struct agent_handover *handed,
                                                struct agent_held_netns **netns)
{
    struct agent_held_device *device;

    *netns = agent_find_held(handed->cookie);
    if (!*netns)
        return NULL;
    device = g_hash_table_lookup((*netns)->devices, GUINT_TO_POINTER(handed->ifindex));
    if (!device) {
        device = g_new0(struct agent_held_device, 1);
        device->ifindex = handed->ifindex;
        device->ingress_link = -1;
        g_hash_table_insert((*netns)->devices, GUINT_TO_POINTER(device->ifindex), device);
    }
    g_strlcpy(device->name, handed->name, sizeof(device->name));
    return device;
}

void agent_forget_held(struct agent_held_netns *netns)
{
    g_hash_table_remove(held, &netns->cookie);
}

void agent_forget_held_device(struct agent_held_netns *netns, uint32_t ifindex)
{
    g_hash_table_remove(netns->devices, GUINT_TO_POINTER(ifindex));
}

void agent_for_each_held(void (*function)(struct agent_held_netns *netns))
{
    GHashTableIter iterator;
    void *netns;

    g_hash_table_iter_init(&iterator, held);
    while (g_hash_table_iter_next(&iterator, NULL, &netns))
        function(netns);
}

void agent_for_each_device_of(struct agent_held_netns *netns,
                              void (*function)(struct agent_held_device *device))
{
    GHashTableIter devices;
    void *device;

    g_hash_table_iter_init(&devices, netns->devices);
    while (g_hash_table_iter_next(&devices, NULL, &device))
        function(device);
}

void agent_for_each_held_device(void (*function)(struct agent_held_device *device))
{
    GHashTableIter namespaces;
    void *netns;

    g_hash_table_iter_init(&namespaces, held);
    while (g_hash_table_iter_next(&namespaces, NULL, &netns))
        agent_for_each_device_of(netns, function);
}

struct agent_held_device *
agent_search_held_device(bool (*is_it)(const struct agent_held_device *device, const void *data),
                         const void *data)
{
    GHashTableIter namespaces, devices;
    void *netns, *device;

    g_hash_table_iter_init(&namespaces, held);
    while (g_hash_table_iter_next(&namespaces, NULL, &netns)) {
        g_hash_table_iter_init(&devices, ((struct agent_held_netns *)netns)->devices);
        while (g_hash_table_iter_next(&devices, NULL, &device)) {
            if (is_it(device, data))
                return device;
        }
    }
    return NULL;
}

int agent_run_in_held(const struct agent_held_netns *netns, int file, int (*function)(void *data),
                      void *data)
{
    if (netns->own)
        return function(data);
    if (file == AGENT_NO_FILE)
        return -EMFILE; /* the kernel could not install the descriptor that came with the message */
    return agent_run_in_netns(file, function, data);
}
