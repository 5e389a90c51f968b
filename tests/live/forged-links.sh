#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An unrelated user forges the kernel's rtnetlink messages: by multicast in a namespace of his own,
# as any user of the host can, and to the agent's ports. None is believed, and neither these nor the
# kernel's own messages about his namespaces make the agent walk through all processes all the time.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"

SCANS_SECONDS=3
# One walk each second, plus the early walks that each of two causes may trigger (scanner.c).
MOST_SCANS=$((3 * SCANS_SECONDS + 2 * 4))

forge=$(dirname "$0")/forge_links.py
cp "$forge" "$SCRATCH/forge_links.py"
forge=$SCRATCH/forge_links.py

# ports PID ...: the rtnetlink ports of these processes.
ports() {
    local inodes
    inodes=$(for pid in "$@"; do
        find "/proc/$pid/fd" -lname 'socket:*' -printf '%l\n' | tr -dc '0-9\n'
    done)
    awk -v inodes="$inodes" 'BEGIN { split(inodes, list, "\n"); for (i in list) mine[list[i]] }
        $2 == 0 && $10 in mine { print $3 }' /proc/net/netlink
}

# begin FILE: sets capture_pid, and processes to those of the agent.
begin() {
    local agent
    start_capture "$1"
    agent=$(pgrep -P "$capture_pid" -x pktmon-agent)
    mapfile -t processes < <(echo "$agent" && pgrep -P "$agent")
}

# check FILE: real devices are in it, and forged ones are not.
check() {
    ip netns add "$NAME-real"
    ip -n "$NAME-real" link add really type veth peer name other
    ip -n "$NAME-real" link set really up
    ip -n "$NAME-real" link set other up # which triggers messages
    sleep 0.5
    stop_capture "$1"
    expect_equal "devices that do not exist" "" \
        "$(fields "$1" 'pktmon.component.name contains "forged" || pktmon.component.name contains "fff"' \
            pktmon.component.name | sed -n 1,5p)"
    expect_match "devices that do, in $1" "$NAME-real/really" \
        "$(fields "$1" 'pktmon.record == 2' pktmon.component.name)"
    ip netns del "$NAME-real"
}

# Any user has all capabilities in a namespace of his own.
run_as_user unshare --user --map-root-user --net python3 "$forge" multicast "$SCRATCH/go" "$SCRATCH/sent" &
own_pids+=($!)
begin "$SCRATCH/multicast.pcapng"
sleep 1.2 # the namespace of a process without a name is found within a second
touch "$SCRATCH/go"
wait_until 10 test -e "$SCRATCH/sent" || fail "the stranger could not send"
run_as_user unshare --user --map-root-user --net python3 "$forge" strangers $((SCANS_SECONDS + 1)) &
own_pids+=($!)
sleep 1.2
scans=$(python3 "$forge" scans "$SCANS_SECONDS" "${processes[@]}")
check "$SCRATCH/multicast.pcapng"
((scans <= MOST_SCANS)) || fail "$scans looks at all processes in $SCANS_SECONDS s"

# A user with CAP_NET_ADMIN in the agent's own namespace may send to its ports.
begin "$SCRATCH/unicast.pcapng"
mapfile -t found < <(ports "${processes[@]}")
((${#found[@]} > 0)) || fail "the agent has no rtnetlink socket"
python3 "$forge" unicast "${found[@]}"
check "$SCRATCH/unicast.pcapng"
