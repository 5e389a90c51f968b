#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A capture that cannot see everything says so: inside another PID namespace, and if the agent lacks
# cap_net_admin, which is no reason to capture with libpcap. It does not guess then: an end is
# unknown, and not a drop.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"
# shellcheck source=tests/live/groundtruth/make.sh
source "$(dirname "$0")/groundtruth/make.sh"

NUMBERED=$PKTMON_BUILD/tests/live/numbered
READ_PORT=7001 UNREAD_PORT=7002 CHURN_PORT=7003 CLOSED_PORT=7004

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
    fail "a capture of the whole host is reported as incomplete"

file=$SCRATCH/inside.pcapng
capture_for_a_moment "$file" "$PLACE" unshare --pid --fork --kill-child --mount-proc
expect_match "what is missing inside of a PID namespace" 'processes outside this PID namespace' \
    "$(of_capture "$file" missing)"

few=$SCRATCH/few
copy_for_user "$PLACE" "$few"
grant_agent "$few/capture-core/pktmon-agent" "$(id -g "$TEST_USER")" "${AGENT_CAPABILITIES/cap_net_admin,/}"
file=$SCRATCH/few.pcapng
capture_for_a_moment "$file" "$few"
expect_equal "provider without cap_net_admin" ebpf "$(of_capture "$file" provider | sort -u)"
expect_match "what is missing without cap_net_admin" \
    'netfilter hooks: pktmon-agent lacks the capability cap_net_admin' "$(of_capture "$file" missing)"

# Processes that the agent may not inspect: process 1 and, here, all that are not $TEST_USER's.
# said_of_processes [OPTION ...]: what pktmon list reports about them.
said_of_processes() {
    run_as_user "$hiding/cli/pktmon" list "$@" 2>&1 >/dev/null | grep 'Not seen: the network namespace of' || true
}
hiding=$SCRATCH/hiding
copy_for_user "$PLACE" "$hiding"
grant_agent "$hiding/capture-core/pktmon-agent" "$(id -g "$TEST_USER")" \
    "${AGENT_CAPABILITIES/cap_sys_ptrace,/}"
expect_match "processes that are not shown" \
    '^Not seen: the network namespace of [0-9]+ processes [(]pid 1, [0-9]+, [0-9]+.*[)]: this host does not ' \
    "$(said_of_processes)"
expect_equal "what is said of them where namespaces are chosen" "" "$(said_of_processes --netns current)"
file=$SCRATCH/hiding.pcapng
capture_for_a_moment "$file" "$hiding"
expect_match "the same in a capture" 'processes [(]pid 1, ' "$(of_capture "$file" missing)"
file=$SCRATCH/hiding-chosen.pcapng
PLACE=$hiding start_capture "$file" --netns current
stop_capture "$file"
[[ ! $(of_capture "$file" missing) =~ "does not show it" ]] || fail "it is reported where it does not matter"

# end_program PID
end_program() {
    kill -TERM "$1"
    wait "$1" || true
}

# Datagrams that a program reads, datagrams that are unread when their socket is closed,
# connections, pings, and a drop.
send_all() {
    local servers=0 unread
    serve b receive-udp port="$READ_PORT"
    serve b receive-udp port="$UNREAD_PORT" read=0
    unread=$started_pid
    serve b churn-serve port="$CHURN_PORT"
    start_inside a "$NUMBERED" churn at="$NETWORK_ADDRESS_B" port="$CHURN_PORT" rate=100
    numbered a udp at="$NETWORK_ADDRESS_B" port="$READ_PORT" count=20 rate=1000
    numbered a udp at="$NETWORK_ADDRESS_B" port="$UNREAD_PORT" count=20 rate=1000
    in_namespace a ping -q -c 20 -i 0.01 "$NETWORK_ADDRESS_B" >/dev/null || fail "no reply from B"
    network_send_udp "$NAME-a" "$NETWORK_ADDRESS_B" "$CLOSED_PORT"
    end_program "$unread"
    end_program "$started_pid" # the connections
}

file=$SCRATCH/blind.pcapng
network_make "$NAME"
ping_once a "$NETWORK_ADDRESS_B"
PLACE=$few capture_of "$file" a sw b --
send_all
stop_capture "$file"
expect_match "what is missing without cap_net_admin" 'delivery to sockets' "$(of_capture "$file" missing)"
expect_equal "drops where deliveries are not seen" "$CLOSED_PORT"$'\t'NO_SOCKET \
    "$(fields "$file" 'pktmon.dropped && !icmp.type == 3' udp.dstport pktmon.drop.reason)"
tshark_options=(-2)
for port in "$READ_PORT" "$UNREAD_PORT"; do
    expect_equal "fates of datagrams to port $port" "20 unknown" \
        "$(fields "$file" "udp.dstport == $port && pktmon.appearance == 1" pktmon.fate |
            sort | uniq -c | sed 's/^ *//')"
done
expect_equal "fates of pings" "20 consumed" \
    "$(fields "$file" "icmp.type == 8 && pktmon.appearance == 1" pktmon.fate |
        sort | uniq -c | sed 's/^ *//')"
