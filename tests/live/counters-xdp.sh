#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What an XDP program drops is counted for its device: frames that are no socket buffers as the
# driver counts them (veth, fed by another program's redirect), socket buffers once, not twice.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"

FRAMES=300 BUFFERS=40 BEFORE=7 PORT=7777

# compile SECTION [OPTION ...]
compile() {
    clang -O2 -g -target bpf -mcpu=v3 "-I/usr/include/$(uname -m)-linux-gnu" -Wall -Werror \
        "${@:2}" -c "$TESTS/counters_xdp.bpf.c" -o "$SCRATCH/$1.o"
}

# attach NAMESPACE DEVICE SECTION
attach() {
    ip -n "$NAME-$1" link set "$2" xdpdrv object "$SCRATCH/$3.o" section "$3"
}

counting() {
    grep -q "^Counting" "$SCRATCH/counting.err"
}

# The network's switch has no bridge's part in this: what A sends goes from port to port by XDP.
network_make "$NAME"
ip -n "$NAME-a" neighbour replace "$NETWORK_ADDRESS_B" lladdr "$NETWORK_MAC_B" dev eth0
ip -n "$NAME-sw" neighbour replace "$NETWORK_ADDRESS_B" lladdr "$NETWORK_MAC_B" dev br0
ip -n "$NAME-sw" address add 10.77.0.4/24 dev br0
target=$(ip -n "$NAME-sw" -j link show port-b | python3 -c 'import json, sys
print(json.load(sys.stdin)[0]["ifindex"])')
compile drop
compile redirect "-DTARGET=$target"
attach b eth0 drop
attach sw port-a redirect
# Before anybody counts.
traffic a udp "$NETWORK_ADDRESS_B" "$PORT" "$BEFORE" 100 1

(exec_as_user "$PLACE/cli/pktmon" counters -r --components "$NAME-b/eth0") \
    >"$SCRATCH/counting" 2>"$SCRATCH/counting.err" &
counting_pid=$!
own_pids+=("$counting_pid")
wait_until "$START_SECONDS" counting || fail "it does not count: $(<"$SCRATCH/counting.err")"
traffic a udp "$NETWORK_ADDRESS_B" "$PORT" "$FRAMES" 100 1
traffic sw udp "$NETWORK_ADDRESS_B" "$PORT" "$BUFFERS" 100 1
kill -INT "$counting_pid"
wait "$counting_pid" || fail "it did not end well: $(<"$SCRATCH/counting.err")"

expect_equal "what the driver says" "$((BEFORE + FRAMES + BUFFERS))" \
    "$(in_namespace b ethtool -S eth0 | awk '/xdp_drops/ { sum += $2 } END { print sum }')"
expect_equal "drops of the device" "$((FRAMES + BUFFERS))" \
    "$(awk '$3 == "Drop" { print $4 }' "$SCRATCH/counting")"
expect_equal "drops that only the driver tells of" "XDP $FRAMES 0 0 0" \
    "$(awk '$1 == "XDP" { print $1, $2, $3, $4, $5 }' "$SCRATCH/counting")"
