# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Five hosts in a row; two of the routers choose the route by a rule.

build_network() {
    local one other number=0
    surprise
    add_namespaces a r1 r2 r3 b
    for pair in a:r1 r1:r2 r2:r3 r3:b; do
        one=${pair%:*} other=${pair#*:} number=$((number + 1))
        connect "$one" right "$other" left
        address "$one" right "10.111.$number.1/24"
        address "$other" left "10.111.$number.2/24"
    done
    for one in r1 r2 r3; do
        forwards "$one"
    done
    route a default via 10.111.1.2
    in_namespace r1 ip rule add to 10.111.4.0/24 lookup 100
    route r1 10.111.4.0/24 via 10.111.2.2 table 100
    in_namespace r2 ip rule add iif left lookup 101
    route r2 10.111.4.0/24 via 10.111.3.2 table 101
    route b default via 10.111.4.1
    route r3 10.111.1.0/24 via 10.111.3.1
    route r2 10.111.1.0/24 via 10.111.2.1
    serve b receive-udp
    beside a b 10.111.4.2
    neighbours a 10.111.4.2
}

network_traffic() {
    numbered a udp at=10.111.4.2 class=1 count="$PACKETS" rate="$RATE"
}

network_truth() {
    journey 1 delivered </dev/null
}
