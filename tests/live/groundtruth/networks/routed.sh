# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Two hosts and a router between them; and echo requests, which the receiver's kernel answers. A raw
# socket gets a copy of each reply.

build_network() {
    make_routed_hosts 10.91.1 10.91.2
    serve b receive-udp
    beside a b 10.91.2.2
    neighbours a 10.91.2.2
}

network_traffic() {
    numbered a udp at=10.91.2.2 class=1 count="$PACKETS" rate="$RATE"
    numbered a echo at=10.91.2.2 class=2 count=$((PACKETS / 10)) rate=$((RATE / 4))
}

network_truth() {
    journey 1 delivered <<END
$(hops_over_router a b)
b/sockets Lower Rx
END
    journey 2 consumed $((PACKETS / 10)) <<END
$(hops_over_router a b)
b/ipv4 - Rx
END
    journey 2-reply delivered $((PACKETS / 10)) <<END
$(hops_over_router b a)
a/sockets Lower Rx
END
}
