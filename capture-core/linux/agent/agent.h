/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pktmon-agent, the only privileged part. It is two processes of one program, and neither reads a
 * packet:
 *
 * - the scanner (scanner/) looks at /proc, mounts and rtnetlink for namespaces and devices, reports
 *   them to the reader, and opens what programs are to be attached to. It has no right to use BPF.
 * - the holder loads and attaches the kernel programs, hands the maps' descriptors to the reader,
 * and answers its requests. From outside it takes messages of fixed size alone.
 *
 * When one of the two ends, or the reader, all end (handover.h). What both use is declared here.
 * Functions return 0 or a negative errno unless they say otherwise.
 */
#ifndef PKTMON_AGENT_H
#define PKTMON_AGENT_H

#include <glib.h>
#include <stdbool.h>

#include "../agent_protocol.h"

#define NETNS_OWN_PATH     "/proc/self/ns/net"
#define AGENT_NAME         "pktmon-agent"
#define AGENT_SCANNER_NAME "pktmon-scanner"

/* --- say.c: what goes to the reader --- */

void agent_say(const struct agent_message *message);
/* AGENT_MISSING, or AGENT_ERROR and the end of the process. */
void agent_say_missing(const char *format, ...) G_GNUC_PRINTF(1, 2);
void agent_fail(const char *format, ...) G_GNUC_PRINTF(1, 2) G_GNUC_NORETURN;
/* The same with AGENT_IMPOSSIBLE. */
void agent_fail_impossible(const char *format, ...) G_GNUC_PRINTF(1, 2) G_GNUC_NORETURN;

/* --- privilege.c: what each process may do --- */

enum agent_role {
    AGENT_HOLDER = 1 << 0,
    AGENT_SCANNER = 1 << 1,
};

/* Fails where the agent lacks what it cannot do without. */
void privilege_check(void);
/* Whether this process may change networks (cap_net_admin). */
bool privilege_has_net_admin(void);
/* From here on the process has the capabilities of its role alone, as far as it was given them, and
 * can do nothing but what the role needs. */
void privilege_keep(enum agent_role role);
/* From here on it has none. */
void privilege_drop(void);

/* --- enter.c: network namespaces, for both processes --- */

/* Opens the own one, where enter_run() comes back to. Returns its descriptor, which stays open. */
int enter_open(void);
/* Runs function inside the namespace of file; -errno where it cannot be entered. */
int enter_run(int file, int (*function)(void *data), void *data);

/* --- allowance.c: how much a user may have of the host --- */

/* Reads the administrator's file; fails where it is not his alone. */
void allowance_read(void);
/* Fails where the user has as many captures already as he may. */
void allowance_check_captures(void);
/* MiB of buffer that one capture may have. */
uint32_t allowance_buffer(void);

#endif
