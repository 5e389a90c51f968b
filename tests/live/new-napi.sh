#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# When a device comes up, it tries its NAPI with an empty skb and frees that. The skb's memory was
# that of a datagram that a program has read, which no tracepoint shows: that is no drop of the
# datagram.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"

TESTS=$(dirname "$0")
RISES=30
DATAGRAMS=60 # for each
ADDRESS=127.0.0.1 PORT=7000

network_add_namespace "$NAME-a"
ip netns exec "$NAME-a" sysctl -qw net.ipv6.conf.default.disable_ipv6=1
ip -n "$NAME-a" link set lo up
ip -n "$NAME-a" link add spare type veth peer name other
ip -n "$NAME-a" link set other up
ip netns exec "$NAME-a" ethtool -K spare gro on
file=$SCRATCH/new-napi.pcapng
start_capture "$file" --buffer-size 64 --netns "$NAME-a"
ip netns exec "$NAME-a" python3 -B "$TESTS/traffic.py" udp-and-rises "$ADDRESS" "$PORT" "$DATAGRAMS" \
    spare "$RISES"
sleep 0.3
stop_capture "$file"
expect_equal "datagrams" "$((RISES * DATAGRAMS))" \
    "$(fields "$file" "pktmon.appearance == 1 && udp.dstport == $PORT" frame.number | wc -l)"
expect_equal "drops" "" \
    "$(fields "$file" pktmon.drop.reason pktmon.component.name pktmon.drop.reason pktmon.drop.location)"
