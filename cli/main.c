/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pktmon: the command line of Packet Monitor.
 */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "command.h"
#include "least.h"
#include "nearest.h"
#include "provider.h"
#include "reader.h"

static const struct {
    const char *name;
    const char *old_name; /* spelling of early versions of Windows; NULL = none */
    command_run *run;
    const char *help;
} commands[] = {
    {"list", NULL, command_list, "Show the components of this host, or of a log"},
    {"counters", NULL, command_counters, "Count what passes this host, or show a log's counters"},
    {"capture", NULL, command_capture, "Write what passes this host, and is dropped, to a file"},
    {"etl2pcap", "pcapng", command_etl2pcap, "Convert a Windows log (.etl) to pcapng"},
    {"etl2txt", "format", command_etl2txt, "Convert a Windows log (.etl) to text"},
    /* What to do instead; not in the help. */
    {"start", NULL, command_elsewhere, NULL},
    {"stop", NULL, command_elsewhere, NULL},
    {"status", NULL, command_elsewhere, NULL},
    {"filter", NULL, command_elsewhere, NULL},
    {"reset", NULL, command_elsewhere, NULL},
    {"unload", NULL, command_elsewhere, NULL},
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

static command_run *find(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (g_str_equal(commands[i].name, name) || g_strcmp0(commands[i].old_name, name) == 0)
            return commands[i].run;
    }
    return NULL;
}

/* "pktmon comp list" is what "pktmon list" once was. */
static void skip_group(int *argc, char ***argv)
{
    if (*argc > 2 && g_str_equal((*argv)[1], "comp")) {
        (*argc)--;
        (*argv)++;
    }
}

/* "pktmon list help" asks as "pktmon list --help" does. */
static void accept_help_word(int argc, char **argv)
{
    static char help[] = "--help";
    if (argc == 2 && is_help(argv[1]))
        argv[1] = help;
}

static void refuse_command(const char *name)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
        g_ptr_array_add(names, (void *)commands[i].name);
    const char *nearest = pktmon_nearest(name, names);
    fprintf(stderr, "pktmon: There is no command \"%s\"%s%s%s; see \"pktmon help\".\n", name,
            nearest ? " (did you mean " : "", nearest ? nearest : "", nearest ? "?)" : "");
}

/* A file that is opened must not become the standard output of a user who closed that. */
static void fill_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0)
            open("/dev/null", O_RDONLY);
    }
}

/* What a reader that has gone does not get it does not want. */
static bool is_output_complete(void)
{
    bool complete = fflush(stdout) == 0 && !ferror(stdout);
    if (complete || errno == EPIPE || reader_has_gone(STDOUT_FILENO))
        return true;
    fprintf(stderr,
            "pktmon: The standard output cannot be written (%s): make room, or send it "
            "elsewhere.\n",
            g_strerror(errno));
    return false;
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    fill_standard_descriptors();
    setlocale(LC_ALL, "");
    if (!pktmon_keep_least()) {
        fprintf(stderr, "pktmon: Its capabilities cannot be given up: %s.\n", g_strerror(errno));
        return EXIT_FAILURE;
    }
    signal(SIGPIPE, SIG_IGN); /* a reader that has enough is no failure */
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is as a full disk */
    skip_group(&argc, &argv);
    if (argc < 2 || is_help(argv[1])) {
        print_help();
        return EXIT_SUCCESS;
    }
    if (g_str_equal(argv[1], "--version")) {
        puts("pktmon " PKTMON_VERSION);
        return EXIT_SUCCESS;
    }
    command_run *run = find(argv[1]);
    if (!run) {
        refuse_command(argv[1]);
        return EXIT_FAILURE;
    }
    accept_help_word(argc - 1, argv + 1);
    if (!run(argc - 1, argv + 1, &error)) {
        fprintf(stderr, "pktmon: %s\n", error->message);
        return EXIT_FAILURE;
    }
    return is_output_complete() ? EXIT_SUCCESS : EXIT_FAILURE;
}
