/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "discovery.h"

#include <stdio.h>

#include "extcap-interfaces.h"

void extcap_print_interfaces(const struct extcap_arguments *arguments)
{
    (void)arguments;
    puts("extcap {version=" PKTMON_VERSION "}{help=" PKTMON_HELP_URL "}{display=Packet Monitor}");
    for (const struct extcap_interface *interface = extcap_interfaces; interface->value;
         interface++) {
        printf("interface {value=%s}{display=%s}\n", interface->value, interface->display);
    }
}

void extcap_print_dlts(const struct extcap_arguments *arguments)
{
    (void)arguments;
    puts("dlt {number=1}{name=EN10MB}{display=Ethernet}");
}

static const char *const sentence_types[] = {
    [FRONTEND_OPTION_TEXT] = "string",     [FRONTEND_OPTION_FILE] = "fileselect",
    [FRONTEND_OPTION_CHOICE] = "selector", [FRONTEND_OPTION_NUMBER] = "unsigned",
    [FRONTEND_OPTION_FLAG] = "boolflag",   [FRONTEND_OPTION_INPUT] = "fileselect",
};

static void print_key(const char *key, const char *value)
{
    if (value)
        printf("{%s=%s}", key, value);
}

static void print_arg(int number, const struct frontend_option *option)
{
    printf("arg {number=%d}{call=--%s}", number, option->name);
    print_key("display", option->display);
    print_key("tooltip", option->help);
    print_key("type", sentence_types[option->kind]);
    print_key("default", option->default_value);
    print_key("placeholder", option->placeholder);
    if (option->kind == FRONTEND_OPTION_NUMBER)
        printf("{range=%u,%u}", option->minimum, option->maximum);
    if (option->kind == FRONTEND_OPTION_FILE)
        print_key("mustexist", "false");
    if (option->kind == FRONTEND_OPTION_INPUT) {
        print_key("mustexist", "true");
        print_key("fileext", "Windows logs (*.etl)");
        print_key("required", "true");
    }
    print_key("group", option->group);
    putchar('\n');
}

static void print_values(int number, const struct frontend_option *option)
{
    const struct frontend_choice *choice = option->choices;

    for (; choice && choice->value; choice++) {
        bool is_default = g_strcmp0(choice->value, option->default_value) == 0;
        printf("value {arg=%d}{value=%s}{display=%s}{default=%s}\n", number, choice->value,
               choice->display, is_default ? "true" : "false");
    }
}

static void print_config(int number, const struct frontend_option *option, const void *context)
{
    const struct extcap_interface *interface = context;

    if (option->group && option->users & interface->user) {
        print_arg(number, option);
        print_values(number, option);
    }
}

void extcap_print_config(const struct extcap_arguments *arguments)
{
    const char *name = arguments->text[EXTCAP_OPTION_INTERFACE];

    extcap_visit_options(print_config, extcap_find_interface(name));
}

static void print_option_help(int number, const struct frontend_option *option, const void *context)
{
    (void)number, (void)context;
    if (!option->help)
        return;
    printf("  --%s%s\n      %s", option->name, option->kind == FRONTEND_OPTION_FLAG ? "" : " VALUE",
           option->help);
    if (option->kind == FRONTEND_OPTION_NUMBER)
        printf("; from %u to %u", option->minimum, option->maximum);
    const char *usual = frontend_option_usual_value(option);
    if (usual)
        printf(" [%s]", usual);
    putchar('\n');
    for (const struct frontend_choice *choice = option->choices; choice && choice->value;
         choice++) {
        printf("        %-12s%s\n", choice->value, choice->display);
    }
}

void extcap_print_help(const struct extcap_arguments *arguments)
{
    (void)arguments;
    puts("Usage: pktmondump --capture --fifo FILE [option ...]\n\n"
         "Captures packets at each component of the network stack that they pass, with the "
         "location\n"
         "and reason of drops, as pcapng; or converts a Windows log (--file). Interfaces in\n"
         "Wireshark and tshark:\n");
    for (const struct extcap_interface *interface = extcap_interfaces; interface->value;
         interface++) {
        printf("  %-12s%s\n", interface->value, interface->display);
    }
    putchar('\n');
    extcap_visit_options(print_option_help, NULL);
}

void extcap_print_version(const struct extcap_arguments *arguments)
{
    (void)arguments;
    puts("pktmondump " PKTMON_VERSION);
}
