/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verifier's log of a refused program. */
#ifndef PKTMON_EBPF_AGENT_VERIFIER_LOG_H
#define PKTMON_EBPF_AGENT_VERIFIER_LOG_H

/* From a log as libbpf prints it ("prog 'NAME': -- BEGIN PROG LOAD LOG --", the verifier's lines,
 * "-- END PROG LOAD LOG --"): the program's name, the last finding, and the source line before it.
 * Users see it, so lines that may contain an address, or the salt of the hashes, are left out.
 * NULL: none. The caller frees it. */
char *agent_last_finding(const char *text);

#endif
