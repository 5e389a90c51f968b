/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drop-names.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "model/clock.h"
#include "model/nearest.h"
#include "pktmon/errors.h"
#include "pktmon/monitor.h"
#include "providers/ebpf/kernel-btf.h"
#include "providers/ebpf/unwanted.h"

#define CORE_PREFIX     "SKB_DROP_REASON_"
#define SUBSYS_SHIFT    16 /* include/net/dropreason.h: SKB_DROP_REASON_SUBSYS_SHIFT */
#define REASON_ENUM_END "drop_reason"
#define NOT_SPECIFIED   "NOT_SPECIFIED"
#define MODULE_BTF      "/sys/kernel/btf"

#define MODULES_INTERVAL_NS (1000 * PKTMON_NS_PER_MS)

struct ebpf_drop_names {
    GHashTable *reasons; /* number -> name */
    GHashTable *unnamed; /* number -> "REASON_" and the number, of reasons without a name so far */
    GHashTable *modules; /* names of modules whose reasons were read */
    uint64_t next_modules; /* time of the next look for new modules, ns */
    GHashTable *locations; /* index -> text */
    GHashTable *callers;   /* number of a stack -> texts */
    int location_texts, stacks;
    bool explains_icmpv6; /* the kernel distinguishes drops of ICMPv6 from messages that it has
                             handled */
};

/* --- reasons --- */

static const char *without_prefix(const char *name)
{
    return g_str_has_prefix(name, CORE_PREFIX) ? name + strlen(CORE_PREFIX) : name;
}

static void add_values(struct ebpf_drop_names *names, const struct btf *btf,
                       const struct btf_type *type)
{
    const struct btf_enum *values = btf_enum(type);

    for (int i = 0; i < btf_vlen(type); i++) {
        const char *name = btf__name_by_offset(btf, values[i].name_off);
        void *number = GUINT_TO_POINTER((uint32_t)values[i].val);

        if (!g_hash_table_contains(names->reasons, number))
            g_hash_table_insert(names->reasons, number, g_strdup(without_prefix(name)));
    }
}

/* Core reasons are in `enum skb_drop_reason`, those of subsystems in enums with similar names in
 * the kernel or in their module, with the number of the subsystem in the upper half (Linux 6.4). */
static void read_reasons(struct ebpf_drop_names *names, const struct btf *btf, uint32_t first)
{
    for (uint32_t id = first; id < btf__type_cnt(btf); id++) {
        const struct btf_type *type = btf__type_by_id(btf, id);
        const char *name = btf__name_by_offset(btf, type->name_off);

        if (btf_is_enum(type) && g_str_has_suffix(name, REASON_ENUM_END))
            add_values(names, btf, type);
    }
}

static void read_module(struct ebpf_drop_names *names, const char *module, struct btf *kernel)
{
    struct btf *btf = ebpf_load_module_btf(module, kernel);

    if (!btf)
        return;
    read_reasons(names, btf, btf__type_cnt(kernel));
    btf__free(btf);
    g_hash_table_add(names->modules, g_strdup(module));
}

/* Reads the modules that were not read yet. kernel: read on demand where it is NULL and there is
 * such a module. */
static void read_modules(struct ebpf_drop_names *names, struct btf *kernel)
{
    g_autoptr(GDir) directory = g_dir_open(MODULE_BTF, 0, NULL);
    struct btf *own = NULL;
    const char *module;

    while (directory && (module = g_dir_read_name(directory))) {
        if (strcmp(module, "vmlinux") == 0 || g_hash_table_contains(names->modules, module))
            continue;
        if (!kernel)
            kernel = own = ebpf_load_kernel_btf(NULL);
        if (!kernel)
            return;
        read_module(names, module, kernel);
    }
    btf__free(own);
}

/* Not a drop. */
#define RECEIVED "RECEIVED"

