#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Programs are attached only in the selected namespaces, also while these come and go, and while
# sessions that select different ones do.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"
# shellcheck source=tests/live/sessions-lib.sh
source "$(dirname "$0")/sessions-lib.sh"

HOOKS=20 # links at hooks in one namespace: families, hooks, ends
DEVICES=1 # and at tc ingress: eth0, whose other end is elsewhere

# links PID TYPE: number of such links that the process holds.
links() {
    { cat "/proc/$1"/fdinfo/* 2>/dev/null || true; } | grep -c "^link_type:.$2\$" || true
}

# has_links NAMESPACES: whether the agent has the links of this many namespaces.
has_links() {
    [[ $(links "$agent" netfilter) == $(($1 * HOOKS)) && $(links "$agent" tcx) == $(($1 * DEVICES)) ]]
}

# expect_links WHAT NAMESPACES
expect_links() {
    wait_until 8 has_links "$2" ||
        fail "$1: $(links "$agent" netfilter) hooks, $(links "$agent" tcx) devices, not of $2 namespaces"
}

network_make "$NAME"
file=$SCRATCH/one.pcapng
capture_of "$file" a b --
agent=$(pgrep -P "$capture_pid" -x pktmon-agent)
expect_links "a capture of two namespaces" 2
ip netns del "$NAME-b"
expect_links "one of them has gone" 1
network_add_namespace "$NAME-c"
ip -n "$NAME-c" link add eth0 type veth peer name port-c netns "$NAME-sw"
network_add_host "$NAME-b" "$NETWORK_MAC_B" "$NETWORK_ADDRESS_B" "$NAME-sw" port-b
expect_links "it has come again, and another one" 2
stop_capture "$file"

begin_sessions "$NAME-a"
sessions start one udp port 7001
agent=$(agents)
expect_links "a session that wants one namespace" 1
sessions netns "$NAME-b,$NAME-a"
sessions start two udp port 7002
expect_equal "agents of both" "$agent" "$(agents)"
has_links 2 || fail "a session has begun without its hooks"
sessions stop two
expect_links "the other one has ended" 1
sessions stop one
