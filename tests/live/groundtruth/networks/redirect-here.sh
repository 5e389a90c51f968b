# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A proxy: the router takes packets meant for B itself (nft redirect), and replies to a ping of its
# address on another side.

build_network() {
    surprise
    make_routed_hosts 10.126.1 10.126.2
    rules r <<'END'
table ip proxy {
    chain prerouting {
        type nat hook prerouting priority dstnat;
        udp dport 7000 redirect to :7400
    }
}
END
    serve r receive-udp port=7400
    beside a b 10.126.2.2
    neighbours a 10.126.2.2
}

network_traffic() {
    numbered a udp at=10.126.2.2 class=1 count="$PACKETS" rate="$RATE"
    numbered a echo at=10.126.2.1 class=2 count="$HALF" rate=$((RATE / 4))
}

network_truth() {
    journey 1 delivered </dev/null
    journey 2 consumed "$HALF" </dev/null
    journey 2-reply delivered "$HALF" </dev/null
}