/* The reasons that the kernel programs assign (enum record_reason). */
static const char *const own_reasons[] = {
    [RECORD_REASON_LISTEN_OVERFLOW - RECORD_REASON_FIRST] = "TCP_LISTEN_OVERFLOW",
    [RECORD_REASON_LISTEN_DROP - RECORD_REASON_FIRST] = "TCP_LISTEN_DROP",
    [RECORD_REASON_WIREGUARD - RECORD_REASON_FIRST] = "WIREGUARD_REFUSED",
    [RECORD_REASON_RECEIVED - RECORD_REASON_FIRST] = RECEIVED,
};

static void add_own_reasons(struct ebpf_drop_names *names)
{
    for (size_t i = 0; i < G_N_ELEMENTS(own_reasons); i++)
        g_hash_table_insert(names->reasons, GUINT_TO_POINTER(RECORD_REASON_FIRST + i),
                            g_strdup(own_reasons[i]));
}

/* Before 6.3, ICMPv6 frees messages that it has handled, such as neighbour discovery, like those
 * that it refuses (net/ipv6/icmp.c, the end of icmpv6_rcv()): no drop there had a reason of its
 * own. */
static const char icmpv6_reason[] = "IPV6_NDISC_BAD_CODE";

static gboolean has_name(gpointer number, gpointer name, gpointer wanted)
{
    (void)number;
    return strcmp(name, wanted) == 0;
}

struct ebpf_drop_names *ebpf_drop_names_new(struct btf *kernel)
{
    struct ebpf_drop_names *names = g_new0(struct ebpf_drop_names, 1);

    names->location_texts = names->stacks = -1;
    names->reasons = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, g_free);
    names->unnamed = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, g_free);
    names->modules = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    names->locations = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, g_free);
    names->callers = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, g_free);
    read_reasons(names, kernel, 1);
    names->explains_icmpv6 =
        g_hash_table_find(names->reasons, has_name, (void *)icmpv6_reason) != NULL;
    read_modules(names, kernel);
    add_own_reasons(names);
    return names;
}

void ebpf_drop_names_set_maps(struct ebpf_drop_names *names, int location_texts, int stacks)
{
    names->location_texts = location_texts;
    names->stacks = stacks;
}

/* The reason is of a module that was loaded after the others were read; or of one without BTF, for
 * which a look must not be repeated all the time. */
static void read_new_modules(struct ebpf_drop_names *names)
{
    uint64_t now = clock_monotonic();

    if (now < names->next_modules)
        return;
    read_modules(names, NULL);
    names->next_modules = now + MODULES_INTERVAL_NS;
}

const char *ebpf_drop_reason_name(struct ebpf_drop_names *names, uint32_t reason)
{
    void *number = GUINT_TO_POINTER(reason);
    char *name = g_hash_table_lookup(names->reasons, number);

    if (!name && reason >> SUBSYS_SHIFT) {
        read_new_modules(names);
        name = g_hash_table_lookup(names->reasons, number);
    }
    if (name)
        return name;
    name = g_hash_table_lookup(names->unnamed, number);
    if (!name) {
        name = g_strdup_printf("REASON_0x%x", reason);
        g_hash_table_insert(names->unnamed, number, name);
    }
    return name;
}

/* Enumerators that are no reasons of drops. */
static const char *const no_reasons[] = {
    "SKB_NOT_DROPPED_YET", "SKB_CONSUMED", "CONSUMED", "NOT_DROPPED_YET", "MAX",
    "SUBSYS_MASK",         RECEIVED,       NULL};

/* The caller frees the array, not the names. */
static GPtrArray *list_reasons(const struct ebpf_drop_names *names)
{
    GPtrArray *list = g_ptr_array_new();
    GHashTableIter iterator;
    void *name;

    g_hash_table_iter_init(&iterator, names->reasons);
    while (g_hash_table_iter_next(&iterator, NULL, &name)) {
        if (!g_strv_contains(no_reasons, name))
            g_ptr_array_add(list, name);
    }
    return list;
}

