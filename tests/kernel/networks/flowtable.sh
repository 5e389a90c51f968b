# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # shared with guest-modules.sh
# A router with a flowtable: packets of a known flow pass none of its hooks.

modules=(nft_flow_offload nf_flow_table_inet nf_conntrack nft_ct)

build_network() {
    make_routed_hosts 10.90.1 10.90.2
    rules r <<'END'
table inet fast {
    flowtable f { hook ingress priority 0; devices = { to-a, to-b }; }
    chain forward {
        type filter hook forward priority 0;
        meta l4proto udp flow add @f
    }
}
END
    serve a receive-udp port=6000
    serve b receive-udp
    neighbours a 10.90.2.2
}

network_traffic() {
    local one
    # A flow is offloaded once it has been observed in both directions.
    for one in 1 2; do
        numbered a udp at=10.90.2.2 source=6000 class=254 first="$one"
        numbered b udp at=10.90.1.2 port=6000 from=10.90.2.2 source=7000 class=253 first="$one"
    done
    numbered a udp at=10.90.2.2 source=6000 class=1 count="$PACKETS" rate="$RATE"
}

network_truth() {
    journey 1 delivered <<END
$(hops_out a eth0)
r/to-a Lower Rx
r/to-a Upper Rx
r/to-b Upper Tx
r/to-b Lower Tx
$(hops_in b eth0)
b/sockets Lower Rx
END
}
