# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # shared with guest-modules.sh
# MACsec between two hosts, with and without the sender's identifier in the frame. The wire is so
# slow that the sender's state helps nothing, because most senders are not captured.

modules=(macsec gcm ctr ghash_generic sch_netem)

# add_macsec SUFFIX DEVICE LOWER SEND_SCI
add_macsec() {
    ip -n "$NAME-$1" link add link "$3" "$2" type macsec port 1 send_sci "$4" encrypt on
    ip -n "$NAME-$1" macsec add "$2" tx sa 0 pn 1 on key 00 0123456789abcdef0123456789abcdef
}

# trust SUFFIX DEVICE PEER LOWER
trust() {
    local peer
    peer=$(in_namespace "$3" cat "/sys/class/net/$4/address")
    ip -n "$NAME-$1" macsec add "$2" rx port 1 address "$peer"
    ip -n "$NAME-$1" macsec add "$2" rx port 1 address "$peer" sa 0 pn 1 on \
        key 00 0123456789abcdef0123456789abcdef
    ip -n "$NAME-$1" link set "$2" up
}

build_network() {
    local number suffix
    add_namespaces a b
    for number in 0 1; do
        connect a "eth$number" b "eth$number"
        for suffix in a b; do
            add_macsec "$suffix" "ms$number" "eth$number" "$([[ $number == 0 ]] && echo on || echo off)"
        done
        trust a "ms$number" b "eth$number"
        trust b "ms$number" a "eth$number"
        address a "ms$number" "10.93.$number.1/24"
        address b "ms$number" "10.93.$number.2/24"
        neighbours a "10.93.$number.2"
    done
    for number in 0 1; do
        in_namespace a tc qdisc add dev "eth$number" root netem delay 2s limit 100000
    done
    serve b receive-udp
}

network_traffic() {
    numbered a udp at=10.93.0.2 class=1 count="$PACKETS" rate="$RATE"
    numbered a udp at=10.93.1.2 class=2 count="$PACKETS" rate="$RATE"
    sleep 2
}

# through NUMBER
through() {
    cat <<END
a/netfilter output In
a/netfilter postrouting In
a/ms$1 Upper Tx
a/ms$1 Lower Tx
a/eth$1 Upper Tx
a/eth$1 qdisc In
a/eth$1 qdisc Out
a/eth$1 Lower Tx
b/eth$1 Lower Rx
b/eth$1 Upper Rx
b/ms$1 Lower Rx
b/ms$1 Upper Rx
b/netfilter prerouting In
b/netfilter input In
b/sockets Lower Rx
END
}

network_truth() {
    echo sealed
    through 0 | journey 1 delivered
    through 1 | journey 2 delivered
}

network_counters() {
    counter "MACsec, received" "rx_packets of ms0" "b/ms0 Lower Rx" "$(device_counter b ms0 rx_packets)"
}
