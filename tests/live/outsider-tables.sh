#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An ordinary user in a namespace of his own takes no room from others: neither frames of 20,000
# Ethertypes nor thousands of devices hide the drops and counters of other namespaces, his own packets
# are recorded where he has no counter any more, and a notice names him.
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

# expect_drops FILE: of B's firewall, in the file and in its counters.
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

network_make "$NAME"
ping_once a "$NETWORK_ADDRESS_B"

# Before B has dropped anything, so that it has no counter yet.
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
outsider_act
send_drops
stop_capture "$SCRATCH/devices.pcapng"
outsider_end
expect_equal "drops at B" "$DROPS" \
    "$(fields "$SCRATCH/devices.pcapng" "pktmon.dropped && udp.dstport == $DROP_PORT" pktmon.drop.reason | grep -c NETFILTER_DROP)"
expect_equal "frames of the user's devices" "$DEVICES" \
    "$(fields "$SCRATCH/devices.pcapng" "eth.type == 0x9100" pktmon.group | sort -u | wc -l)"
expect_match "notice" "The user with the number $(id -u "$TEST_USER") has, in network namespaces of his own, more kinds of drops than the 2048 " \
    "$(fields "$SCRATCH/devices.pcapng" "pktmon.event.id == 8" pktmon.event.message)"