/* Reasons of subsystems whose module may be loaded later. */
static const struct {
    const char *prefix, *module;
} reasons_of_modules[] = {{"OVS_", "openvswitch"}, {"RX_DROP_", "mac80211"}};

static bool may_come(const struct ebpf_drop_names *names, const char *word)
{
    for (size_t i = 0; i < G_N_ELEMENTS(reasons_of_modules); i++) {
        const char *prefix = reasons_of_modules[i].prefix;

        if (g_ascii_strncasecmp(word, prefix, strlen(prefix)) == 0)
            return !g_hash_table_contains(names->modules, reasons_of_modules[i].module);
    }
    return false;
}

bool ebpf_drop_names_check(const struct ebpf_drop_names *names, const char *word, GError **error)
{
    g_autoptr(GPtrArray) list = list_reasons(names);
    const char *nearest;

    for (guint i = 0; i < list->len; i++) {
        if (g_ascii_strcasecmp(list->pdata[i], word) == 0)
            return true;
    }
    if (may_come(names, word))
        return true;
    nearest = nearest_word(word, list);
    g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                "This kernel drops no packet for the reason \"%s\"%s%s%s: \"pktmon counters -r\" "
                "shows the names of those that occur, and docs/drop-reasons.md explains "
                "them.",
                word, nearest ? " (did you mean " : "", nearest ? nearest : "",
                nearest ? "?)" : "");
    return false;
}

bool pktmon_drop_reason_check(const char *name, GError **error)
{
    g_autofree char *refusal = NULL;
    struct btf *kernel = ebpf_load_kernel_btf(&refusal);
    struct ebpf_drop_names *names;
    bool known;

    if (!kernel)
        return true; /* it cannot be checked; the capture will report why it cannot begin */
    names = ebpf_drop_names_new(kernel);
    known = ebpf_drop_names_check(names, name, error);
    ebpf_drop_names_free(names);
    btf__free(kernel);
    return known;
}

/* --- locations --- */

/* The kernel writes "symbol+0xoffset/0xsize [module]", or a bare address where it has no symbols,
 * which must not leave this host. */
static char *clean_location(char *text)
{
    char *end = strchr(text, '/');

    if (!strchr(text, '+') || g_str_has_prefix(text, "0x"))
        return NULL;
    if (end)
        *end = '\0';
    return g_strdup(text);
}

const char *ebpf_drop_location_name(struct ebpf_drop_names *names, uint32_t location)
{
    char text[RECORD_LOCATION_SIZE] = "";
    void *key = GUINT_TO_POINTER(location), *known;

    if (g_hash_table_lookup_extended(names->locations, key, NULL, &known))
        return known;
    if (location == 0 || bpf_map_lookup_elem(names->location_texts, &location, text))
        return NULL;
    text[sizeof(text) - 1] = '\0';
    known = clean_location(text);
    g_hash_table_insert(names->locations, key, known);
    return known;
}

/* The texts are borrowed from the locations. */
static const char **read_callers(struct ebpf_drop_names *names, uint32_t stack)
{
    const char **callers = g_new0(const char *, RECORD_STACK_FRAMES + 1);
    struct record_stack known;
    size_t count = 0;

    if (bpf_map_lookup_elem(names->stacks, &stack, &known))
        return callers;
    for (size_t i = 0; i < RECORD_STACK_FRAMES && known.frames[i]; i++) {
        const char *text = ebpf_drop_location_name(names, known.frames[i]);

        if (text)
            callers[count++] = text;
    }
    return callers;
}

const char *const *ebpf_drop_callers(struct ebpf_drop_names *names, uint32_t stack)
{
    void *key = GUINT_TO_POINTER(stack);
    const char **known = g_hash_table_lookup(names->callers, key);

    if (stack == 0 || stack == RECORD_STACK_REFUSED)
        return NULL;
    if (!known) {
        known = read_callers(names, stack);
        g_hash_table_insert(names->callers, key, known);
    }
    return known;
}

