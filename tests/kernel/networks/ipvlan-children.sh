# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # shared with guest-modules.sh
# From one ipvlan device to another on the same device of the host H.

modules=(ipvlan)

build_network() {
    local suffix
    add_namespaces h b c
    ip -n "$NAME-h" link add port type veth peer name unused
    ip -n "$NAME-h" link set port up
    ip -n "$NAME-h" link set unused up
    for suffix in b c; do
        ip -n "$NAME-h" link add "iv-$suffix" link port netns "$NAME-$suffix" type ipvlan mode l2
        ip -n "$NAME-$suffix" link set "iv-$suffix" up
    done
    address b iv-b 10.92.0.2/24
    address c iv-c 10.92.0.3/24
    serve c receive-udp
    neighbours b 10.92.0.3
}

network_traffic() {
    numbered b udp at=10.92.0.3 class=1 count="$PACKETS" rate="$RATE"
}

network_truth() {
    journey 1 delivered <<END
$(hops_out b iv-b)
$(hops_in c iv-c)
c/sockets Lower Rx
END
}

network_counters() {
    counter "ipvlan, from child to child" "rx_packets of iv-c" "c/iv-c Lower Rx" \
        "$(device_counter c iv-c rx_packets)"
}
