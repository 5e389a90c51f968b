/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stacks.h"

#include <stdio.h>

struct cli_stacks *cli_stacks_new(const struct pktmon_registry *registry)
{
    struct cli_stacks *stacks = g_new0(struct cli_stacks, 1);
    stacks->registry = registry;
    stacks->members = g_array_new(FALSE, FALSE, sizeof(struct cli_stack_member));
    stacks->headings = g_ptr_array_new_with_free_func(g_free);
    return stacks;
}

void cli_stacks_free(struct cli_stacks *stacks)
{
    if (!stacks)
        return;
    g_array_unref(stacks->members);
    g_ptr_array_unref(stacks->headings);
    g_free(stacks);
}

void cli_stacks_open(struct cli_stacks *stacks, const char *heading)
{
    g_ptr_array_add(stacks->headings, g_strdup(heading));
}

void cli_stacks_add(struct cli_stacks *stacks, uint32_t component)
{
    const struct cli_stack_member member = {
        .component = component,
        .heading = g_ptr_array_index(stacks->headings, stacks->headings->len - 1)};
    g_array_append_val(stacks->members, member);
}

void cli_stacks_add_rest(struct cli_stacks *stacks, uint32_t id, const char *heading,
                         const char *name)
{
    cli_stacks_name_rest(stacks, id, name);
    cli_stacks_open(stacks, heading);
    cli_stacks_add(stacks, id);
}

void cli_stacks_name_rest(struct cli_stacks *stacks, uint32_t id, const char *name)
{
    stacks->rest = id;
    stacks->rest_name = name;
}

const char *cli_stacks_get_name(const struct cli_stacks *stacks, uint32_t id)
{
    const struct pktmon_component *component = pktmon_registry_find(stacks->registry, id);
    if (stacks->rest_name && id == stacks->rest)
        return stacks->rest_name;
    return component ? cli_text_or_empty(component->name) : "";
}

const char *cli_stacks_get_type(const struct cli_stacks *stacks, uint32_t id)
{
    const struct pktmon_component *component = pktmon_registry_find(stacks->registry, id);
    return component ? cli_text_or_empty(component->type) : "";
}

const char *cli_text_or_empty(const char *text)
{
    return text ? text : "";
}

void cli_json_add_string(JsonBuilder *json, const char *name, const char *text)
{
    json_builder_set_member_name(json, name);
    json_builder_add_string_value(json, text);
}

void cli_json_add_number(JsonBuilder *json, const char *name, uint64_t number)
{
    json_builder_set_member_name(json, name);
    json_builder_add_int_value(json, (gint64)number);
}

static void open_group(JsonBuilder *json, const char *heading)
{
    json_builder_begin_object(json);
    cli_json_add_string(json, "Group", heading);
    json_builder_set_member_name(json, "Components");
    json_builder_begin_array(json);
}

static void close_group(JsonBuilder *json)
{
    json_builder_end_array(json);
    json_builder_end_object(json);
}

void cli_stacks_print_json(const struct cli_stacks *stacks, cli_stacks_put *put, const void *user)
{
    g_autoptr(JsonBuilder) json = json_builder_new();
    const char *open = NULL;

    json_builder_begin_array(json);
    for (guint i = 0; i < stacks->members->len; i++) {
        const struct cli_stack_member *member =
            &g_array_index(stacks->members, struct cli_stack_member, i);
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
