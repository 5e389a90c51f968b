# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A switch with four ports floods packets without a known port: a unicast packet to a MAC address
# that it does not learn, which every host but B refuses (class 1), and a broadcast, which all take
# (class 2). D has a raw socket for UDP and no other: it takes the packets that reach D, and no
# other socket there does.

UNKNOWN_MAC=02:00:00:00:00:99

# From A to the switch, before the flood.
FLOOD_BEGIN='a/netfilter output In
a/netfilter postrouting In
a/eth0 Upper Tx
a/eth0 Lower Tx
sw/port-a Lower Rx
sw/port-a Upper Rx'

build_network() {
    local suffix
    add_namespaces a sw b c d
    in_namespace sw sysctl -qw net.bridge.bridge-nf-call-iptables=0
    for suffix in a b c d; do
        connect "$suffix" eth0 sw "port-$suffix"
    done
    bridge_ports sw br0 port-a port-b port-c port-d
    address a eth0 10.93.0.1/24
    address b eth0 10.93.0.2/24
    address c eth0 10.93.0.3/24
    address d eth0 10.93.0.4/24
    # The switch does not learn where B is.
    ip -n "$NAME-b" link set eth0 address "$UNKNOWN_MAC"
    in_namespace sw bridge link set dev port-b learning off
    serve b receive-udp
    serve c receive-udp
    serve d receive-raw
    beside a c 10.93.0.3
    neighbours a 10.93.0.3
    neighbours a 10.93.0.2
}

network_traffic() {
    numbered a udp at=10.93.0.2 class=1 count="$HALF" rate=$((RATE / 2))
    numbered a udp at=10.93.0.255 class=2 count="$HALF" rate=$((RATE / 2))
}

network_truth() {
    # The bridge goes from its newest port to its oldest, and so do the hosts.
    journey 1 delivered "$HALF" <<END
$FLOOD_BEGIN
sw/port-d Upper Tx
sw/port-d Lower Tx
d/eth0 Lower Rx
sw/port-c Upper Tx
sw/port-c Lower Tx
c/eth0 Lower Rx
sw/port-b Upper Tx
sw/port-b Lower Tx
b/eth0 Lower Rx
d/eth0 Upper Rx
c/eth0 Upper Rx
b/eth0 Upper Rx
b/netfilter prerouting In
b/netfilter input In
b/sockets Lower Rx
END
    # A itself gets a copy of its broadcast before it is sent, and so does the switch.
    journey 2 delivered "$HALF" <<END
a/netfilter output In
a/netfilter postrouting In
a/eth0 Lower Rx
a/eth0 Upper Rx
a/netfilter prerouting In
a/netfilter input In
${FLOOD_BEGIN#*In}
sw/port-d Upper Tx
sw/port-d Lower Tx
d/eth0 Lower Rx
sw/port-c Upper Tx
sw/port-c Lower Tx
c/eth0 Lower Rx
sw/port-b Upper Tx
sw/port-b Lower Tx
b/eth0 Lower Rx
sw/br0 Lower Rx
sw/br0 Upper Rx
sw/netfilter prerouting In
d/eth0 Upper Rx
d/netfilter prerouting In
d/netfilter input In
d/sockets Lower Rx
c/eth0 Upper Rx
c/netfilter prerouting In
c/netfilter input In
c/sockets Lower Rx
b/eth0 Upper Rx
b/netfilter prerouting In
b/netfilter input In
b/sockets Lower Rx
END
}
