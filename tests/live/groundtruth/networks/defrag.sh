# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A router with connection tracking puts fragments together and cuts them up again.

build_network() {
    surprise
    add_namespaces a r b
    connect a eth0 r to-a
    connect b eth0 r to-b
    forwards r
    address a eth0 10.123.1.2/24
    address r to-a 10.123.1.1/24
    address b eth0 10.123.2.2/24
    address r to-b 10.123.2.1/24
    route a default via 10.123.1.1
    route b default via 10.123.2.1
    rules r <<'END'
table ip track {
    chain forward {
        type filter hook forward priority 0;
        ct state established counter
    }
}
END
    in_namespace a sysctl -qw net.ipv4.ip_no_pmtu_disc=1
    in_namespace b sysctl -qw net.ipv4.ipfrag_high_thresh=100000000
    in_namespace r sysctl -qw net.ipv4.ipfrag_high_thresh=100000000
    serve b receive-udp
    beside a b 10.123.2.2
    neighbours a 10.123.2.2
}

network_traffic() {
    numbered a udp at=10.123.2.2 class=1 count="$HALF" rate=$((RATE / 4)) size=4000
}

network_truth() {
    journey 1 delivered "$HALF" </dev/null
}
