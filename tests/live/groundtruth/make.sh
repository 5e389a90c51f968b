# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # shared with those that source it
# Building blocks of the networks of the ground truth, on this machine and inside the machines of
# tests/kernel. Sourced after lib.sh and journey.sh.

# For a network that is not one of the main ones: fewer packets and runs.
surprise() {
    set_packets $((ALL_PACKETS / 4))
    runs='stack:no:packets devices:no:appearances'
}

# set_packets NUMBER: packets of the next network.
set_packets() {
    PACKETS=$1
    HALF=$((PACKETS / 2)) # packets of each of two classes
}

# add_namespaces SUFFIX ...: these are captured.
add_namespaces() {
    local suffix
    for suffix in "$@"; do
        network_add_namespace "$NAME-$suffix"
        namespaces+=("$suffix")
    done
}

# connect SUFFIX DEVICE SUFFIX DEVICE: a veth pair, up.
connect() {
    ip -n "$NAME-$1" link add "$2" type veth peer name "$4" netns "$NAME-$3"
    ip -n "$NAME-$1" link set "$2" up
    ip -n "$NAME-$3" link set "$4" up
}

# address SUFFIX DEVICE ADDRESS/LENGTH
address() {
    local options=()
    [[ $3 == *:* ]] && options=(nodad)
    ip -n "$NAME-$1" address add "$3" dev "$2" "${options[@]}"
}

# route SUFFIX ARGUMENTS ...
route() {
    ip -n "$NAME-$1" route add "${@:2}"
}

# forwards SUFFIX: the namespace is a router.
forwards() {
    in_namespace "$1" sysctl -qw net.ipv4.ip_forward=1
}

# enable_ipv6 SUFFIX ...: without router solicitations and the like.
enable_ipv6() {
    local suffix
    for suffix in "$@"; do
        in_namespace "$suffix" sysctl -qw net.ipv6.conf.default.accept_dad=0 \
            net.ipv6.conf.default.router_solicitations=0 \
            net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0
    done
}

# make_routed_hosts NET_A NET_B [LENGTH]: hosts A and B with the addresses NET_A.2 and NET_B.2, and
# a router R between them.
make_routed_hosts() {
    local length=${3:-24}
    add_namespaces a r b
    connect a eth0 r to-a
    connect b eth0 r to-b
    forwards r
    address a eth0 "$1.2/$length"
    address r to-a "$1.1/$length"
    address b eth0 "$2.2/$length"
    address r to-b "$2.1/$length"
    route a default via "$1.1"
    route b default via "$2.1"
}

# make_child_hosts NET DEVICE TYPE OPTION ...: hosts A and B with the addresses NET.1 and NET.2. B's
# DEVICE has this type, and is on a device of the host H, to which A is connected.
make_child_hosts() {
    add_namespaces a h b
    connect a eth0 h port
    ip -n "$NAME-h" link add "$2" link port netns "$NAME-b" type "${@:3}"
    ip -n "$NAME-b" link set "$2" up
    address a eth0 "$1.1/24"
    address b "$2" "$1.2/24"
    serve a receive-udp
    serve b receive-udp
}

# bridge_ports SUFFIX BRIDGE PORT ...
bridge_ports() {
    local port
    ip -n "$NAME-$1" link add "$2" type bridge mcast_snooping 0 2>/dev/null || true
    ip -n "$NAME-$1" link set "$2" up
    for port in "${@:3}"; do
        ip -n "$NAME-$1" link set "$port" master "$2" up
    done
}

# numbered SUFFIX COMMAND [SETTING ...]: see numbered.c.
numbered() {
    in_namespace "$1" "$NUMBERED" "${@:2}"
}

# serve SUFFIX COMMAND [SETTING ...]: starts numbered in the background, and waits until it is
# ready.
serve() {
    local log=$SCRATCH/server-$((++servers))
    start_inside "$1" "$NUMBERED" "${@:2}" >"$log"
    wait_until 30 test -s "$log" || fail "no server: ${*}"
}

# neighbours SUFFIX ADDRESS: both know each other's MAC, which does not expire during the test.
neighbours() {
    in_namespace "$1" ping -q -c 1 -W 5 "$2" >/dev/null || fail "no reply from $2 to $1"
}

# journey CLASS FATE [in-any-order] [COUNT]: the places of each packet of the class, from standard
# input.
journey() {
    local class=$1 fate=$2 count=$PACKETS
    shift 2
    [[ ${!#} =~ ^[0-9]+$ ]] && (($# > 0)) && count=${!#}
    echo "class $class $count $fate $*"
    cat
    echo
}

# hops_out SUFFIX DEVICE: the places of an IP packet that a host sends, up to the wire.
hops_out() {
    printf '%s\n' "$1/netfilter output In" "$1/netfilter postrouting In" \
        "$1/$2 Upper Tx" "$1/$2 Lower Tx"
}

# hops_in SUFFIX DEVICE: the places of a packet for the host, before its receiver is known.
hops_in() {
    printf '%s\n' "$1/$2 Lower Rx" "$1/$2 Upper Rx" \
        "$1/netfilter prerouting In" "$1/netfilter input In"
}

# hops_over_router SUFFIX SUFFIX: from one host of make_routed_hosts to the other.
hops_over_router() {
    hops_out "$1" eth0
    printf '%s\n' "r/to-$1 Lower Rx" "r/to-$1 Upper Rx" "r/netfilter prerouting In" \
        "r/netfilter forward In" "r/netfilter postrouting In" "r/to-$2 Upper Tx" "r/to-$2 Lower Tx"
    hops_in "$2" eth0
}

# child_journeys DEVICE MARK [COUNT]: class 1 from A to B of make_child_hosts, class 2 back. MARK is
# appended to the lower edge that is visible at tc ingress only.
child_journeys() {
    journey 1 delivered "${@:3}" <<END
$(hops_out a eth0)
h/port Lower Rx
h/port Upper Rx
b/$1 Lower Rx$2
b/netfilter prerouting In
b/netfilter input In
b/sockets Lower Rx
END
    journey 2 delivered "${@:3}" <<END
$(hops_out b "$1")
h/port Upper Tx
h/port Lower Tx
$(hops_in a eth0)
a/sockets Lower Rx
END
}

# beside SUFFIX SUFFIX ADDRESS: other traffic from one to the other, while the traffic of the
# network runs.
beside() {
    serve "$2" receive-udp at="${4:-0.0.0.0}" port="$BESIDE_PORT"
    serve "$2" churn-serve at="${4:-0.0.0.0}" port="$CHURN_PORT"
    beside_from=$1 beside_to=$3
}

start_beside() {
    [[ -n $beside_to ]] || return 0
    start_inside "$beside_from" "$NUMBERED" udp at="$beside_to" port="$BESIDE_PORT" \
        class="$BESIDE_CLASS" count=10000000 rate=$((RATE / 8)) size=200
    beside_pids+=("$started_pid")
    start_inside "$beside_from" "$NUMBERED" churn at="$beside_to" port="$CHURN_PORT" rate=500
    beside_pids+=("$started_pid")
}

stop_all() {
    local pid
    for pid in "$@"; do
        kill -TERM "$pid" 2>/dev/null || true
    done
    for pid in "$@"; do
        wait "$pid" 2>/dev/null || true
    done
}
