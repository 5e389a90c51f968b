/* SPDX-License-Identifier: GPL-2.0-or-later */
#define G_LOG_DOMAIN "pktmon"
#include "ladder.h"

/* The first one is the default. */
static const struct {
    const char *name;
    struct provider_ladder ladder;
} ladders[] = {
    {"auto", {{"eBPF", ebpf_provider_new}, {"libpcap", pcap_provider_new}}},
    {"ebpf", {{"eBPF", ebpf_provider_new}}},
    {"pcap", {{"libpcap", pcap_provider_new}}},
};

/* "auto, ebpf or pcap" */
static char *list_names(void)
{
    size_t last = G_N_ELEMENTS(ladders) - 1;
    GString *list = g_string_new(ladders[0].name);

    for (size_t i = 1; i <= last; i++)
        g_string_append_printf(list, "%s%s", i < last ? ", " : " or ", ladders[i].name);
    return g_string_free(list, FALSE);
}

bool provider_ladder_find(const char *name, struct provider_ladder *ladder, GError **error)
{
    const char *wanted = name && *name ? name : ladders[0].name;

    for (size_t i = 0; i < G_N_ELEMENTS(ladders); i++) {
        if (g_str_equal(ladders[i].name, wanted)) {
            *ladder = ladders[i].ladder;
            return true;
        }
    }
    g_autofree char *names = list_names();
    g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                "There is no provider called \"%s\": use %s.", wanted, names);
    return false;
}

bool provider_ladder_open(const struct provider_ladder *ladder,
                          const struct provider_attempt *attempt, GError **error)
{
    g_autoptr(GError) reason = NULL;

    if (attempt->open(attempt->context, ladder->first.factory, NULL, &reason))
        return true;
    if (!ladder->fallback.factory ||
        !g_error_matches(reason, PKTMON_ERROR, PKTMON_ERROR_UNSUPPORTED)) {
        g_propagate_error(error, g_steal_pointer(&reason));
        return false;
    }
    g_message("%s cannot be used, %s is used instead: %s", ladder->first.title,
              ladder->fallback.title, reason->message);
    if (attempt->undo)
        attempt->undo(attempt->context);
    if (attempt->open(attempt->context, ladder->fallback.factory, reason->message, error))
        return true;
    g_prefix_error(error, "%s %s cannot be used either: ", reason->message, ladder->fallback.title);
    return false;
}
