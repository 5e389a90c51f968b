/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a packet of any link type: which form it has, and what its summary says. Fewer bytes
 * of it have the same key, or the form says that they were too few.
 */
#include <glib.h>
#include <string.h>

#include "journey/form-text.h"
#include "journey/form.h"

static const uint16_t link_types[] = {1, 1, 1, 101, 105, 228, 229, 147};

/* Exactly as large as the bytes, so that any read beyond them shows. */
static struct journey_form read_form(struct pktmon_packet *packet, const uint8_t *bytes,
                                     uint32_t size, uint16_t vxlan_port, GString *text)
{
    g_autofree uint8_t *copy = g_memdup2(bytes, size);
    struct journey_form form;

    packet->data = copy;
    packet->caplen = size;
    journey_form_read(&form, packet, vxlan_port);
    g_string_truncate(text, 0);
    journey_append_summary(text, packet, &form);
    journey_append_key(text, &form.key, form.backward, form.quoted_backward);
    packet->data = NULL;
    return form;
}

static void check_order(const struct journey_tuple *tuple)
{
    int order = memcmp(tuple->addresses[0], tuple->addresses[1], sizeof(tuple->addresses[0]));

    g_assert_true(order < 0 || (order == 0 && tuple->ports[0] <= tuple->ports[1]));
}

static void check(const struct journey_form *form, const struct pktmon_packet *packet,
                  const GString *text)
{
    struct journey_form_key conversation;

    g_assert_cmpuint(form->link, <=, packet->caplen);
    g_assert_cmpuint(form->network, <=, packet->caplen);
    g_assert_cmpuint(form->transport, <=, packet->caplen);
    g_assert_cmpuint(form->payload, <=, packet->caplen);
    g_assert_cmpuint(form->datagram_count, <=, JOURNEY_FORM_MAX_DATAGRAMS);
    g_assert_cmpuint(form->key.kind, <=, JOURNEY_FORM_DATAGRAM);
    if (form->key.kind != JOURNEY_FORM_DATAGRAM)
        check_order(&form->key.tuple);
    check_order(&form->key.quoted);
    if (journey_form_conversation(&form->key, &conversation))
        check_order(&conversation.tuple);
    for (const char *at = text->str; *at; at++)
        g_assert_true(*at >= ' ' && *at <= '~');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pktmon_packet packet = {0};
    g_autoptr(GString) text = g_string_new(NULL);

    if (size < 4)
        return 0;
    uint16_t vxlan_port = (uint16_t)(data[1] | data[2] << 8);
    uint32_t whole = (uint32_t)size - 4;
    packet.link_type = link_types[data[0] % G_N_ELEMENTS(link_types)];
    packet.origlen = whole;
    struct journey_form form = read_form(&packet, data + 4, whole, vxlan_port, text);
    check(&form, &packet, text);
    struct journey_form few = read_form(&packet, data + 4, data[3] % (whole + 1), vxlan_port, text);
    check(&few, &packet, text);
    g_assert_true(few.cut || journey_form_key_equal(&few.key, &form.key));
    g_assert_cmpint(journey_form_is_translation(&few, &form), ==,
                    journey_form_is_translation(&form, &few));
    return 0;
}
