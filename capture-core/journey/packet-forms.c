/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet-forms.h"

#include <glib.h>
#include <string.h>

void journey_packet_forms_clear(struct journey_packet_forms *forms)
{
    if (forms->room > 0)
        g_free(forms->all);
    *forms = (struct journey_packet_forms){0};
}

size_t journey_packet_forms_size(const struct journey_packet_forms *forms)
{
    return forms->room * sizeof(struct journey_packet_form);
}

static struct journey_packet_form *form_at(const struct journey_packet_forms *forms, uint8_t form)
{
    return forms->count == 1 ? (struct journey_packet_form *)&forms->only : &forms->all[form - 1];
}

/* 0: none. */
static uint8_t find_key(const struct journey_packet_forms *forms,
                        const struct journey_form_key *key)
{
    for (unsigned form = 1; form <= forms->count; form++) {
        if (journey_form_key_equal(&form_at(forms, form)->key, key))
            return form;
    }
    return 0;
}

/* --- fragments, and bytes that were cut --- */

static bool same_hosts(const struct journey_tuple *left, const struct journey_tuple *right)
{
    size_t size = sizeof(left->addresses[0]);

    if (left->version != right->version || left->protocol != right->protocol)
        return false;
    return memcmp(left->addresses, right->addresses, 2 * size) == 0 ||
           (memcmp(left->addresses[0], right->addresses[1], size) == 0 &&
            memcmp(left->addresses[1], right->addresses[0], size) == 0);
}

/* Of a later fragment whose first one is not known, or of a packet of which only such a fragment
 * was observed; 0: none. */
static uint8_t find_hosts(const struct journey_packet_forms *forms,
                          const struct journey_form_key *key)
{
    bool is_fragment = key->kind == JOURNEY_FORM_DATAGRAM;

    for (unsigned form = 1; form <= forms->count; form++) {
        const struct journey_form_key *other = &form_at(forms, form)->key;

        if ((is_fragment || other->kind == JOURNEY_FORM_DATAGRAM) &&
            same_hosts(&other->tuple, &key->tuple))
            return form;
    }
    return 0;
}

static void learn_datagrams(const struct journey_form *read, struct journey_known *datagrams)
{
    const struct journey_fact fact = {.of = read->key};

    for (int i = 0; i < read->datagram_count; i++)
        journey_known_set(datagrams, &read->datagrams[i], &fact);
}

/* Whether the form, of which only the beginning of the key was known, may be this one. */
static bool may_become(const struct journey_packet_form *form, const struct journey_form *read)
{
    return form->cut &&
           (form->key.tuple.version == 0 || same_hosts(&form->key.tuple, &read->key.tuple));
}

/* --- sides --- */

static bool is_translation(const struct journey_packet_form *before,
                           const struct journey_packet_form *after)
{
    const struct journey_packet_form *forms[] = {before, after};
    struct journey_form read[2];

    for (int i = 0; i < 2; i++) {
        read[i].key = forms[i]->key;
        read[i].length = forms[i]->length;
        read[i].network = forms[i]->network;
        read[i].transport = forms[i]->transport;
    }
    return journey_form_is_translation(&read[0], &read[1]);
}

static uint8_t known_side(const struct journey_packet_form *form,
                          const struct journey_context *context)
{
    struct journey_form_key conversation;
    const struct journey_fact *fact = NULL;

    if (form->side == 0 && journey_form_conversation(&form->key, &conversation))
        fact = journey_known_find(context->conversations, &conversation);
    return fact ? fact->side : form->side;
}

static bool has_first_side(const struct journey_packet_forms *forms)
{
    for (unsigned form = 1; form <= forms->count; form++) {
        if (form_at(forms, form)->side == 1)
            return true;
    }
    return false;
}

static void set_side(const struct journey_packet_forms *forms, struct journey_packet_form *form,
                     uint8_t side, const struct journey_context *context)
{
    struct journey_form_key conversation;
    const struct journey_fact fact = {.side = side};

    if (form->side != 0)
        return;
    form->side = side == 1 && has_first_side(forms) ? 2 : side;
    if (form->side == side && journey_form_conversation(&form->key, &conversation))
        journey_known_set(context->conversations, &conversation, &fact);
}

