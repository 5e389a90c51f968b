# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Container networks redirect packets straight to the device in another namespace. They do not pass
# its upper edge.

# add_pod SUFFIX ADDRESS PORT PORT_IFINDEX
add_pod() {
    ip -n "$NAME-h" link add "$3" index "$4" type veth peer name eth0 netns "$NAME-$1"
    address "$1" eth0 "$2"
    ip -n "$NAME-$1" link set eth0 address "02:00:00:00:00:0$1"
    ip -n "$NAME-$1" link set eth0 up
    ip -n "$NAME-h" link set "$3" up
}

build_network() {
    add_namespaces h a b
    add_pod a 10.97.0.1/24 port-a 101
    add_pod b 10.97.0.2/24 port-b 102
    attach_tc h port-a redirect_peer -DTARGET=102
    attach_tc h port-b redirect_peer -DTARGET=101
    serve b receive-udp
    beside a b 10.97.0.2
    neighbours a 10.97.0.2
}

network_traffic() {
    numbered a udp at=10.97.0.2 class=1 count="$PACKETS" rate="$RATE"
}

network_truth() {
    journey 1 delivered <<'END'
a/netfilter output In
a/netfilter postrouting In
a/eth0 Upper Tx
a/eth0 Lower Tx
h/port-a Lower Rx
h/port-a Upper Rx
b/eth0 Lower Rx
b/netfilter prerouting In
b/netfilter input In
b/sockets Lower Rx
END
}
