/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the running kernel has, as its BTF says. */
#include "agent.h"

#include <bpf/btf.h>

static struct btf *kernel_btf;

void kernel_open(void)
{
    kernel_btf = btf__load_vmlinux_btf();
    if (!kernel_btf)
        agent_fail_impossible(
            "This kernel has no BTF (/sys/kernel/btf/vmlinux), which the capture needs: "
            "use a kernel built with CONFIG_DEBUG_INFO_BTF.");
}

void kernel_close(void)
{
    btf__free(kernel_btf);
    kernel_btf = NULL;
}

bool kernel_has_tracepoint(const char *name)
{
    g_autofree char *type = g_strconcat("btf_trace_", name, NULL);

    return btf__find_by_name_kind(kernel_btf, type, BTF_KIND_TYPEDEF) > 0;
}

int kernel_tracepoint_arguments(const char *name)
{
    g_autofree char *type_name = g_strconcat("btf_trace_", name, NULL);
    int id = btf__find_by_name_kind(kernel_btf, type_name, BTF_KIND_TYPEDEF);
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
    return btf__find_by_name_kind(kernel_btf, name, BTF_KIND_FUNC);
}
