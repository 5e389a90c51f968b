/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why the kernel refuses programs. */
#ifndef PKTMON_EBPF_AGENT_REFUSAL_H
#define PKTMON_EBPF_AGENT_REFUSAL_H

/* From here on, the verifier's log is kept, without secrets. */
void agent_keep_verifier_log(void);
/* The error's text, and the last finding of the verifier; the caller frees it. error: errno. */
char *agent_refusal_text(int error);
/* A sentence that names the cause and the remedy; the caller frees it. error: errno. */
char *agent_explain_refusal(int error);

#endif
