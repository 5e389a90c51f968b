/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arbitrary bytes as one of Packet Monitor's filters: as text, as a choice of words, or as the
 * structure that a program fills. Either it is refused with a message, or libpcap compiles its text
 * for every form that has one, and parsing the text again gives the same filter.
 */
#include <glib.h>
#include <string.h>

#include "pktmon/constraint.h"
#include "filter/expression.h"

/* Each is a valid option, or a word that may follow one. */
static const char *const words[] = {
    "-m 02-00-00-00-00-0a",
    "-v 100",
    "-d IPv4",
    "-d IPv6",
    "-d ARP",
    "-d 0x8100",
    "--dscp 46",
    "-t TCP",
    "-t UDP",
    "-t ICMP",
    "-t 132",
    "-i 10.1.2.3",
    "-i 0.0.0.0/0",
    "-i 2001:db8::1",
    "-i ::/0",
    "-p 80",
    "-p 3343",
    "-b",
    "-e",
    "FIN",
    "SYN",
    "80",
    "3343",
    "65535",
    "ff:ff:ff:ff:ff:ff",
    "10.1.2.4/8",
    "10.1.2.3",
    "2001:db8::2/64",
    "::ffff:1.2.3.4",
    "''",
    "Name",
};

static char *choose_words(const uint8_t *bytes, size_t size)
{
    GString *text = g_string_new(NULL);

    for (size_t i = 0; i < size; i++)
        g_string_append_printf(text, "%s ", words[bytes[i] % G_N_ELEMENTS(words)]);
    return g_string_free(text, FALSE);
}

static void check_expression(const struct pktmon_constraint *constraint)
{
    g_autofree char *ethernet = pktmon_constraint_ethernet(constraint);
    g_autofree char *ip = pktmon_constraint_ip(constraint), *refusal = NULL;
    const struct filter_expression_texts texts = {{ethernet, ip}};
    struct filter_expression *expression = filter_expression_new_any(&texts, 1, &refusal);
    size_t count;

    g_assert_cmpstr(refusal, ==, NULL);
    filter_expression_code(expression, FILTER_FORM_IP, &count);
    g_assert_true((ip != NULL) == (count > 1)); /* one instruction: libpcap refused the text */
    filter_expression_free(expression);
}

static void check_text(const struct pktmon_constraint *constraint)
{
    struct pktmon_constraint again;
    g_autoptr(GError) error = NULL;
    g_autofree char *text = pktmon_constraint_text(constraint);

    pktmon_constraint_parse(&again, text, &error);
    g_assert_no_error(error);
    g_autofree char *same = pktmon_constraint_text(&again);
    g_assert_cmpstr(same, ==, text);
    g_assert_cmpstr(again.name, ==, constraint->name);
}

static bool read_text(struct pktmon_constraint *constraint, char *text)
{
    g_autofree char *owned = text;
    g_autoptr(GError) error = NULL;
    bool good = pktmon_constraint_parse(constraint, owned, &error);

    g_assert_true(good == (error == NULL));
    g_assert_true(good || g_utf8_validate(error->message, -1, NULL));
    return good;
}

static bool read_structure(struct pktmon_constraint *constraint, const uint8_t *bytes, size_t size)
{
    size_t fields = G_STRUCT_OFFSET(struct pktmon_constraint, present);

    /* The fields come first, so that few bytes are enough for an interesting filter. */
    memset(constraint, 0, sizeof(*constraint));
    memcpy(&constraint->present, bytes, MIN(size, sizeof(*constraint) - fields));
    if (size > sizeof(*constraint) - fields) {
        bytes += sizeof(*constraint) - fields;
        size -= sizeof(*constraint) - fields;
        memcpy(constraint->name, bytes, MIN(size, sizeof(constraint->name)));
    }
    return pktmon_constraint_check(constraint, NULL);
}

static bool read_any(struct pktmon_constraint *constraint, uint8_t kind, const uint8_t *bytes,
                     size_t size)
{
    switch (kind % 3) {
    case 0:
        return read_text(constraint, g_strndup((const char *)bytes, size));
    case 1:
        return read_text(constraint, choose_words(bytes, size));
    default:
        return read_structure(constraint, bytes, size);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pktmon_constraint constraint;

    if (size > 0 && read_any(&constraint, data[0], data + 1, size - 1)) {
        check_expression(&constraint);
        check_text(&constraint);
    }
    return 0;
}
