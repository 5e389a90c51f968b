# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Notes numbers of the kernel or of Windows beside ours; scripts/cases makes docs/internals/cases.md
# of them. Sourced by tests/live/lib.sh.

# One file for each test, because several may run at the same time. CTest sets the name.
CASES_FILE=${PKTMON_BUILD:-.}/cases/${PKTMON_TEST:-$(basename "$(dirname "$0")").$(basename "$0" .sh)}.tsv
rm -f "$CASES_FILE"

# case_row CASE COUNTER THEIRS OURS [SYSTEM]: what happened, in words; the name of a counter outside
# this project ("TcpExtListenDrops of nstat"), its number, and ours; and the system, by default the
# running kernel. Whether the two must agree is up to the test, which fails by itself.
case_row() {
    mkdir -p "${CASES_FILE%/*}"
    printf '%s\t%s\t%s\t%s\t%s\n' "$1" "${5:-Linux $(uname -r)}" "$2" "$3" "$4" >>"$CASES_FILE"
}
