# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # shared with guest-modules.sh
# Normal ends of packets: at B, datagrams that a program reads, others that wait until their socket
# is closed, and pings that are answered; at C, connections that open, carry data and close, and
# datagrams that only a raw socket takes; and probes of an idle connection. Neither the kernel nor the
# capture counts a drop.

modules=()

ENDS_CHURN_PORT=7005
ENDS_IDLE_PORT=7006
# TCP refuses segments that another CPU has overtaken.
ENDS_DROP='.* (?!TCP_)[A-Z][A-Z0-9_]+'

build_network() {
    add_namespaces a b c
    connect a eth0 b eth0
    connect a eth1 c eth0
    address a eth0 10.99.0.1/24
    address b eth0 10.99.0.2/24
    address a eth1 10.99.1.1/24
    address c eth0 10.99.1.2/24
    serve b receive-udp
    serve c receive-raw
    serve c churn-serve port="$ENDS_CHURN_PORT"
    serve b receive-stream port="$ENDS_IDLE_PORT"
    neighbours a 10.99.0.2
    neighbours a 10.99.1.2
}

network_traffic() {
    local unread connections idle
    serve a idle at=10.99.0.2 port="$ENDS_IDLE_PORT"
    idle=$started_pid
    serve b receive-udp port=7002 read=0
    unread=$started_pid
    start_inside a "$NUMBERED" churn at=10.99.1.2 port="$ENDS_CHURN_PORT" rate=50
    connections=$started_pid
    numbered a udp at=10.99.0.2 class=1 count="$PACKETS" rate="$RATE"
    numbered a udp at=10.99.0.2 port=7002 class=2 count="$PACKETS" rate="$RATE"
    numbered a udp at=10.99.1.2 class=3 count="$PACKETS" rate="$RATE"
    numbered a echo at=10.99.0.2 class=4 count="$PACKETS" rate=$((RATE / 4))
    sleep 1.5 # of probes
    stop_all "$unread" "$connections" "$idle"
}

network_truth() {
    local hops
    hops=$(hops_out a eth0; hops_in b eth0)
    journey 1 delivered <<<"$hops"$'\n''b/sockets Lower Rx'
    journey 2 delivered <<<"$hops"$'\n''b/sockets Lower Rx'
    journey 3 delivered </dev/null
    journey 4 consumed <<<"$hops"$'\n''b/ipv4 - Rx'
    journey 4-reply delivered </dev/null
}

network_counters() {
    local suffix
    counter "Datagrams read, datagrams unread at close, and pings" IpInDelivers \
        'b/(sockets Lower|ipv4 -) Rx' "$(stat_counter b IpInDelivers)"
    counter "Probes of an idle connection" TcpExtTCPKeepAlive 'b/sockets - Rx' \
        "$(stat_counter a TcpExtTCPKeepAlive)"
    for suffix in a b; do
        counter "Connections, datagrams and pings that end well, drops at $suffix" \
            "IpInDiscards, UdpInErrors, UdpNoPorts, TcpInErrs" "$suffix/$ENDS_DROP" \
            "$(drops "$suffix" IpInDiscards UdpInErrors UdpNoPorts TcpInErrs)"
    done
    # UdpNoPorts also counts datagrams that a raw socket took.
    counter "Connections and a raw socket, drops" "IpInDiscards, UdpInErrors, TcpInErrs" \
        "c/$ENDS_DROP" "$(drops c IpInDiscards UdpInErrors TcpInErrs)"
}