void ebpf_drop_names_free(struct ebpf_drop_names *names)
{
    if (!names)
        return;
    g_hash_table_unref(names->reasons);
    g_hash_table_unref(names->unnamed);
    g_hash_table_unref(names->modules);
    g_hash_table_unref(names->locations);
    g_hash_table_unref(names->callers);
    g_free(names);
}

/* --- ends that are not drops --- */

static bool is_at(const char *location, const char *const *places)
{
    while (*places && !(location && g_str_has_prefix(location, *places)))
        places++;
    return *places != NULL;
}

/* Where TCP frees segments that it has handled, and also others that it refuses. The kernel
 * programs distinguish them (bpf/track/end-kinds.h), and mark the handled ones as delivered to a
 * socket. */
static const char *const tcp_ends[] = {
    "tcp_v4_rcv+", /* of a connection in TIME_WAIT (net/ipv4/tcp_ipv4.c, do_time_wait) */
    "tcp_v6_rcv+",
    /* An acknowledgement without data, once the other side has sent its FIN (CLOSE_WAIT, CLOSING,
     * LAST_ACK: net/ipv4/tcp_input.c, the end of the function). */
    "tcp_rcv_state_process+",
    NULL,
};

bool ebpf_drop_is_end(uint8_t flags, const char *reason, const char *location)
{
    return strcmp(reason, RECEIVED) == 0 ||
           (flags & RECORD_DELIVERED && strcmp(reason, NOT_SPECIFIED) == 0 &&
            is_at(location, tcp_ends));
}

#define REASON(name) #name,
static const char *const unwanted_reasons[] = {UNWANTED_REASONS(REASON) NULL};
#undef REASON

#define PLACE(name) name,
static const char *const unexplained_places[] = {UNWANTED_PLACES(PLACE) NULL};
#undef PLACE

/* Where ping replies end that no ping socket wants; Linux 6.1 drops them one function further up.
 */
static const char *const ping_places[] = {"ping_rcv", "icmp_rcv", "icmpv6_rcv", NULL};

/* Where closed sockets free unread data, if the reason does not say so. */
static const char *const purging_places[] = {
    "udp_destruct_common", "inet_sock_destruct", "sk_stream_kill_queues",
    "skb_rbtree_purge", /* TCP data beyond a gap */
    "skb_queue_purge",     "__skb_queue_purge",  NULL,
};

static const char icmpv6_place[] = "icmpv6_rcv+";

static bool may_be_dealt_with(const struct ebpf_drop_names *names, const char *reason,
                              const char *location)
{
    return !names->explains_icmpv6 && strcmp(reason, NOT_SPECIFIED) == 0 && location &&
           g_str_has_prefix(location, icmpv6_place);
}

bool ebpf_drop_is_copy_released(const struct ebpf_drop_names *names, uint8_t flags,
                                const char *reason, const char *location)
{
    if (may_be_dealt_with(names, reason, location))
        return true;
    /* A packet socket's buffer is full. On send, its copy may come before the packet is seen. */
    if (flags & RECORD_SIDE || strcmp(reason, "PACKET_SOCK_ERROR") == 0)
        return true;
    if (flags & (RECORD_DELIVERED | RECORD_DELIVERY_UNKNOWN) &&
        (strcmp(reason, "QUEUE_PURGE") == 0 || is_at(location, purging_places)))
        return true;
    /* The answer to a ping, of which a raw socket may have got a copy that nobody saw. */
    if (flags & RECORD_DELIVERY_UNKNOWN && strcmp(reason, "NO_SOCKET") == 0 &&
        is_at(location, ping_places))
        return true;
    if (!(flags & RECORD_OTHERS))
        return false;
    if (strcmp(reason, NOT_SPECIFIED) == 0)
        return is_at(location, unexplained_places);
    return g_strv_contains(unwanted_reasons, reason);
}
