/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "signals.h"

#include <signal.h>

static struct pktmon_session *volatile session_to_stop;
static volatile sig_atomic_t user_came;

static void on_stop_signal(int number)
{
    (void)number;
    if (session_to_stop)
        pktmon_session_stop(session_to_stop);
}

void signals_stop(struct pktmon_session *session)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    const struct sigaction stop = {.sa_handler = on_stop_signal};
    session_to_stop = session;
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++)
        sigaction(numbers[i], &stop, NULL);
}

void signals_forget(void)
{
    session_to_stop = NULL;
}

static void on_user_signal(int number)
{
    (void)number;
    user_came = 1;
}

void signals_note_user(void)
{
    const struct sigaction note = {.sa_handler = on_user_signal, .sa_flags = SA_RESTART};
    sigaction(SIGUSR1, &note, NULL);
}

bool signals_user_came(void)
{
    bool came = user_came;
    user_came = 0;
    return came;
}
