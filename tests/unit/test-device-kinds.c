/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of kinds of devices, and the version of it that the kernel programs use. */
#include <glib.h>
#include <string.h>

#include "model/device-kinds.h"

static const struct {
    const char *name;
    int taken_off;
    int traits;
} kinds[] = {
#define X(NAME, name, traits, taken_off, fallback) {name, taken_off, traits},
    DEVICE_KINDS(X)
#undef X
};

static int taken_off_by_letters(const char *kind)
{
    char name[DEVICE_KIND_PREFIX] = "";
    g_strlcpy(name, kind, sizeof(name));
    switch (name[0]) {
        DEVICE_KIND_LETTERS(name)
    }
    return 0;
}

static void test_letters(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_test_message("%s", kinds[i].name);
        if (!g_str_equal(kinds[i].name, device_kind_name(DEVICE_KIND_VXCAN)))
            g_assert_cmpint(taken_off_by_letters(kinds[i].name), ==, kinds[i].taken_off);
    }
}

static void test_decrypts(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        const char *name = kinds[i].name;
        if (kinds[i].taken_off)
            g_assert_cmpint(DEVICE_KIND_DECRYPTS(name), ==, !!(kinds[i].traits & DEVICE_DECRYPTS));
    }
}

static void test_names(void)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
        g_assert_true(g_hash_table_add(seen, (void *)kinds[i].name)); /* none twice */
    g_assert_cmpstr(device_kind_name(DEVICE_KIND_VTI6), ==, "vti6");
}

static void test_lookups(void)
{
    g_assert_true(device_kind_has("macvtap", DEVICE_HANDS_OUT));
    g_assert_false(device_kind_has("macvlan", DEVICE_HANDS_OUT));
    g_assert_false(device_kind_has("another", DEVICE_STACKED));
    g_assert_false(device_kind_has(NULL, DEVICE_STACKED));
    g_assert_true(device_is_fallback("ipip", "tunl0"));
    g_assert_false(device_is_fallback("ipip", "tunl1"));
    g_assert_false(device_is_fallback("veth", "veth0"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/device_kinds/letters", test_letters);
    g_test_add_func("/device_kinds/decrypts", test_decrypts);
    g_test_add_func("/device_kinds/names", test_names);
    g_test_add_func("/device_kinds/lookups", test_lookups);
    return g_test_run();
}
