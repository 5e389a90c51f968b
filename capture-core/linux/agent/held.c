/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "holder.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "../../salted.h"

static GHashTable *held; /* cookie, inside the record -> struct held_netns */

static void free_device(void *data)
{
    struct held_device *device = data;

    ingress_detach(device);
    g_free(device);
}

static void free_netns(void *data)
{
    struct held_netns *netns = data;

    netfilter_forget(netns);
    g_hash_table_unref(netns->devices);
    g_free(netns);
}

void held_open(void)
{
    held = g_hash_table_new_full(salted_int64, g_int64_equal, NULL, free_netns);
    enter_open();
}

struct held_netns *held_find(uint64_t cookie)
{
    return g_hash_table_lookup(held, &cookie);
}

struct held_netns *held_take_netns(const struct handover *handed)
{
    struct held_netns *netns = held_find(handed->cookie);

    if (!netns) {
        netns = g_new0(struct held_netns, 1);
        netns->cookie = handed->cookie;
        netns->own = handed->own;
        netns->netfilter.queues.file = -1;
        netns->devices = g_hash_table_new_full(salted_number, NULL, NULL, free_device);
        g_hash_table_insert(held, &netns->cookie, netns);
    }
    g_strlcpy(netns->name, handed->name, sizeof(netns->name));
    return netns;
}

struct held_device *held_take_device(const struct handover *handed, struct held_netns **netns)
{
    struct held_device *device;

    *netns = held_find(handed->cookie);
    if (!*netns)
        return NULL;
    device = g_hash_table_lookup((*netns)->devices, GUINT_TO_POINTER(handed->ifindex));
    if (!device) {
        device = g_new0(struct held_device, 1);
        device->ifindex = handed->ifindex;
        device->ingress_link = -1;
        g_hash_table_insert((*netns)->devices, GUINT_TO_POINTER(device->ifindex), device);
    }
    g_strlcpy(device->name, handed->name, sizeof(device->name));
    return device;
}

void held_forget(struct held_netns *netns)
{
    g_hash_table_remove(held, &netns->cookie);
}

void held_forget_device(struct held_netns *netns, uint32_t ifindex)
{
    g_hash_table_remove(netns->devices, GUINT_TO_POINTER(ifindex));
}

void held_for_all(void (*function)(struct held_netns *netns))
{
    GHashTableIter iterator;
    void *netns;

    g_hash_table_iter_init(&iterator, held);
    while (g_hash_table_iter_next(&iterator, NULL, &netns))
        function(netns);
}

void held_for_devices_of(struct held_netns *netns, void (*function)(struct held_device *device))
{
    GHashTableIter devices;
    void *device;

    g_hash_table_iter_init(&devices, netns->devices);
    while (g_hash_table_iter_next(&devices, NULL, &device))
        function(device);
}

void held_for_all_devices(void (*function)(struct held_device *device))
{
    GHashTableIter namespaces;
    void *netns;

    g_hash_table_iter_init(&namespaces, held);
    while (g_hash_table_iter_next(&namespaces, NULL, &netns))
        held_for_devices_of(netns, function);
}

int held_run(const struct held_netns *netns, int file, int (*function)(void *data), void *data)
{
    if (netns->own)
        return function(data);
    if (file == HANDOVER_NO_FILE)
        return -EMFILE; /* the kernel had no room for the descriptor that came with the message */
    return enter_run(file, function, data);
}
