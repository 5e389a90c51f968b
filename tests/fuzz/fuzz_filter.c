/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arbitrary bytes as a program of classic BPF, for a window of any size: either as instructions, or
 * as choices among valid ones. Valid programs must be translated, and must decide as libpcap does.
 * The packet is the same bytes.
 */
#include <glib.h>
#include <string.h>

#include "classic.h"
#include "providers/ebpf/records.h"
#include "run_body.h"
#include "providers/ebpf/cbpf/translate.h"

#define MAX_FUZZ_WINDOW 300 /* larger windows than usual, so that packets are larger too */

/* Untrusted input, which need not be valid. */
static GArray *as_it_is(const uint8_t *bytes, size_t size)
{
    GArray *program = g_array_new(FALSE, FALSE, sizeof(struct sock_filter));

    g_array_set_size(program, size / sizeof(struct sock_filter));
    if (program->len > 0)
        memcpy(program->data, bytes, program->len * sizeof(struct sock_filter));
    return program;
}

/* Verdicts on a packet with few bytes present, and on a whole one. */
static void run(const GArray *program, const GArray *body, const uint8_t *bytes, uint32_t size,
                uint32_t window_size, uint64_t needs_more)
{
    uint32_t at_hand = MIN(size, window_size), few = at_hand ? bytes[0] % (at_hand + 1) : 0;
    g_autofree uint8_t *window = g_malloc0(window_size);

    memcpy(window, bytes, at_hand);
    bool wanted = classic_matches(program, bytes, size, size + 1);
    uint64_t whole = body_run(body, window, window_size, at_hand, size, size + 1);
    uint64_t first = body_run(body, window, window_size, few, size, size + 1);
    if (whole == needs_more)
        g_assert_cmpuint(size, >, window_size);
    else
        g_assert_cmpuint(whole, ==, wanted);
    g_assert_true(first == whole || first == needs_more);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3)
        return 0;
    bool valid = data[0] & 1;
    uint64_t needs_more = data[0] & 2 ? RECORD_NEEDS_MORE : CBPF_NEEDS_MORE;
    uint32_t window_size = 1 + (data[1] | data[2] << 8) % MAX_FUZZ_WINDOW;
    g_autoptr(GArray) program =
        valid ? classic_from_bytes(data + 3, size - 3) : as_it_is(data + 3, size - 3);
    g_autoptr(GArray) body = NULL;
    enum cbpf_translation translation = cbpf_translate_alone(
        (const struct sock_filter *)program->data, program->len, window_size, needs_more, &body);

    g_assert_true(!valid || translation == CBPF_TRANSLATED);
    g_assert_true((translation == CBPF_TRANSLATED) == (body != NULL));
    g_assert_nonnull(cbpf_translation_text(translation));
    if (body) {
        body_check(body);
        run(program, body, data, (uint32_t)size, window_size, needs_more);
    }
    return 0;
}
