/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ladder of providers: which errors lead to the next one, and the messages then. */
#include <string.h>

#include "providers/ladder.h"

/* Attempts, in their order: '1' or '2' for the provider that was opened, 'u' for undo(). */
struct log {
    GString *steps;
    int first, second; /* enum pktmon_error; -1: it can be opened */
    char *without_ebpf;
};

static struct provider *make_first(const struct provider_options *options,
                                   struct pktmon_registry *registry,
                                   struct pktmon_capture_info *capture, struct pktmon_sink *sink,
                                   GError **error)
{
    (void)options, (void)registry, (void)capture, (void)sink, (void)error;
    return NULL;
}

static struct provider *make_second(const struct provider_options *options,
                                    struct pktmon_registry *registry,
                                    struct pktmon_capture_info *capture, struct pktmon_sink *sink,
                                    GError **error)
{
    return make_first(options, registry, capture, sink, error);
}

static bool open_provider(void *context, provider_factory *factory, const char *without_ebpf,
                          GError **error)
{
    struct log *log = context;
    bool is_first = factory == make_first;
    int code = is_first ? log->first : log->second;

    g_string_append_c(log->steps, is_first ? '1' : '2');
    g_free(log->without_ebpf);
    log->without_ebpf = g_strdup(without_ebpf);
    if (code >= 0)
        g_set_error(error, PKTMON_ERROR, code, "The %s one fails.", is_first ? "first" : "second");
    return code < 0;
}

static void undo(void *context)
{
    g_string_append_c(((struct log *)context)->steps, 'u');
}

static bool run(struct log *log, bool has_fallback, GError **error)
{
    const struct provider_ladder ladder = {{"one", make_first},
                                           {"another", has_fallback ? make_second : NULL}};

    log->steps = g_string_new(NULL);
    return provider_ladder_open(
        &ladder, &(struct provider_attempt){.open = open_provider, .undo = undo, .context = log},
        error);
}

static void end(struct log *log, const char *steps)
{
    g_assert_cmpstr(log->steps->str, ==, steps);
    g_string_free(log->steps, TRUE);
    g_free(log->without_ebpf);
}

static void test_first_that_opens_is_kept(void)
{
    struct log log = {.first = -1, .second = -1};

    g_assert_true(run(&log, true, NULL));
    g_assert_null(log.without_ebpf);
    end(&log, "1");
}

static void test_unsupported_falls_back_with_the_reason(void)
{
    struct log log = {.first = PKTMON_ERROR_UNSUPPORTED, .second = -1};

    g_test_expect_message("pktmon", G_LOG_LEVEL_MESSAGE,
                          "one cannot be used, another is used instead: The first one fails.");
    g_assert_true(run(&log, true, NULL));
    g_test_assert_expected_messages();
    g_assert_cmpstr(log.without_ebpf, ==, "The first one fails.");
    end(&log, "1u2");
}

static void test_other_errors_do_not_fall_back(void)
{
    g_autoptr(GError) error = NULL;
    struct log log = {.first = PKTMON_ERROR_PERMISSION, .second = -1};

    g_assert_false(run(&log, true, &error));
    g_assert_error(error, PKTMON_ERROR, PKTMON_ERROR_PERMISSION);
    end(&log, "1");
}

static void test_unsupported_without_fallback_fails(void)
{
    g_autoptr(GError) error = NULL;
    struct log log = {.first = PKTMON_ERROR_UNSUPPORTED};

    g_assert_false(run(&log, false, &error));
    g_assert_error(error, PKTMON_ERROR, PKTMON_ERROR_UNSUPPORTED);
    end(&log, "1");
}

static void test_two_failures_name_both_reasons(void)
{
    g_autoptr(GError) error = NULL;
    struct log log = {.first = PKTMON_ERROR_UNSUPPORTED, .second = PKTMON_ERROR_PERMISSION};

    g_test_expect_message("pktmon", G_LOG_LEVEL_MESSAGE, "*");
    g_assert_false(run(&log, true, &error));
    g_assert_error(error, PKTMON_ERROR, PKTMON_ERROR_PERMISSION);
    g_assert_cmpstr(error->message, ==,
                    "The first one fails. another cannot be used either: The second one fails.");
    end(&log, "1u2");
}

static void test_names(void)
{
    static const struct {
        const char *name;
        provider_factory *first, *fallback;
    } names[] = {
        {NULL, ebpf_provider_new, pcap_provider_new},
        {"", ebpf_provider_new, pcap_provider_new},
        {"auto", ebpf_provider_new, pcap_provider_new},
        {"ebpf", ebpf_provider_new, NULL},
        {"pcap", pcap_provider_new, NULL},
    };
    g_autoptr(GError) error = NULL;
    struct provider_ladder ladder;

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_assert_true(provider_ladder_find(names[i].name, &ladder, NULL));
        g_assert_true(ladder.first.factory == names[i].first);
        g_assert_true(ladder.fallback.factory == names[i].fallback);
    }
    g_assert_false(provider_ladder_find("tcpdump", &ladder, &error));
    g_assert_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT);
    g_assert_cmpstr(error->message, ==,
                    "There is no provider called \"tcpdump\": use auto, ebpf or pcap.");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ladder/first that opens is kept", test_first_that_opens_is_kept);
    g_test_add_func("/ladder/unsupported falls back with the reason",
                    test_unsupported_falls_back_with_the_reason);
    g_test_add_func("/ladder/other errors do not fall back", test_other_errors_do_not_fall_back);
    g_test_add_func("/ladder/unsupported without fallback fails",
                    test_unsupported_without_fallback_fails);
    g_test_add_func("/ladder/two failures name both reasons", test_two_failures_name_both_reasons);
    g_test_add_func("/ladder/names", test_names);
    return g_test_run();
}
