#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A netfilter hook is a place while a function is registered there, be it a chain's or conntrack's,
# from the first packet after the first one until the last one is gone. Captures are no functions to
# each other. --all-hooks shows the others too.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"

PORT=7100 # of the last datagram: each has its own
WAY=$'a/netfilter output\na/netfilter postrouting\nb/netfilter prerouting\nb/netfilter input'
steps=()  # what a datagram of each port is sent with
hooks=()  # and the hooks that are places then

# step WHAT HOOKS [COMMAND ...]: sends a datagram from a to b, or by the command, which gets the
# port.
step() {
    PORT=$((PORT + 1))
    steps[PORT]=$1 hooks[PORT]=$2
    shift 2
    if (($#)); then
        "$@" "$PORT"
    else
        network_send_udp "$NAME-a" 10.81.0.2 "$PORT"
    fi
}

send_to_container() {
    network_send_udp "$NAME-a" 10.82.0.2 "$1"
}

send_over_ipv6() {
    network_send_udp "$NAME-b" ::1 "$1"
}

# hooks_of FILE PORT: hooks that the datagram entered, in the order of time.
hooks_of() {
    fields "$1" "udp.dstport == $2 && !icmp && pktmon.direction == 1 &&
        pktmon.component.name contains \"/netfilter\"" pktmon.component.name pktmon.edge |
        awk -F '\t' -v prefix="$NAME-" '
            BEGIN { split("4 prerouting 5 input 6 forward 7 output 8 postrouting", words, " ")
                for (i = 1; i in words; i += 2) names[words[i]] = words[i + 1] }
            { sub("^" prefix, "", $1); sub("^net:[^/]*", "container", $1); print $1, names[$2] }'
}

# counted FILE COMPONENT: hooks that have counters, with the packets that entered and left, at the
# last reading.
counted() {
    fields "$1" "pktmon.record == 3 && pktmon.component.name == \"$NAME-$2/netfilter\"" pktmon.edge \
        pktmon.counters.packets_in pktmon.counters.packets_out |
        awk '$1 >= 4 && $1 <= 8 { last[$1] = $0 } END { for (hook in last) print last[hook] }' |
        sort | tr '\t\n' ' ;'
}

network_add_namespace "$NAME-a"
network_add_namespace "$NAME-b"
python3 -B "$TESTS/container.py" 100000 sleep 300 &
container=$!
own_pids+=("$container")
wait_until 5 grep -q sleep "/proc/$container/comm" || fail "no container"
ip link add to-b netns "$NAME-a" type veth peer name eth0 netns "$NAME-b"
ip link add to-c netns "$NAME-a" type veth peer name eth0 netns "$container"
in_container=(nsenter --user --net --target "$container")
ip -n "$NAME-a" address add 10.81.0.1/24 dev to-b
ip -n "$NAME-a" address add 10.82.0.1/24 dev to-c
ip -n "$NAME-b" address add 10.81.0.2/24 dev eth0
"${in_container[@]}" ip address add 10.82.0.2/24 dev eth0
"${in_container[@]}" ip link set eth0 up
for end in a:to-b a:to-c b:eth0; do
    ip -n "$NAME-${end%:*}" link set "${end#*:}" up
done
in_namespace b sysctl -qw net.ipv6.conf.lo.disable_ipv6=0
ping_once a 10.81.0.2
ping_once a 10.82.0.2

one=$SCRATCH/one.pcapng other=$SCRATCH/other.pcapng all=$SCRATCH/all.pcapng
pids=()
for file in "$one" "$other" "$all"; do
    options=()
    [[ $file != "$all" ]] || options=(--all-hooks)
    start_capture "$file" --netns "$NAME-a,$NAME-b,$container" "${options[@]}"
    pids+=("$capture_pid")
done

step "three captures and no function" ""
in_namespace b nft 'add table ip t; add chain ip t c { type filter hook input priority 0; }'
step "a chain at b" "b/netfilter input"
in_namespace b nft 'add chain ip t d { type filter hook input priority 1; }'
in_namespace b nft 'delete chain ip t c'
step "another chain in its place" "b/netfilter input"
in_namespace b nft delete table ip t
step "no chain any more" ""
in_namespace a iptables-nft -A OUTPUT -p udp -j ACCEPT
step "a rule of iptables at a" "a/netfilter output"
in_namespace a nft delete table ip filter
step "no rule any more" ""
in_namespace b nft -f - <<'END'
table ip6 t {
    chain input { type filter hook input priority 0; }
}
END
step "a chain of IPv6, for IPv4" ""
step "a chain of IPv6, for IPv6" "b/netfilter input" send_over_ipv6
in_namespace b nft delete table ip6 t
rules b <<'END'
table ip t {
    chain forward { type filter hook forward priority 0; ct state established counter; }
}
END
step "connection tracking at b" $'b/netfilter prerouting\nb/netfilter input'
in_namespace b nft delete table ip t
step "no connection tracking any more" ""
step "a container without rules" "" send_to_container
"${in_container[@]}" nft 'add table inet t; add chain inet t c { type filter hook prerouting priority 0; }'
step "a chain of the container's root" "container/netfilter prerouting" send_to_container
"${in_container[@]}" nft delete table inet t
step "its chain is gone" "" send_to_container

# A capture that ends or begins makes no other hook a place, nor hides one.
capture_pid=${pids[1]}
stop_capture "$other"
step "one capture fewer" ""
in_namespace b nft 'add table ip t; add chain ip t c { type filter hook input priority 0; }'
step "one capture fewer, and a chain" "b/netfilter input"
late=$SCRATCH/late.pcapng
start_capture "$late" --netns "$NAME-a,$NAME-b"
late_pid=$capture_pid
step "another capture, and a chain" "b/netfilter input"
in_namespace b nft delete table ip t
step "another capture, and no chain" ""
sleep 0.3
capture_pid=$late_pid
stop_capture "$late"
capture_pid=${pids[0]}
stop_capture "$one"
capture_pid=${pids[2]}
stop_capture "$all"

for port in "${!steps[@]}"; do
    expect_equal "hooks with ${steps[port]}" "${hooks[port]}" "$(hooks_of "$one" "$port")"
done
for port in 7101 7102 7105; do
    expect_equal "hooks of the other capture with ${steps[port]}" "${hooks[port]}" \
        "$(hooks_of "$other" "$port")"
    expect_equal "all hooks with ${steps[port]}" "$WAY" "$(hooks_of "$all" "$port")"
done
expect_equal "all hooks of the container" \
    $'a/netfilter output\na/netfilter postrouting\ncontainer/netfilter prerouting\ncontainer/netfilter input' \
    "$(hooks_of "$all" 7111)"
for port in 7116 7117; do
    expect_equal "hooks of the late capture with ${steps[port]}" "${hooks[port]}" \
        "$(hooks_of "$late" "$port")"
done

# Counters are those of packets that passed it while it was a place.
expect_equal "counters of a's hooks" "7 1 1;" "$(counted "$one" a)"
# One ICMP error for each datagram that b gets: conntrack is also at output and postrouting.
expect_equal "counters of b's hooks" "4 1 1;5 6 6;7 1 1;8 1 1;" "$(counted "$one" b)"
expect_equal "hooks of a with counters of all" "4 5 7 8 " \
    "$(counted "$all" a | tr ';' '\n' | cut -d ' ' -f 1 | tr '\n' ' ')"
expect_sound "$one"
expect_sound "$all"
