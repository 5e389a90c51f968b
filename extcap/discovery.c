/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "discovery.h"

#include <stdio.h>

#include "interfaces.h"

void discovery_interfaces(const struct arguments *arguments)
{
    (void)arguments;
    puts("extcap {version=" PKTMON_VERSION "}{help=" PKTMON_HELP_URL "}{display=Packet Monitor}");
    for (const struct interface *interface = interfaces; interface->value; interface++) {
        printf("interface {value=%s}{display=%s}\n", interface->value, interface->display);
    }
}

void discovery_dlts(const struct arguments *arguments)
{
    (void)arguments;
    puts("dlt {number=1}{name=EN10MB}{display=Ethernet}");
}

static const char *const sentence_types[] = {
    [OPTION_KIND_TEXT] = "string",     [OPTION_KIND_FILE] = "fileselect",
    [OPTION_KIND_CHOICE] = "selector", [OPTION_KIND_NUMBER] = "unsigned",
    [OPTION_KIND_FLAG] = "boolflag",   [OPTION_KIND_INPUT] = "fileselect",
};

static void print_key(const char *key, const char *value)
{
    if (value) {
        printf("{%s=%s}", key, value);
    }
}

static void print_arg(int number, const struct option *option)
{
    printf("arg {number=%d}{call=--%s}", number, option->name);
    print_key("display", option->display);
    print_key("tooltip", option->help);
    print_key("type", sentence_types[option->kind]);
    print_key("default", option->default_value);
    print_key("placeholder", option->placeholder);
    if (option->kind == OPTION_KIND_NUMBER) {
        printf("{range=%u,%u}", option->minimum, option->maximum);
    }
    if (option->kind == OPTION_KIND_FILE) {
        print_key("mustexist", "false");
    }
    if (option->kind == OPTION_KIND_INPUT) {
        print_key("mustexist", "true");
        print_key("fileext", "Windows logs (*.etl)");
        print_key("required", "true");
    }
    print_key("group", option->group);
    putchar('\n');
}

static void print_values(int number, const struct option *option)
{
    const struct option_choice *choice = option->choices;

    for (; choice && choice->value; choice++) {
        if (choice->display) {
            bool is_default = g_strcmp0(choice->value, option->default_value) == 0;
            printf("value {arg=%d}{value=%s}{display=%s}{default=%s}\n", number, choice->value,
                   choice->display, is_default ? "true" : "false");
        }
    }
}

void discovery_config(const struct arguments *arguments)
{
    const struct interface *interface = interface_find(arguments->text[OPTION_INTERFACE]);

    for (int id = 0; id < OPTION_COUNT; id++) {
        if (options[id].group && interface_has_option(interface, &options[id])) {
            print_arg(id, &options[id]);
            print_values(id, &options[id]);
        }
    }
}

static void print_option_help(const struct option *option)
{
    printf("  --%s%s\n      %s", option->name, option->kind == OPTION_KIND_FLAG ? "" : " VALUE",
           option->help);
    if (option->kind == OPTION_KIND_NUMBER) {
        printf("; from %u to %u", option->minimum, option->maximum);
    }
    if (option->default_value && option->kind != OPTION_KIND_FLAG) {
        printf(" [%s]", option->default_value);
    }
    putchar('\n');
    for (const struct option_choice *choice = option->choices; choice && choice->value; choice++) {
        if (choice->display) {
            printf("        %-10s%s\n", choice->value, choice->display);
        }
    }
}

void discovery_help(const struct arguments *arguments)
{
    (void)arguments;
    puts("Usage: pktmondump --capture --fifo FILE [option ...]\n\n"
         "Captures the packets of this machine's network stack at every component they pass,\n"
         "with where and why they were dropped, as pcapng; or converts a Windows log (--file).\n"
         "Wireshark and tshark start it for its interfaces:\n");
    for (const struct interface *interface = interfaces; interface->value; interface++) {
        printf("  %-12s%s\n", interface->value, interface->display);
    }
    putchar('\n');
    for (int id = 0; id < OPTION_COUNT; id++) {
        if (options[id].help) {
            print_option_help(&options[id]);
        }
    }
}

void discovery_version(const struct arguments *arguments)
{
    (void)arguments;
    puts("pktmondump " PKTMON_VERSION);
}
