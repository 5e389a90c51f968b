/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib.h>

#include "pktmon/component.h"
#include "providers/provider.h"

static void test_registry(void)
{
    struct pktmon_registry *registry = pktmon_registry_new();

    g_assert_null(pktmon_registry_find(registry, 7));

    struct pktmon_component *component = pktmon_registry_get(registry, 7);

    g_assert_cmpuint(component->id, ==, 7);
    g_assert_null(component->name);
    g_assert_null(component->type);
    g_assert_cmpuint(component->properties->len, ==, 0);
    g_assert_true(pktmon_registry_get(registry, 7) == component);
    g_assert_true(pktmon_registry_find(registry, 7) == component);
    g_assert_null(pktmon_registry_find(registry, 8));
    pktmon_registry_free(registry);
}

static void test_list(void)
{
    static const uint32_t ids[] = {5, UINT32_MAX, 1, 0x80000000, 70000};
    static const uint32_t sorted[] = {1, 5, 70000, 0x80000000, UINT32_MAX};
    struct pktmon_registry *registry = pktmon_registry_new();

    for (size_t i = 0; i < G_N_ELEMENTS(ids); i++)
        pktmon_registry_get(registry, ids[i]);

    g_autoptr(GPtrArray) list = pktmon_registry_list(registry);

    g_assert_cmpuint(list->len, ==, G_N_ELEMENTS(sorted));
    for (size_t i = 0; i < G_N_ELEMENTS(sorted); i++) {
        const struct pktmon_component *component = g_ptr_array_index(list, i);

        g_assert_cmpuint(component->id, ==, sorted[i]);
    }
    pktmon_registry_free(registry);
}

static void test_set(void)
{
    g_autofree char *field = NULL;

    g_assert_false(pktmon_component_set(&field, NULL));
    g_assert_true(pktmon_component_set(&field, "eth0"));
    g_assert_false(pktmon_component_set(&field, "eth0"));
    g_assert_true(pktmon_component_set(&field, "eth1"));
    g_assert_cmpstr(field, ==, "eth1");
    g_assert_true(pktmon_component_set(&field, "bad\xff"));
    g_assert_cmpstr(field, ==, "bad\xef\xbf\xbd");
    g_assert_false(pktmon_component_set(&field, "bad\xff"));
    g_assert_true(pktmon_component_set(&field, NULL));
    g_assert_null(field);
}

static void test_properties(void)
{
    struct pktmon_registry *registry = pktmon_registry_new();
    struct pktmon_component *component = pktmon_registry_get(registry, 1);

    g_assert_null(pktmon_component_property(component, "MTU"));
    g_assert_true(pktmon_component_set_property(component, "MTU", "1500"));
    g_assert_true(pktmon_component_set_property(component, "ifindex", "2"));
    g_assert_false(pktmon_component_set_property(component, "MTU", "1500"));
    g_assert_true(pktmon_component_set_property(component, "MTU", "9000"));
    g_assert_cmpstr(pktmon_component_property(component, "MTU"), ==, "9000");
    g_assert_cmpuint(component->properties->len, ==, 2);
    g_assert_true(pktmon_component_set_property(component, "MTU", NULL));
    g_assert_false(pktmon_component_set_property(component, "MTU", NULL));
    g_assert_null(pktmon_component_property(component, "MTU"));
    g_assert_cmpstr(pktmon_component_property(component, "ifindex"), ==, "2");
    pktmon_registry_free(registry);
}

static void test_matches(void)
{
    struct pktmon_registry *registry = pktmon_registry_new();
    struct pktmon_component *component = pktmon_registry_get(registry, 12);

    g_assert_true(pktmon_component_matches(component, "12"));
    g_assert_false(pktmon_component_matches(component, "eth0"));
    pktmon_component_set(&component->name, "blue/eth0");
    g_assert_true(pktmon_component_matches(component, "blue/eth0"));
    g_assert_false(pktmon_component_matches(component, "eth0")); /* of no namespace */
    pktmon_component_set(&component->netns, "blue");
    g_assert_true(pktmon_component_matches(component, "blue/eth0"));
    g_assert_true(pktmon_component_matches(component, "eth0"));
    g_assert_true(pktmon_component_matches(component, "12"));
    g_assert_false(pktmon_component_matches(component, "1"));
    g_assert_false(pktmon_component_matches(component, "012"));
    g_assert_false(pktmon_component_matches(component, "blue"));
    g_assert_false(pktmon_component_matches(component, "th0"));
    g_assert_false(pktmon_component_matches(component, ""));
    pktmon_registry_free(registry);
}

/* A terminal obeys nothing in a name that others have chosen: ESC, DEL, C1 in UTF-8, marks that
 * change the direction of text, line ends. A byte that is not UTF-8 is none of these. */
static void test_printable(void)
{
    static const char hostile[] = "a\x1b[1m\x7f\xc2\x9b"
                                  "b\xe2\x80\xae"
                                  "c\n\xe2\x80\xa8"
                                  "d\x9b e\xc3\xa9";
    char *name = NULL;

    g_assert_true(pktmon_component_set(&name, hostile));
    g_assert_cmpstr(name, ==, "a?[1m??b?c??d\xef\xbf\xbd e\xc3\xa9");
    g_assert_false(pktmon_component_set(&name, hostile));
    g_free(name);
}

static void test_capture(void)
{
    struct pktmon_capture_info *capture = pktmon_capture_info_new();

    g_assert_cmpuint(capture->id, ==, 0);
    g_assert_cmpuint(capture->missing->len, ==, 0);
    g_ptr_array_add(capture->missing, g_strdup("a point"));
    capture->host = g_strdup("host");
    pktmon_capture_info_free(capture);
    pktmon_capture_info_free(NULL);
    pktmon_registry_free(NULL);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/component/registry", test_registry);
    g_test_add_func("/component/list", test_list);
    g_test_add_func("/component/set", test_set);
    g_test_add_func("/component/properties", test_properties);
    g_test_add_func("/component/matches", test_matches);
    g_test_add_func("/component/printable", test_printable);
    g_test_add_func("/component/capture", test_capture);
    return g_test_run();
}
