#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What an XDP program drops is counted for its device: frames without an skb as the driver counts
# them (veth, fed by another program's redirect), and skbs once, not twice. Losses by redirects are
# counted, with a notice: a redirect that fails, frames that the target does not take or not all,
# frames sent back to a device that takes none, frames for which the queue of a CPU map has no room,
# and drops by its program.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"

FRAMES=300 BUFFERS=40 BEFORE=7 PORT=7777
FAILED=10 TOO_LONG=9 BACK=11 TO_CPU=3000
DROPPED_ON_CPU=12 ABORTED_ON_CPU=13 FAILED_ON_CPU=14

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

# The switch of this network uses no bridge: XDP forwards A's packets from port to port.
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
# Before counting begins.
traffic a udp "$NETWORK_ADDRESS_B" "$PORT" "$BEFORE" 100 1

(exec_as_user "$PLACE/cli/pktmon" counters -r --components "$NAME-b/eth0") \
    >"$SCRATCH/counting" 2>"$SCRATCH/counting.err" &
counting_pid=$!
own_pids+=("$counting_pid")
wait_until "$START_SECONDS" counting || fail "it does not count: $(<"$SCRATCH/counting.err")"
traffic a udp "$NETWORK_ADDRESS_B" "$PORT" "$FRAMES" 100 1
traffic sw udp "$NETWORK_ADDRESS_B" "$PORT" "$BUFFERS" 100 1
kill -INT "$counting_pid"
wait "$counting_pid" || fail "it ended with an error: $(<"$SCRATCH/counting.err")"

expect_equal "what the driver says" "$((BEFORE + FRAMES + BUFFERS))" \
    "$(in_namespace b ethtool -S eth0 | awk '/xdp_drops/ { sum += $2 } END { print sum }')"
expect_equal "drops of the device" "$((FRAMES + BUFFERS))" \
    "$(awk '$3 == "Drop" { print $4 }' "$SCRATCH/counting")"
expect_equal "drops that only the driver tells of" "XDP $FRAMES 0 0 0" \
    "$(awk '$1 == "XDP" { print $1, $2, $3, $4, $5 }' "$SCRATCH/counting")"
case_row "XDP drops frames" "rx_queue_N_xdp_drops of ethtool -S (veth)" "$((FRAMES + BUFFERS))" \
    "$(awk '$3 == "Drop" { print $4 }' "$SCRATCH/counting")"

# statistic NAMESPACE DEVICE NAME: the sum over all queues.
statistic() {
    in_namespace "$1" ethtool -S "$2" | awk -v "name=$3:" '$1 ~ name { sum += $2 } END { print sum + 0 }'
}

# losses DEVICE: reason, received, sent, as of the last reading.
losses() {
    fields "$file" "pktmon.record == 3 && pktmon.component.name == \"$NAME-$1\" && \
        pktmon.counters.drops_in" pktmon.drop.reason pktmon.counters.drops_in \
        pktmon.counters.drops_out | tail -n 1 | tr '\t' ' '
}

# events DEVICE
events() {
    fields "$file" "pktmon.event.id == 6 && pktmon.component.name == \"$NAME-$1\"" \
        pktmon.event.message | sort | uniq -c | sed 's/^ *//'
}

# detach NAMESPACE DEVICE MODE
detach() {
    ip -n "$NAME-$1" link set "$2" "$3" off
}

# The first program redirects to a device that does not exist, the second one to a device whose
# other end takes no frames of this size.
compile redirect -DTARGET=9999
file=$SCRATCH/lost.pcapng
capture_of "$file" sw b --
detach sw port-a xdpdrv
attach sw port-a redirect
before=$(statistic sw port-a 'rx_queue_.*_drops')
before_named=$(statistic sw port-a 'xdp_drops')
traffic a udp "$NETWORK_ADDRESS_B" "$PORT" "$FAILED" 100 1
failed=$(($(statistic sw port-a 'rx_queue_.*_drops') - before - $(statistic sw port-a 'xdp_drops') + before_named))
detach sw port-a xdpdrv
compile redirect "-DTARGET=$target"
attach sw port-a redirect
ip -n "$NAME-b" link set eth0 mtu 500
before=$(statistic sw port-b xdp_xmit_errors)
traffic a udp "$NETWORK_ADDRESS_B" "$PORT" "$TOO_LONG" 900 1
refused=$(($(statistic sw port-b xdp_xmit_errors) - before))
# Part of a burst: the frames after one that is too long are not taken either.
start_traffic a udp "$NETWORK_ADDRESS_B" "$PORT" "$FRAMES" 900
traffic a udp "$NETWORK_ADDRESS_B" "$PORT" "$FRAMES" 100
wait "$started_pid" || fail "no burst"
all_refused=$(($(statistic sw port-b xdp_xmit_errors) - before))
sleep 0.2
stop_capture "$file"
ip -n "$NAME-b" link set eth0 mtu 1500

