# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A macvlan device of B on a device of the host H. What comes for it does not pass its upper edge:
# the kernel only changes the packet's device.

build_network() {
    add_namespaces a h b
    connect a eth0 h port
    ip -n "$NAME-h" link add mv0 link port netns "$NAME-b" type macvlan mode bridge
    ip -n "$NAME-b" link set mv0 up
    address a eth0 10.95.0.1/24
    address b mv0 10.95.0.2/24
    serve a receive-udp
    serve b receive-udp
    beside a b 10.95.0.2
    neighbours a 10.95.0.2
}

network_traffic() {
    numbered a udp at=10.95.0.2 class=1 count="$HALF" rate="$RATE"
    numbered b udp at=10.95.0.1 class=2 count="$HALF" rate="$RATE"
}

network_truth() {
    journey 1 delivered "$HALF" <<'END'
a/netfilter output In
a/netfilter postrouting In
a/eth0 Upper Tx
a/eth0 Lower Tx
h/port Lower Rx
h/port Upper Rx
b/mv0 Lower Rx
b/netfilter prerouting In
b/netfilter input In
b/sockets Lower Rx
END
    journey 2 delivered "$HALF" <<'END'
b/netfilter output In
b/netfilter postrouting In
b/mv0 Upper Tx
b/mv0 Lower Tx
h/port Upper Tx
h/port Lower Tx
a/eth0 Lower Rx
a/eth0 Upper Rx
a/netfilter prerouting In
a/netfilter input In
a/sockets Lower Rx
END
}
