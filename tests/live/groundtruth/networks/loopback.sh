# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Within one host.

build_network() {
    surprise
    add_namespaces a
    serve a receive-udp
    beside a a 127.0.0.1
}

network_traffic() {
    numbered a udp at=127.0.0.1 class=1 count="$PACKETS" rate="$RATE"
    numbered a echo at=127.0.0.1 class=2 count=$((PACKETS / 10)) rate=$((RATE / 4))
}

network_truth() {
    journey 1 delivered </dev/null
    # The sender's raw socket also gets a copy of the request.
    journey 2 delivered $((PACKETS / 10)) </dev/null
    journey 2-reply delivered $((PACKETS / 10)) </dev/null
}