expect_equal "what the driver says of failed redirects" "$FAILED" "$failed"
expect_equal "failed redirects" "XDP $FAILED 0" "$(losses sw/port-a)"
expect_equal "events of failed redirects" \
    "$FAILED A redirect by the device's XDP program failed: Invalid argument." \
    "$(events sw/port-a)"
case_row "XDP redirects to a device that is not there" "rx_queue_N_drops of ethtool -S (veth)" \
    "$failed" "$(losses sw/port-a | awk '{ print $2 }')"
expect_equal "what the driver says of frames that were not taken" "$TOO_LONG" "$refused"
((all_refused >= TOO_LONG + FRAMES)) || fail "it took frames that are too long"
expect_equal "frames that were not taken" "XDP 0 $all_refused" "$(losses sw/port-b)"
expect_match "events of frames that were not taken" \
    '^[0-9]+ The device did not accept all frames that an XDP program passed to it for transmission.$' \
    "$(events sw/port-b)"
case_row "The target of an XDP redirect takes no frame so long" \
    "tx_queue_N_xdp_xmit_errors of ethtool -S (veth)" "$all_refused" \
    "$(losses sw/port-b | awk '{ print $3 }')"

# on_the_way: frames of any kind that A has sent and B has not received.
on_the_way() {
    echo "$(($(in_namespace a cat /sys/class/net/eth0/statistics/tx_packets) -
        $(in_namespace b cat /sys/class/net/eth0/statistics/rx_packets)))"
}

# sent_to_cpus PORT COUNT [PAUSE]
sent_to_cpus() {
    traffic a udp "$NETWORK_ADDRESS_B" "$1" "$2" 100 "${3:-1}"
    sleep 0.2
}

# To a device whose other end takes no frames, and to a CPU.
detach b eth0 xdpdrv
detach sw port-a xdpdrv
compile back
in_namespace a ethtool -K eth0 tx off >/dev/null # a frame cannot carry a checksum that is still to be computed
file=$SCRATCH/queues.pcapng
start_capture "$file" --counters-only # of all: on its way to a CPU, a frame belongs to no namespace
attach b eth0 back
traffic sw udp "$NETWORK_ADDRESS_B" "$PORT" "$BACK" 100 1
refused=$(statistic b eth0 'rx_queue_.*_xdp_tx_errors')
detach b eth0 xdpdrv
start_inside sw "$PKTMON_BUILD/tests/live/cpu_map" "$SCRATCH/back.o" port-a 1 >"$SCRATCH/on-cpu"
cpu_map=$started_pid
wait_until 10 test -s "$SCRATCH/on-cpu" || fail "no CPU map"
before=$(on_the_way)
sent_to_cpus "$PORT" "$TO_CPU" 0
sent_to_cpus $((PORT + 1)) "$DROPPED_ON_CPU"
sent_to_cpus $((PORT + 2)) "$ABORTED_ON_CPU"
sent_to_cpus $((PORT + 3)) "$FAILED_ON_CPU"
missing=$(($(on_the_way) - before))
kill -TERM "$cpu_map"
wait "$cpu_map" || fail "the CPU map failed"
sleep 0.2
stop_capture "$file"
lost_on_way=$(fields "$file" "pktmon.record == 3 && pktmon.component.name == \"kernel\" && \
    pktmon.counters.drops_in" pktmon.counters.drops_in | tail -n 1)
lost_by_redirect=$(losses sw/port-a | awk '{ print $2 }')
ours=$((lost_on_way + lost_by_redirect))

expect_equal "what the driver says of frames sent back" "$BACK" "$refused"
expect_equal "frames sent back to who takes none" "XDP $BACK 0" "$(losses b/eth0)"
case_row "XDP sends frames back to who takes none" "rx_queue_N_xdp_tx_errors of ethtool -S (veth)" \
    "$refused" "$(losses b/eth0 | awk '{ print $2 }')"
expect_equal "frames lost on their way to a CPU and there" "$missing" "$ours"
case_row "A CPU map's queue is full, and its program drops, aborts and redirects nowhere" \
    "tx_packets of the sender, less rx_packets of the receiver" "$missing" "$ours"