/* What is not known yet is on side 1, if nothing else of the packet is: the connection begins with
 * this packet. */
static void learn_sides(const struct journey_packet_forms *forms, uint8_t before, uint8_t after,
                        const struct journey_context *context)
{
    struct journey_packet_form *left = form_at(forms, before), *right = form_at(forms, after);
    uint8_t left_side, right_side;

    if (!is_translation(left, right))
        return;
    left_side = known_side(left, context);
    right_side = known_side(right, context);
    if (left_side == 0)
        left_side = has_first_side(forms) || right_side == 1 ? 2 : 1;
    set_side(forms, left, left_side, context);
    if (right_side == 0)
        right_side = has_first_side(forms) ? 2 : 1;
    set_side(forms, right, right_side, context);
}

uint8_t journey_packet_forms_side(const struct journey_packet_forms *forms, uint8_t form)
{
    unsigned last = 0;

    for (unsigned other = 1; other <= forms->count; other++) {
        if (form_at(forms, other)->side == 2)
            last = other;
    }
    /* it was not followed to side 1 */
    if (form == last && !has_first_side(forms))
        return 1;
    return form_at(forms, form)->side;
}

/* --- the list --- */

bool *journey_packet_forms_written(struct journey_packet_forms *forms, uint8_t form)
{
    return &form_at(forms, form)->is_written;
}

static void make_room(struct journey_packet_forms *forms)
{
    struct journey_packet_form *all;

    if (forms->count == 0 || forms->count < forms->room)
        return;
    forms->room = forms->room == 0 ? 4 : MIN(2 * forms->room, JOURNEY_MAX_FORMS);
    all = g_renew(struct journey_packet_form, forms->all, forms->room);
    if (forms->count == 1)
        all[0] = forms->only;
    forms->all = all;
}

/* Pieces and the whole have lengths of their own. */
static void measure(struct journey_packet_form *form, const struct journey_form *read)
{
    if (read->cut)
        return;
    form->length = read->length;
    form->network = read->network;
    form->transport = read->transport;
}

static uint8_t add_form(struct journey_packet_forms *forms, const struct journey_form *read)
{
    struct journey_packet_form *form;

    make_room(forms);
    forms->count++;
    form = form_at(forms, forms->count);
    *form = (struct journey_packet_form){.key = read->key, .cut = read->cut};
    measure(form, read);
    return forms->count;
}

static void complete_key(struct journey_packet_form *form, const struct journey_form *read)
{
    form->key = read->key;
    form->cut = read->cut;
}

/* 0: it is a form that the packet did not have. */
static uint8_t find_form(struct journey_packet_forms *forms, const struct journey_form *read,
                         uint8_t before)
{
    uint8_t form = find_key(forms, &read->key);

    if (form != 0)
        return form;
    form = find_hosts(forms, &read->key);
    if (form != 0 && read->key.kind != JOURNEY_FORM_DATAGRAM && !read->cut)
        complete_key(form_at(forms, form), read);
    if (form != 0 || before == 0)
        return form;
    if (read->cut)
        return before;
    if (!may_become(form_at(forms, before), read))
        return 0;
    complete_key(form_at(forms, before), read);
    return before;
}

uint8_t journey_packet_forms_add(struct journey_packet_forms *forms,
                                 const struct journey_form *read, uint8_t before,
                                 const struct journey_context *context)
{
    const struct journey_form *known = read;
    const struct journey_fact *fact = NULL;
    struct journey_form changed;
    uint8_t form;

    if (read->key.kind == JOURNEY_FORM_DATAGRAM)
        fact = journey_known_find(context->datagrams, &read->key);
    if (fact) {
        changed = *read;
        changed.key = fact->of;
        known = &changed;
    }
    learn_datagrams(known, context->datagrams);
    form = find_form(forms, known, before);
    if (form != 0) {
        measure(form_at(forms, form), read);
        return form;
    }
    if (forms->count == JOURNEY_MAX_FORMS)
        return JOURNEY_MAX_FORMS;
    form = add_form(forms, known);
    if (before != 0)
        learn_sides(forms, before, form, context);
    else if (known_side(form_at(forms, form), context) == 1)
        form_at(forms, form)->side = 1;
    return form;
}
