#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A capture that sees less than all says so: inside of another PID namespace, and where the agent was not
# given cap_net_admin, which is no reason to capture with libpcap.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"

# capture_for_a_moment FILE PLACE [COMMAND ...]: COMMAND runs what follows it.
capture_for_a_moment() {
    local file=$1 place=$2
    shift 2
    "$@" setpriv --reuid "$TEST_USER" --regid "$(id -g "$TEST_USER")" --clear-groups -- \
        timeout 3 "$place/extcap/pktmondump" --capture --extcap-interface pktmon --fifo "$file" \
        2>"$file.err" || true
    expect_empty "standard error" "$file.err"
}

# of_capture FILE FIELD
of_capture() {
    fields "$1" 'pktmon.record == 5' "pktmon.capture.$2"
}

file=$SCRATCH/host.pcapng
capture_for_a_moment "$file" "$PLACE"
[[ ! $(of_capture "$file" missing) =~ (PID namespace|cap_net_admin) ]] ||
    fail "the whole host is said to be less"

file=$SCRATCH/inside.pcapng
capture_for_a_moment "$file" "$PLACE" unshare --pid --fork --kill-child --mount-proc
expect_match "what is missing inside of a PID namespace" 'processes outside of this PID namespace' \
    "$(of_capture "$file" missing)"

few=$SCRATCH/few
copy_for_user "$PLACE" "$few"
grant_agent "$few/capture-core/pktmon-agent" "$TEST_USER" "${AGENT_CAPABILITIES/cap_net_admin,/}"
file=$SCRATCH/few.pcapng
capture_for_a_moment "$file" "$few"
expect_equal "provider without cap_net_admin" ebpf "$(of_capture "$file" provider | sort -u)"
expect_match "what is missing without cap_net_admin" \
    'netfilter hooks: pktmon-agent lacks the capability cap_net_admin' "$(of_capture "$file" missing)"
