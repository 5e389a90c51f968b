/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ids of components, also of devices whose index was chosen with intent. */
#include <string.h>

#include "providers/netdev/topology.h"

#define MANY 50000

static void add_device(struct netdev_topology *topology, uint64_t cookie, uint32_t ifindex)
{
    struct netdev_device device = {.net_cookie = cookie, .ifindex = ifindex};

    g_snprintf(device.name, sizeof(device.name), "d%u", ifindex);
    netdev_add_device(topology, &device);
}

/* Under a fixed hash, these wanted the highest id there is, and the second of them got 0. */
static const struct {
    uint64_t cookie;
    uint32_t ifindex;
} highest[] = {{101, 1797514591}, {201, 1642325343}, {301, 2141447519}, {401, 1952703839}};

static void test_chosen_indexes(void)
{
    struct pktmon_registry *registry = pktmon_registry_new();
    struct netdev_topology *topology = netdev_topology_new(registry);
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(highest); i++)
        add_device(topology, highest[i].cookie, highest[i].ifindex);
    for (size_t i = 0; i < G_N_ELEMENTS(highest); i++) {
        uint32_t id = netdev_find_device(topology, highest[i].cookie, highest[i].ifindex);

        g_assert_cmpuint(id, !=, 0);
        g_assert_true(g_hash_table_add(seen, GUINT_TO_POINTER(id)));
    }
    netdev_topology_free(topology);
    pktmon_registry_free(registry);
}

/* A packet of an unknown device, in no namespace. */
static void test_nothing(void)
{
    struct pktmon_registry *registry = pktmon_registry_new();
    struct netdev_topology *topology = netdev_topology_new(registry);

    g_assert_cmpuint(netdev_get_layer(topology, 0, NETDEV_LAYER_OTHER_DEVICES), !=, 0);
    netdev_topology_free(topology);
    pktmon_registry_free(registry);
}

/* In the order of a list, and backwards, as another process may learn them. */
static GPtrArray *ids_of_many(bool backwards)
{
    struct pktmon_registry *registry = pktmon_registry_new();
    struct netdev_topology *topology = netdev_topology_new(registry);
    GPtrArray *ids = g_ptr_array_new();

    for (uint32_t i = 0; i < MANY; i++)
        add_device(topology, (1 << 20) + (backwards ? MANY - 1 - i : i) / 2,
                   0x7FFFFFFF - (backwards ? MANY - 1 - i : i));
    for (uint32_t i = 0; i < MANY; i++)
        g_ptr_array_add(
            ids, GUINT_TO_POINTER(netdev_find_device(topology, (1 << 20) + i / 2, 0x7FFFFFFF - i)));
    netdev_topology_free(topology);
    pktmon_registry_free(registry);
    return ids;
}

/* Among this many, a handful want the same id; all others have the same id in both processes. */
static void test_many(void)
{
    g_autoptr(GPtrArray) one = ids_of_many(false), other = ids_of_many(true);
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    unsigned different = 0;

    for (guint i = 0; i < MANY; i++) {
        g_assert_true(one->pdata[i] != NULL);
        g_assert_true(g_hash_table_add(seen, one->pdata[i]));
        different += one->pdata[i] != other->pdata[i];
    }
    g_assert_cmpuint(different, <, 20);
}

/* An id shows what it stands for, as `pktmon list` and --components promise. */
static void test_plain(void)
{
    struct pktmon_registry *registry = pktmon_registry_new();
    struct netdev_topology *topology = netdev_topology_new(registry);

    add_device(topology, 5, 7);
    g_assert_cmpuint(netdev_find_device(topology, 5, 7), ==, 5 << 12 | 7);
    g_assert_cmpuint(netdev_get_layer(topology, 5, NETDEV_LAYER_IPV4), ==, 5 << 12 | 4064);
    g_assert_cmpuint(netdev_get_kernel(topology), ==, 4095);
    netdev_topology_free(topology);
    pktmon_registry_free(registry);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/topology/plain", test_plain);
    g_test_add_func("/topology/chosen-indexes", test_chosen_indexes);
    g_test_add_func("/topology/nothing", test_nothing);
    g_test_add_func("/topology/many", test_many);
    return g_test_run();
}
