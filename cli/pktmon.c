/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pktmon: the command line of Packet Monitor.
 */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "command.h"
#include "decoder.h"
#include "frontend/least-privilege.h"
#include "frontend/message.h"
#include "frontend/signals.h"
#include "model/nearest.h"
#include "output-file.h"
#include "pktmon/errors.h"
#include "frontend/output-descriptor.h"

/* As in tshark and mergecap: the readable part of a damaged log was shown or written. */
#define EXIT_DAMAGED 2

static const struct {
    const char *name;
    const char *old_name; /* name in early versions of Windows; NULL = none */
    cli_command_run *run;
    const char *help;
} commands[] = {
    {"list", NULL, cli_run_list, "Show the components of this host, or of a log"},
    {"counters", NULL, cli_run_counters,
     "Count the packets of this host, or show a log's counters"},
    {"watch", NULL, cli_run_watch, "Show the packets and drops of this host as lines"},
    {"capture", NULL, cli_run_capture, "Capture the packets and drops of this host to a file"},
    {"convert", NULL, cli_run_convert, "Convert a capture file: one frame per packet, JSON or CSV"},
    {"etl2pcap", "pcapng", cli_run_etl2pcap, "Convert a Windows log (.etl) to pcapng"},
    {"etl2txt", "format", cli_run_etl2txt, "Convert a Windows log (.etl) to text"},
    {"hex2pkt", NULL, cli_run_hex2pkt, "Show a packet in hexadecimal as text"},
    /* Each prints what to use instead; not in the help. */
    {"start", NULL, cli_run_elsewhere, NULL},
    {"stop", NULL, cli_run_elsewhere, NULL},
    {"status", NULL, cli_run_elsewhere, NULL},
    {"filter", NULL, cli_run_elsewhere, NULL},
    {"reset", NULL, cli_run_elsewhere, NULL},
    {"unload", NULL, cli_run_elsewhere, NULL},
    {"etl2pcapng", NULL, cli_run_elsewhere, NULL},
    {"component", NULL, cli_run_elsewhere, NULL},
    {"comp", NULL, cli_run_elsewhere, NULL},
};

static void print_help(void)
{
    printf("pktmon " PKTMON_VERSION ", Packet Monitor for Wireshark\n\n"
           "Usage: pktmon COMMAND [OPTIONS]\n\nCommands:\n");
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (commands[i].help)
            printf("  %-10s %s\n", commands[i].name, commands[i].help);
    }
    printf("\n\"pktmon COMMAND --help\" shows a command's options.\n");
}

static bool is_help(const char *word)
{
    static const char *const words[] = {"help", "--help", "-h", "-?", "/?", NULL};
    return g_strv_contains(words, word);
}

static cli_command_run *find(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (g_str_equal(commands[i].name, name) || g_strcmp0(commands[i].old_name, name) == 0)
            return commands[i].run;
    }
    return NULL;
}

/* "pktmon list" was once "pktmon comp list". */
static void skip_group(int *argc, char ***argv)
{
    if (*argc > 2 && (g_str_equal((*argv)[1], "comp") || g_str_equal((*argv)[1], "component"))) {
        (*argc)--;
        (*argv)++;
    }
}

/* "pktmon list help" means "pktmon list --help". */
static void accept_help_word(int argc, char **argv)
{
    static char help[] = "--help";
    if (argc == 2 && is_help(argv[1]))
        argv[1] = help;
}

/* "pktmon help list" means "pktmon list --help". */
static void accept_help_first(int *argc, char **argv)
{
    static char help[] = "--help";
    if (*argc < 3 || !is_help(argv[1]) || is_help(argv[2]))
        return;
    argv[1] = argv[2];
    argv[2] = help;
    argv[3] = NULL;
    *argc = 3;
}

static void refuse_command(const char *name)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
        g_ptr_array_add(names, (void *)commands[i].name);
    const char *nearest = nearest_word(name, names);
    fprintf(stderr, "pktmon: There is no command \"%s\"%s%s%s; see \"pktmon help\".\n", name,
            nearest ? " (did you mean " : "", nearest ? nearest : "", nearest ? "?)" : "");
}

/* If the user closed standard output, the next file to be opened must not take its place. */
static void fill_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0)
            open("/dev/null", O_RDONLY);
    }
}

/* False: standard output could not be written. A reader that has gone is no failure. */
static bool flush_output(void)
{
    bool complete = fflush(stdout) == 0 && !ferror(stdout);
    if (complete || errno == EPIPE || frontend_has_reader_gone(STDOUT_FILENO))
        return true;
    if (errno == EBADF)
        fprintf(
            stderr,
            "pktmon: Standard output is closed: redirect it to a file, or pipe it to a program.\n");
    else
        fprintf(
            stderr,
            "pktmon: Standard output cannot be written (%s): make room, or send it elsewhere.\n",
            g_strerror(errno));
    return false;
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    fill_standard_descriptors();
    if (argc > 2 && g_str_equal(argv[1], CLI_DECODER_WORD))
        return cli_decoder_run(argv + 2);
    if (argc == 3 && g_str_equal(argv[1], CLI_DECODER_END_WORD))
        return cli_decoder_end(argv[2]);
    setlocale(LC_ALL, "");
    if (!frontend_keep_least()) {
        fprintf(stderr, "pktmon: Its capabilities cannot be dropped: %s.\n", g_strerror(errno));
        return EXIT_FAILURE;
    }
    frontend_ignore_write_signals();
    skip_group(&argc, &argv);
    accept_help_first(&argc, argv);
    if (argc < 2 || is_help(argv[1])) {
        print_help();
        return EXIT_SUCCESS;
    }
    if (g_str_equal(argv[1], "--version")) {
        puts("pktmon " PKTMON_VERSION);
        return EXIT_SUCCESS;
    }
    cli_command_run *run = find(argv[1]);
    if (!run) {
        refuse_command(argv[1]);
        return EXIT_FAILURE;
    }
    accept_help_word(argc - 1, argv + 1);
    if (!run(argc - 1, argv + 1, &error)) {
        frontend_print_error("pktmon", error);
        return EXIT_FAILURE;
    }
    if (!flush_output())
        return EXIT_FAILURE;
    return cli_output_is_of_damaged_log() ? EXIT_DAMAGED : EXIT_SUCCESS;
}
