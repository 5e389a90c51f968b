# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Shared by the networks with TCP streams: A sends a stream to B over a router that loses some of
# its packets, so that they are retransmitted. A retransmitted packet is another packet.

STREAM_PORT=7050
STREAM_CLASS=1
STREAM_BYTES=$((PACKETS * 1448))
# The sender's packets are of several sizes.
STREAM_WRITE=8192

STREAM_WAY='a/netfilter output In
a/netfilter postrouting In
a/eth0 Upper Tx
a/eth0 Lower Tx
r/to-a Lower Rx
r/to-a Upper Rx
r/netfilter prerouting In
r/netfilter forward In
r/netfilter forward Rx NETFILTER_DROP
r/netfilter postrouting In
r/to-b Upper Tx
r/to-b Lower Tx
b/eth0 Lower Rx
b/eth0 Upper Rx
b/netfilter prerouting In
b/netfilter input In
b/sockets Lower Rx'

# make_stream_network NUMBER LOSES: one in LOSES data packets is lost at the router.
make_stream_network() {
    # shellcheck disable=SC2034 # groundtruth.sh uses them
    checker=streams.py capture_options=(--pkt-size 160)
    make_routed_hosts "10.101.$1" "10.102.$1" 30
    stream_to=10.102.$1.2
    rules r <<END
table ip loss {
    counter lost { }
    chain forward {
        type filter hook forward priority 0;
        tcp dport $STREAM_PORT meta length > 1000 numgen inc mod $2 == $(($2 / 2)) counter name lost drop
    }
}
END
    serve b receive-stream port="$STREAM_PORT"
    beside a b "$stream_to"
    neighbours a "$stream_to"
}

# offloads SUFFIX DEVICE FEATURE on|off ...
offloads() {
    in_namespace "$1" ethtool -K "${@:2}" >/dev/null
}

network_traffic() {
    numbered a stream at="$stream_to" port="$STREAM_PORT" class="$STREAM_CLASS" \
        count="$STREAM_BYTES" size="$STREAM_WRITE" rate=4000
}

network_truth() {
    journey "$STREAM_CLASS" delivered "$STREAM_BYTES" <<<"$STREAM_WAY"
    echo "lost $STREAM_CLASS $(lost_packets)"
}

lost_packets() {
    in_namespace r nft reset counter ip loss lost | sed -n 's/.*packets \([0-9]*\).*/\1/p'
}
