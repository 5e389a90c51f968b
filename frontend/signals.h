/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signals of a program that captures. */
#ifndef PKTMON_FRONTEND_SIGNALS_H
#define PKTMON_FRONTEND_SIGNALS_H

#include <stdbool.h>

/* A closed pipe and a file that may not grow become errors of write(): EPIPE and EFBIG. */
void frontend_ignore_write_signals(void);

/* From now on SIGINT, SIGTERM and SIGHUP ask the program to stop, instead of ending it. */
void frontend_catch_stop_signals(void);
bool frontend_is_stop_wanted(void);
/* hook is called from the signal handler, and at once if a signal came before; NULL: none. */
void frontend_set_stop_hook(void (*hook)(void));

/* From now on SIGUSR1 is noted. */
void frontend_catch_user_signal(void);
/* Whether it came since the last call. */
bool frontend_take_user_signal(void);

#endif
