/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel-btf.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <glib.h>
#include <unistd.h>

#define KERNEL_DIRECTORY "/sys/kernel"
#define KERNEL_BTF       "/sys/kernel/btf/vmlinux"
#define INSTEAD          "or capture with the provider pcap."

/* error: from libbpf, which reports ESRCH for every failure to read the file. */
static char *explain(int error)
{
    if (access(KERNEL_DIRECTORY, F_OK) < 0)
        return g_strdup("/sys is not mounted, where the kernel describes itself to the capture's "
                        "programs: mount it (mount -t sysfs sysfs /sys), " INSTEAD);
    if (access(KERNEL_BTF, F_OK) < 0)
        return g_strdup("This kernel has no BTF (" KERNEL_BTF "), which the capture needs: use a "
                        "kernel built with CONFIG_DEBUG_INFO_BTF, " INSTEAD);
    if (access(KERNEL_BTF, R_OK) < 0)
        return g_strdup_printf("The kernel's BTF (" KERNEL_BTF "), which the capture needs, may "
                               "not be read (%s): have an administrator permit it, " INSTEAD,
                               g_strerror(errno));
    return g_strdup_printf("libbpf %s cannot read this kernel's BTF (%s): update libbpf, " INSTEAD,
                           libbpf_version_string(), g_strerror(error));
}

/* libbpf's print function is that of the process, which may have set its own. */
struct btf *ebpf_load_kernel_btf(char **refusal)
{
    libbpf_print_fn_t print = libbpf_set_print(NULL);
    struct btf *btf = btf__load_vmlinux_btf();
    int error = errno;

    libbpf_set_print(print);
    if (refusal)
        *refusal = btf ? NULL : explain(error);
    return btf;
}

struct btf *ebpf_load_module_btf(const char *module, struct btf *kernel)
{
    libbpf_print_fn_t print = libbpf_set_print(NULL);
    struct btf *btf = btf__load_module_btf(module, kernel);

    libbpf_set_print(print);
    return btf;
}
