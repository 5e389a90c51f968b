# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # shared with groundtruth.sh
# Everything that can happen to a packet between two hosts with a router between them. Each class of
# packets has another end. B has a packet socket that is never read; losing its copies is no loss.

DROPS=$((PACKETS / 10))
DROP_RATE=$((RATE / 2))

# The places of all packets before the router decides, then those of packets that reach B.
TO_ROUTER="$(hops_out a eth0)
r/to-a Lower Rx
r/to-a Upper Rx
r/netfilter prerouting In"
TO_B="$TO_ROUTER
r/netfilter forward In
r/netfilter postrouting In
r/to-b Upper Tx
r/to-b Lower Tx
b/eth0 Lower Rx
b/eth0 Upper Rx"
INTO_B=$(hops_over_router a b)

# drop_port SUFFIX HOOK PORT
drop_port() {
    rules "$1" <<END
table ip drops {
    chain $2 {
        type filter hook $2 priority 0;
        udp dport $3 drop
    }
}
END
}

build_network() {
    make_routed_hosts 10.100.1 10.100.2
    # A neighbour that does not exist is given up soon.
    in_namespace r sysctl -qw net.ipv4.neigh.to-b.mcast_solicit=1 \
        net.ipv4.neigh.to-b.retrans_time_ms=50
    drop_port a output 7312
    drop_port r forward 7311
    drop_port b input 7301
    attach_tc b eth0 groundtruth/tc_drop
    serve b receive-udp
    # Full before the capture begins, and never read.
    serve b receive-udp port=7303 buffer=1 read=0
    beside a b 10.100.2.2
    neighbours a 10.100.2.2
    numbered a udp at=10.100.2.2 port=7303 class=254 count=50
}

# of_class CLASS [SETTING ...]
of_class() {
    numbered a udp class="$1" count="$DROPS" rate="$DROP_RATE" "${@:2}"
}

network_traffic() {
    local holder unread
    rm -f "$SCRATCH/holding"
    start_traffic b hold "$SCRATCH/holding" eth0
    holder=$started_pid
    wait_until 10 test -e "$SCRATCH/holding" || fail "no packet socket"
    of_class 1 at=10.100.2.2 port=7301
    of_class 2 at=10.100.2.2 port=7302
    of_class 3 at=10.100.2.2 port=7303
    of_class 4 at=10.100.2.2 ttl=1
    of_class 5 at=10.177.0.1
    numbered a bad-udp from=10.100.1.2 at=10.100.2.2 class=6 count="$DROPS" rate="$DROP_RATE"
    numbered a bad-udp from=10.100.1.2 at=10.100.2.2 class=16 count="$DROPS" rate="$DROP_RATE" size=200
    of_class 7 at=10.100.2.77
    serve b receive-udp port=7308 read=0
    unread=$started_pid
    of_class 8 at=10.100.2.2 port=7308
    stop_all "$unread"
    of_class 11 at=10.100.2.2 port=7311
    of_class 12 at=10.100.2.2 port=7312
    of_class 13 at=10.100.2.2 port=7313
    of_class 14 at=10.100.2.2
    numbered a echo at=10.100.2.2 class=15 count="$DROPS" rate="$DROP_RATE"
    sleep 0.3
    stop_all "$holder"
}

network_truth() {
    # A rule at B's input.
    journey 1 dropped "$DROPS" <<END
$INTO_B
b/netfilter input Rx NETFILTER_DROP
END
    # A port without a socket.
    journey 2 dropped "$DROPS" <<END
$INTO_B
b/sockets - Rx NO_SOCKET
END
    # A socket without room.
    journey 3 dropped "$DROPS" <<END
$INTO_B
b/sockets Lower Rx
b/sockets - Rx SOCKET_RCVBUFF
END
    # A TTL that expires at the router.
    journey 4 dropped "$DROPS" <<END
$TO_ROUTER
r/ipv4 - Rx IP_INHDR
END
    # No route at the router.
    journey 5 dropped "$DROPS" <<END
$TO_ROUTER
r/ipv4 - Rx IP_INNOROUTES
END
    # A wrong checksum: of a short packet, it is found before there is a socket; of a long one, when
    # the packet is read.
    journey 6 dropped "$DROPS" <<END
$INTO_B
b/sockets - Rx UDP_CSUM
END
    journey 16 dropped "$DROPS" <<END
$INTO_B
b/sockets Lower Rx
b/sockets - Rx UDP_CSUM
END
    # A neighbour that does not answer: some packets wait for it, the others find no room to wait.
    journey 7 dropped "$DROPS" <<END
$TO_ROUTER
r/netfilter forward In
r/netfilter postrouting In
r/arp - Tx NEIGH_FAILED|NEIGH_QUEUEFULL|QUEUE_PURGE
END
    # Never read, and the socket is closed.
    journey 8 delivered "$DROPS" <<END
$INTO_B
b/sockets Lower Rx
END
    # A rule at the router's forward hook.
    journey 11 dropped "$DROPS" <<END
$TO_ROUTER
r/netfilter forward In
r/netfilter forward Rx NETFILTER_DROP
END
    # A rule at A's output.
    journey 12 dropped "$DROPS" <<END
a/netfilter output In
a/netfilter output Tx NETFILTER_DROP
END
    # A program at tc ingress.
    journey 13 dropped "$DROPS" <<END
$TO_B
b/eth0 - Rx TC_INGRESS
END
    # No drop at all.
    journey 14 delivered "$DROPS" <<END
$INTO_B
b/sockets Lower Rx
END
    # The reply to a ping goes to a raw socket.
    journey 15-reply delivered "$DROPS" <<END
$(hops_over_router b a)
a/sockets Lower Rx
END
}
