# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # shared with guest-modules.sh
# ESP between two hosts, over a router: in tunnel mode by policies, without a tunnel device, and in
# transport mode. B has no policy for packets from one of A's addresses, and no key for another. A
# itself waits for the key of a third one, and discards packets until then.
# shellcheck source=tests/kernel/networks/tunnel.inc
source "${BASH_SOURCE[0]%/*}/tunnel.inc"

modules=(esp4 xfrm_user authenc echainiv crypto_null drbg)

# add_state SUFFIX SOURCE DESTINATION ID MODE
add_state() {
    ip -n "$NAME-$1" xfrm state add src "$2" dst "$3" proto esp spi "0x10$4" reqid "$4" mode "$5" \
        auth "hmac(sha256)" 0x0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef \
        enc "cbc(aes)" 0x0123456789abcdef0123456789abcdef
}

# add_policy SUFFIX DIRECTION FROM TO SOURCE DESTINATION ID MODE
add_policy() {
    ip -n "$NAME-$1" xfrm policy add src "$3" dst "$4" dir "$2" \
        tmpl src "$5" dst "$6" proto esp reqid "$7" mode "$8"
}

# protect SUFFIX PEER_SUFFIX FROM TO SOURCE DESTINATION ID MODE: one direction.
protect() {
    add_state "$1" "$5" "$6" "$7" "$8"
    add_state "$2" "$5" "$6" "$7" "$8"
    add_policy "$1" out "${@:3}"
    add_policy "$2" in "${@:3}"
}

build_network() {
    make_tunnel_hosts 4
    local address
    for address in 1 7 8 9; do
        ip -n "$NAME-a" address add "10.83.4.$address/32" dev lo
    done
    ip -n "$NAME-b" address add 10.83.4.2/32 dev lo
    route a 10.83.4.2/32 via 10.81.4.1 src 10.83.4.1
    route b 10.83.4.1/32 via 10.82.4.1 src 10.83.4.2
    protect a b 10.83.4.1 10.83.4.2 "$address_a" "$address_b" 1 tunnel
    protect b a 10.83.4.2 10.83.4.1 "$address_b" "$address_a" 2 tunnel
    protect a b "$address_a" "$address_b" "$address_a" "$address_b" 3 transport
    protect b a "$address_b" "$address_a" "$address_b" "$address_a" 4 transport
    add_policy a out 10.83.4.9 10.83.4.2 "$address_a" "$address_b" 1 tunnel
    add_state a "$address_a" "$address_b" 8 tunnel
    add_policy a out 10.83.4.8 10.83.4.2 "$address_a" "$address_b" 8 tunnel
    add_policy a out 10.83.4.7 10.83.4.2 "$address_a" "$address_b" 7 tunnel
    start_inside a ip xfrm monitor acquire >"$SCRATCH/acquire" # a daemon that would set up the key
    serve b receive-udp
    neighbours a 10.83.4.2
    neighbours a "$address_b"
}

network_traffic() {
    numbered a udp at=10.83.4.2 class=1 count="$PACKETS" rate="$RATE"
    numbered a udp at="$address_b" class=2 count="$PACKETS" rate="$RATE"
    numbered a echo at=10.83.4.2 class=3 count="$HALF" rate="$RATE"
    numbered a udp at=10.83.4.2 from=10.83.4.9 class=4 count="$HALF" rate="$RATE"
    numbered a udp at=10.83.4.2 from=10.83.4.7 class=5 count="$HALF" rate="$RATE"
    in_namespace a ping -q -c 10 -i 0.05 -W 1 -I 10.83.4.8 10.83.4.2 >/dev/null || true
}

network_truth() {
    echo sealed
    journey 1 delivered <<END
a/netfilter output In
a/netfilter postrouting In
$(hops_over_router a b)
$(hops_in b eth0)
b/sockets Lower Rx
END
    journey 2 delivered <<END
a/netfilter output In
a/netfilter postrouting In
$(hops_over_router a b)
b/netfilter prerouting In
b/netfilter input In
b/sockets Lower Rx
END
    journey 3 consumed "$HALF" </dev/null
    journey 3-reply delivered "$HALF" </dev/null
    journey 4 dropped "$HALF" </dev/null
    journey 5 dropped "$HALF" <<'END'
a/netfilter output In
a/ipv4 - Tx NOT_SPECIFIED
END
    echo "stray b/ipv4 - Rx NOT_SPECIFIED"
}

network_counters() {
    counter "ESP, a key is awaited" XfrmOutNoStates "a/ipv4 - Tx NOT_SPECIFIED" "$(xfrm_counter a XfrmOutNoStates)"
    counter "ESP, no key" XfrmInNoStates "b/ipv4 - Rx NOT_SPECIFIED" "$(xfrm_counter b XfrmInNoStates)"
    counter "ESP, errors of policy" XfrmInNoPols "b/.* XFRM_POLICY" "$(xfrm_counter b XfrmInNoPols)"
}
