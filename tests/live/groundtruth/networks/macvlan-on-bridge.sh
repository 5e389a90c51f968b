# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A macvlan device whose lower device is a bridge, and a second one beside it that also gets the
# broadcasts.

build_network() {
    surprise
    add_namespaces a h b c
    connect a eth0 h port
    bridge_ports h br0 port
    ip -n "$NAME-h" link add mvb link br0 netns "$NAME-b" type macvlan mode bridge
    ip -n "$NAME-h" link add mvc link br0 netns "$NAME-c" type macvlan mode bridge
    ip -n "$NAME-b" link set mvb up
    ip -n "$NAME-c" link set mvc up
    address a eth0 10.112.0.1/24
    address b mvb 10.112.0.2/24
    address c mvc 10.112.0.3/24
    serve b receive-udp
    serve c receive-udp
    beside a b 10.112.0.2
    neighbours a 10.112.0.2
    neighbours a 10.112.0.3
}

network_traffic() {
    numbered a udp at=10.112.0.2 class=1 count="$HALF" rate="$RATE"
    # A macvlan device queues at most a thousand broadcasts.
    numbered a udp at=10.112.0.255 class=2 count=$((PACKETS / 10)) rate=$((RATE / 20))
    numbered b udp at=10.112.0.3 class=3 count="$HALF" rate="$RATE"
}

network_truth() {
    journey 1 delivered "$HALF" </dev/null
    journey 2 delivered $((PACKETS / 10)) </dev/null
    journey 3 delivered "$HALF" </dev/null
}
