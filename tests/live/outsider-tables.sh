#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An ordinary user in a namespace of his own takes no room from others: neither frames of 20,000
# Ethertypes, nor thousands of devices, nor drops in interrupts of all of his programs hide the
# drops and counters of other namespaces. His own packets are recorded even without a counter, and a
# notice names him.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"
# shellcheck source=tests/live/outsider.sh
source "$(dirname "$0")/outsider.sh"

ETHERTYPES=20000
DEVICES=2400 # with a drop at each: more than one user may have
DROP_PORT=7777
DROPS=10
STACK_SECONDS=2
MOST_STACKS=40 # call paths to his drops, and to other drops on this machine
MOST_FUNCTIONS=200
MOST_STACKS_OF_USER=512

# expect_drops FILE: drops of B's firewall, in the file and in its counters.
expect_drops() {
    expect_equal "drops in $1" "$DROPS" \
        "$(fields "$1" "pktmon.dropped && udp.dstport == $DROP_PORT" pktmon.drop.reason | grep -c NETFILTER_DROP)"
    expect_equal "drops that the counters of B count in $1" "$DROPS" \
        "$(fields "$1" "pktmon.record == 3 && pktmon.component.name == \"$NAME-b/netfilter\" && pktmon.counters.drops_in" \
            pktmon.counters.drops_in | tail -n 1)"
}

send_drops() {
    local i
    for ((i = 0; i < DROPS; i++)); do
        network_send_udp "$NAME-a" "$NETWORK_ADDRESS_B" "$DROP_PORT"
    done
    sleep 0.3
}

# bytes_of FORMAT NUMBER ...: as in the kernel's memory, one word for each byte.
bytes_of() {
    python3 -c 'import struct, sys
print(*struct.pack(sys.argv[1], *map(int, sys.argv[2:])))' "$@"
}

# use_up_stacks: no user can reach the limit of call paths to drops in a test: his share is written
# (struct share_key, struct share) as if he had.
use_up_stacks() {
    # shellcheck disable=SC2046 # a word for each byte
    bpftool map update id "$(table "$(holder shares)" shares)" \
        key $(bytes_of QII "$(id -u "$TEST_USER")" 2 0) \
        value $(bytes_of 16QII 0 0 0 0 "$MOST_STACKS_OF_USER" 0 0 0 0 0 0 0 0 0 0 0 0 0)
}

network_make "$NAME"
ping_once a "$NETWORK_ADDRESS_B"

# Before B drops anything, so that it has no counter yet.
network_drop_udp "$NAME-b" "$DROP_PORT"
outsider_ready ethertypes "$ETHERTYPES"
capture_of "$SCRATCH/ethertypes.pcapng" b --
outsider_act
send_drops
stop_capture "$SCRATCH/ethertypes.pcapng"
outsider_end
expect_drops "$SCRATCH/ethertypes.pcapng"

outsider_in_container=yes
outsider_ready devices "$DEVICES"
start_capture "$SCRATCH/devices.pcapng" --buffer-size 256 --pkt-size 64 --points devices
use_up_stacks
outsider_act
send_drops
stop_capture "$SCRATCH/devices.pcapng"
outsider_end
expect_equal "drops at B" "$DROPS" \
    "$(fields "$SCRATCH/devices.pcapng" "pktmon.dropped && udp.dstport == $DROP_PORT" pktmon.drop.reason | grep -c NETFILTER_DROP)"
expect_equal "frames of the user's devices" "$DEVICES" \
    "$(fields "$SCRATCH/devices.pcapng" "eth.type == 0x9100" pktmon.group | sort -u | wc -l)"
expect_match "notice" "The user with the id $(id -u "$TEST_USER") has, in network namespaces of their own, more kinds of drops than the limit of 2048: " \
    "$(fields "$SCRATCH/devices.pcapng" "pktmon.event.id == 8" pktmon.event.message)"
expect_match "notice of call paths to drops" "The user with the id $(id -u "$TEST_USER") has, in network namespaces of their own, more call paths to drops than the limit of $MOST_STACKS_OF_USER: [0-9]+ " \
    "$(fields "$SCRATCH/devices.pcapng" "pktmon.event.id == 8" pktmon.event.message)"
expect_match "notice of drops that came too fast" "^The functions that led to some drops were not looked up, " \
    "$(fields "$SCRATCH/devices.pcapng" "pktmon.event.id == 8" pktmon.event.message)"

outsider_in_container=no
outsider_ready stacks "$STACK_SECONDS"
start_capture "$SCRATCH/stacks.pcapng" --pkt-size 64 --points devices
agent_pid=$(holder stack_index)
outsider_act
stacks=$(entries "$agent_pid" stack_index) functions=$(entries "$agent_pid" location_index)
send_drops
stop_capture "$SCRATCH/stacks.pcapng"
outsider_end
expect_drops "$SCRATCH/stacks.pcapng"
flood=$(fields "$SCRATCH/stacks.pcapng" "pktmon.dropped && ipv6.nxt == 59" frame.number | wc -l)
((flood > 1000)) || fail "only $flood packets of his were dropped without a reason"
((stacks <= MOST_STACKS && functions <= MOST_FUNCTIONS)) ||
    fail "$flood drops of one kind took $stacks call paths to drops, with $functions functions"
