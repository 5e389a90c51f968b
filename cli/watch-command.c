/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pktmon watch: shows the packets of this host, or of capture files, as lines. */
#include "capture-command.h"
#include "command.h"
#include "convert-command.h"
#include "frontend/message.h"

static const struct cli_capture_words words = {
    .write_help = "pcapng file to write at the same time",
    .parameters = "[FILE...] - show the packets and drops of this host, or of capture files",
    .summary =
        "Ends with Ctrl-C, with the first condition of -c or -a that is met, or when the reader "
        "of a pipe goes away.\nOn a terminal drops are red, and what is not in order is orange, "
        "unless NO_COLOR is set.",
    .always_prints = true,
};

static bool has_options(const struct cli_capture_command *command)
{
    return command->file || command->ring || command->stop || command->count ||
           cli_has_option_arguments(&command->capture);
}

static bool show_files(const struct cli_capture_command *command, char **files, GError **error)
{
    if (has_options(command))
        return frontend_refuse(error,
                               "\"%s\" is taken for a capture file, whose packets are all shown: "
                               "give a capture filter with -f, or leave out what is for captures.",
                               *files);
    return cli_show_files(files, command->json, error);
}

bool cli_run_watch(int argc, char **argv, GError **error)
{
    struct cli_capture_command command = {0};
    bool ok = cli_capture_command_parse(&command, &words, &argc, &argv, error);
    if (ok)
        ok = argc > 1 ? show_files(&command, argv + 1, error)
                      : cli_capture_command_run(&command, error);
    cli_capture_command_clear(&command);
    return ok;
}
