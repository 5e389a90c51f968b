# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# IPv4 datagrams that the sender fragments (class 1, three fragments of 4008 bytes), and others that
# the router fragments because the link to B2 has a small MTU (class 2, three fragments of 1208
# bytes). B reassembles them before its input hook.

build_network() {
    make_routed_hosts 10.98.1 10.98.2
    address b eth0 10.98.2.3/24
    route r 10.98.2.3/32 dev to-b mtu lock 600
    # No "don't fragment".
    in_namespace a sysctl -qw net.ipv4.ip_no_pmtu_disc=1
    in_namespace b sysctl -qw net.ipv4.ipfrag_high_thresh=100000000
    serve b receive-udp
    beside a b 10.98.2.2
    neighbours a 10.98.2.2
    neighbours a 10.98.2.3
}

network_traffic() {
    numbered a udp at=10.98.2.2 class=1 count="$HALF" rate=$((RATE / 3)) size=4000
    numbered a udp at=10.98.2.3 class=2 count="$HALF" rate=$((RATE / 3)) size=1200
}

network_truth() {
    journey 1 delivered in-any-order "$HALF" <<'END'
a/netfilter output In
a/netfilter postrouting In
a/eth0 Upper Tx *3
a/eth0 Lower Tx *3
r/to-a Lower Rx *3
r/to-a Upper Rx *3
r/netfilter prerouting In *3
r/netfilter forward In *3
r/netfilter postrouting In *3
r/to-b Upper Tx *3
r/to-b Lower Tx *3
b/eth0 Lower Rx *3
b/eth0 Upper Rx *3
b/netfilter prerouting In *3
b/netfilter input In
b/sockets Lower Rx
END
    journey 2 delivered in-any-order "$HALF" <<'END'
a/netfilter output In
a/netfilter postrouting In
a/eth0 Upper Tx
a/eth0 Lower Tx
r/to-a Lower Rx
r/to-a Upper Rx
r/netfilter prerouting In
r/netfilter forward In
r/netfilter postrouting In
r/to-b Upper Tx *3
r/to-b Lower Tx *3
b/eth0 Lower Rx *3
b/eth0 Upper Rx *3
b/netfilter prerouting In *3
b/netfilter input In
b/sockets Lower Rx
END
}
