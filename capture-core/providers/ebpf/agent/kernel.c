/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Features of the running kernel, as its BTF describes them. */
#include "kernel.h"

#include <bpf/btf.h>
#include <glib.h>
#include <string.h>

#include "providers/ebpf/kernel-btf.h"
#include "reply.h"

#define TRACEPOINT_TYPE "btf_trace_"

static struct btf *kernel_btf;
/* BTF ids by name; the names belong to kernel_btf. libbpf searches all types linearly (still
 * in 1.5), and dozens are looked up. */
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

void agent_open_kernel(void)
{
    char *refusal;

    kernel_btf = ebpf_load_kernel_btf(&refusal);
    if (!kernel_btf)
        agent_fail_impossible("%s", refusal);
    learn_names();
}

void agent_close_kernel(void)
{
    g_clear_pointer(&functions, g_hash_table_destroy);
    g_clear_pointer(&tracepoints, g_hash_table_destroy);
    btf__free(kernel_btf);
    kernel_btf = NULL;
}

bool agent_kernel_has_tracepoint(const char *name)
{
    return g_hash_table_contains(tracepoints, name);
}

int agent_kernel_tracepoint_arguments(const char *name)
{
    uint32_t id = GPOINTER_TO_UINT(g_hash_table_lookup(tracepoints, name));
    const struct btf_type *type = id > 0 ? btf__type_by_id(kernel_btf, id) : NULL;

    if (type)
        type = btf__type_by_id(kernel_btf, type->type); /* a pointer to a function */
    if (type)
        type = btf__type_by_id(kernel_btf, type->type);
    return type && btf_is_func_proto(type) ? btf_vlen(type) - 1
                                           : 0; /* the first argument is the tracepoint's own */
}

int agent_kernel_function(const char *name)
{
    return GPOINTER_TO_INT(g_hash_table_lookup(functions, name));
}

int agent_kernel_constant(const char *name)
{
    for (uint32_t id = 1; id < btf__type_cnt(kernel_btf); id++) {
        const struct btf_type *type = btf__type_by_id(kernel_btf, id);
        const struct btf_enum *values = btf_enum(type);

        for (int i = 0; btf_is_enum(type) && i < btf_vlen(type); i++) {
            if (strcmp(btf__name_by_offset(kernel_btf, values[i].name_off), name) == 0)
                return values[i].val;
        }
    }
    return 0;
}
