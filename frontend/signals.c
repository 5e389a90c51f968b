/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "signals.h"

#include <signal.h>
#include <stddef.h>

static void (*volatile stop_hook)(void);
static volatile sig_atomic_t stop_wanted, user_came;

void frontend_ignore_write_signals(void)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignore, NULL);
    sigaction(SIGXFSZ, &ignore, NULL);
}

static void on_stop_signal(int number)
{
    (void)number;
    stop_wanted = 1;
    if (stop_hook)
        stop_hook();
}

void frontend_catch_stop_signals(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    const struct sigaction stop = {.sa_handler = on_stop_signal};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
        sigaction(numbers[i], &stop, NULL);
}

bool frontend_is_stop_wanted(void)
{
    return stop_wanted;
}

void frontend_set_stop_hook(void (*hook)(void))
{
    stop_hook = hook;
    if (hook && stop_wanted)
        hook();
}

static void on_user_signal(int number)
{
    (void)number;
    user_came = 1;
}

void frontend_catch_user_signal(void)
{
    const struct sigaction note = {.sa_handler = on_user_signal, .sa_flags = SA_RESTART};
    sigaction(SIGUSR1, &note, NULL);
}

bool frontend_take_user_signal(void)
{
    bool came = user_came;
    user_came = 0;
    return came;
}
