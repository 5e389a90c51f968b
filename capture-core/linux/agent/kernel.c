/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the running kernel has, as its BTF says. */
#include "holder.h"

#include <bpf/btf.h>
#include <glib.h>
#include <string.h>

#define TRACEPOINT_TYPE "btf_trace_"

static struct btf *kernel_btf;
/* Ids by name, which both belong to kernel_btf: libbpf looks at each type to find one (1.5 still
 * does), and dozens are asked for. */
static GHashTable *functions, *tracepoints;

static void learn_names(void)
{
    functions = g_hash_table_new(g_str_hash, g_str_equal);
    tracepoints = g_hash_table_new(g_str_hash, g_str_equal);
    for (uint32_t id = 1; id < btf__type_cnt(kernel_btf); id++) {
        const struct btf_type *type = btf__type_by_id(kernel_btf, id);
        char *name = (char *)btf__name_by_offset(kernel_btf, type->name_off);

        if (btf_is_func(type))
            g_hash_table_insert(functions, name, GUINT_TO_POINTER(id));
        else if (btf_is_typedef(type) && g_str_has_prefix(name, TRACEPOINT_TYPE))
            g_hash_table_insert(tracepoints, name + strlen(TRACEPOINT_TYPE), GUINT_TO_POINTER(id));
    }
}

void kernel_open(void)
{
    kernel_btf = btf__load_vmlinux_btf();
    if (!kernel_btf)
        agent_fail_impossible(
            "This kernel has no BTF (/sys/kernel/btf/vmlinux), which the capture needs: "
            "use a kernel built with CONFIG_DEBUG_INFO_BTF.");
    learn_names();
}

void kernel_close(void)
{
    g_clear_pointer(&functions, g_hash_table_destroy);
    g_clear_pointer(&tracepoints, g_hash_table_destroy);
    btf__free(kernel_btf);
    kernel_btf = NULL;
}

bool kernel_has_tracepoint(const char *name)
{
    return g_hash_table_contains(tracepoints, name);
}

int kernel_tracepoint_arguments(const char *name)
{
    uint32_t id = GPOINTER_TO_UINT(g_hash_table_lookup(tracepoints, name));
    const struct btf_type *type = id > 0 ? btf__type_by_id(kernel_btf, id) : NULL;

    if (type)
        type = btf__type_by_id(kernel_btf, type->type); /* a pointer to a function */
    if (type)
        type = btf__type_by_id(kernel_btf, type->type);
    return type && btf_is_func_proto(type) ? btf_vlen(type) - 1
                                           : 0; /* the first is the tracepoint's own */
}

int kernel_function(const char *name)
{
    return GPOINTER_TO_INT(g_hash_table_lookup(functions, name));
}
