/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stacks.h"

#include <stdio.h>

struct stacks *stacks_new(const struct pktmon_registry *registry)
{
    struct stacks *stacks = g_new0(struct stacks, 1);
    stacks->registry = registry;
    stacks->members = g_array_new(FALSE, FALSE, sizeof(struct stack_member));
    stacks->headings = g_ptr_array_new_with_free_func(g_free);
    return stacks;
}

void stacks_free(struct stacks *stacks)
{
    if (!stacks)
        return;
    g_array_unref(stacks->members);
    g_ptr_array_unref(stacks->headings);
    g_free(stacks);
}

void stacks_open(struct stacks *stacks, const char *heading)
{
    g_ptr_array_add(stacks->headings, g_strdup(heading));
}

void stacks_add(struct stacks *stacks, uint32_t component)
{
    const struct stack_member member = {
        .component = component,
        .heading = g_ptr_array_index(stacks->headings, stacks->headings->len - 1)};
    g_array_append_val(stacks->members, member);
}

void stacks_add_rest(struct stacks *stacks, uint32_t id, const char *heading, const char *name)
{
    stacks->rest = id;
    stacks->rest_name = name;
    stacks_open(stacks, heading);
    stacks_add(stacks, id);
}

const char *stacks_name(const struct stacks *stacks, uint32_t id)
{
    const struct pktmon_component *component = pktmon_registry_find(stacks->registry, id);
    if (stacks->rest_name && id == stacks->rest)
        return stacks->rest_name;
    return component ? text_or_empty(component->name) : "";
}

const char *stacks_type(const struct stacks *stacks, uint32_t id)
{
    const struct pktmon_component *component = pktmon_registry_find(stacks->registry, id);
    return component ? text_or_empty(component->type) : "";
}

const char *text_or_empty(const char *text)
{
    return text ? text : "";
}

void json_put_string(JsonBuilder *json, const char *name, const char *text)
{
    json_builder_set_member_name(json, name);
    json_builder_add_string_value(json, text);
}

void json_put_number(JsonBuilder *json, const char *name, uint64_t number)
{
    json_builder_set_member_name(json, name);
    json_builder_add_int_value(json, (gint64)number);
}

static void open_group(JsonBuilder *json, const char *heading)
{
    json_builder_begin_object(json);
    json_put_string(json, "Group", heading);
    json_builder_set_member_name(json, "Components");
    json_builder_begin_array(json);
}

static void close_group(JsonBuilder *json)
{
    json_builder_end_array(json);
    json_builder_end_object(json);
}

void stacks_print_json(const struct stacks *stacks, stacks_put *put, const void *user)
{
    g_autoptr(JsonBuilder) json = json_builder_new();
    const char *open = NULL;

    json_builder_begin_array(json);
    for (guint i = 0; i < stacks->members->len; i++) {
        const struct stack_member *member = &g_array_index(stacks->members, struct stack_member, i);
        if (member->heading != open) {
            if (open)
                close_group(json);
            open = member->heading;
            open_group(json, open);
        }
        put(json, stacks, member->component, user);
    }
    if (open)
        close_group(json);
    json_builder_end_array(json);
    g_autoptr(JsonNode) root = json_builder_get_root(json);
    g_autofree char *text = json_to_string(root, FALSE);
    puts(text);
}
