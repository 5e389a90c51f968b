# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A router that masquerades what A sends, and has a separate address for a port of B (DNAT). Rules
# apply to the first packet of each flow, conntrack's entry to the others: all are rewritten.

build_network() {
    add_namespaces a r b
    connect a eth0 r to-a
    connect b eth0 r to-b
    forwards r
    address a eth0 10.92.1.2/24
    address r to-a 10.92.1.1/24
    address b eth0 10.92.2.2/24
    address r to-b 10.92.2.1/24
    route a default via 10.92.1.1
    rules r <<'END'
table ip nat {
    chain to {
        type nat hook prerouting priority dstnat;
        ip daddr 10.92.1.1 udp dport 7100 dnat to 10.92.2.2:7000
    }
    chain from {
        type nat hook postrouting priority srcnat;
        oifname "to-b" masquerade
    }
}
END
    serve b receive-udp
    beside a b 10.92.2.2
    neighbours a 10.92.2.2
}

network_traffic() {
    numbered a udp at=10.92.2.2 class=1 count="$HALF" rate="$RATE"
    numbered a udp at=10.92.1.1 port=7100 class=2 count="$HALF" rate="$RATE"
}

network_truth() {
    journey 1 delivered "$HALF" <<'END'
a/netfilter output In
a/netfilter postrouting In
a/eth0 Upper Tx
a/eth0 Lower Tx
r/to-a Lower Rx
r/to-a Upper Rx
r/netfilter prerouting In
r/netfilter forward In
r/netfilter postrouting In
r/netfilter postrouting Out
r/to-b Upper Tx
r/to-b Lower Tx
b/eth0 Lower Rx
b/eth0 Upper Rx
b/netfilter prerouting In
b/netfilter input In
b/sockets Lower Rx
END
    journey 2 delivered "$HALF" <<'END'
a/netfilter output In
a/netfilter postrouting In
a/eth0 Upper Tx
a/eth0 Lower Tx
r/to-a Lower Rx
r/to-a Upper Rx
r/netfilter prerouting In
r/netfilter prerouting Out
r/netfilter forward In
r/netfilter postrouting In
r/netfilter postrouting Out
r/to-b Upper Tx
r/to-b Lower Tx
b/eth0 Lower Rx
b/eth0 Upper Rx
b/netfilter prerouting In
b/netfilter input In
b/sockets Lower Rx
END
}
