#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An ordinary user lets a packet wait in a namespace of his own that looks like a packet of another
# namespace: that one's drop is shown anyway, in a group of its own. A packet of a container's user
# is followed into its host, although the kernel moves it to another skb on the way.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"
# shellcheck source=tests/live/outsider.sh
source "$(dirname "$0")/outsider.sh"

HOST=10.79.0.1
outsider_program=likeness.py

make_container() {
    outsider_in_container=yes
    outsider_ready send "$HOST"
    ip -n "$NAME-h" link add to-container type veth peer name eth0 netns "$outsider_pid"
    ip -n "$NAME-h" address add "$HOST/24" dev to-container
    ip -n "$NAME-h" link set to-container up
    nsenter -t "$outsider_pid" -n ip address add 10.79.0.2/24 dev eth0
    nsenter -t "$outsider_pid" -n ip link set eth0 up
    nsenter -t "$outsider_pid" -n ping -q -c 1 -W 5 "$HOST" >/dev/null || fail "no reply to the container"
    clang -O2 -g -target bpf -mcpu=v3 "-I/usr/include/$(uname -m)-linux-gnu" -Wall -Werror \
        -c "$TESTS/groundtruth/xdp_port.bpf.c" -o "$SCRATCH/xdp_port.o"
    ip -n "$NAME-h" link set to-container xdpdrv object "$SCRATCH/xdp_port.o" section xdp
}

network_add_namespace "$NAME-v"
network_add_namespace "$NAME-h"
make_container
mkfifo "$SCRATCH/to-tun"
exec {to_tun}<>"$SCRATCH/to-tun"
(exec ip netns exec "$NAME-v" python3 -B "$TESTS/likeness.py" tun <&"$to_tun" >"$SCRATCH/tun") &
own_pids+=($!)
wait_until 10 grep -q ready "$SCRATCH/tun" || fail "no tun device"

file=$SCRATCH/strangers.pcapng
start_capture "$file"
outsider_act
outsider_end
outsider_in_container=no
outsider_ready wait
outsider_act
echo >&"$to_tun"
wait_until 5 grep -q "done" "$SCRATCH/tun" || fail "nothing came out of the tun device"
sleep 0.2
stop_capture "$file"
outsider_end

expect_equal "ends of the packet that another one looks like" "NO_SOCKET True" \
    "$(fields "$file" 'pktmon.drop.reason && ip.dst == 10.8.8.1 && !icmp' pktmon.drop.reason pktmon.dropped |
        tr '\t' ' ' | sed 's/ 1$/ True/')"
expect_equal "packets in the group of the one that waits" 10.9.9.77 \
    "$(group=$(fields "$file" 'ip.dst == 10.9.9.77' pktmon.group | first_line)
    fields "$file" "pktmon.group == $group" ip.dst | sort -u)"
packets "$file" "ip.dst == $HOST && udp.dstport == 7777 && !icmp" data.data >"$SCRATCH/container"
expect_equal "packets of the container" 20 "$(cut -f 1 "$SCRATCH/container" | sort -u | wc -l)"
expect_equal "groups of them" 20 "$(cut -f 2 "$SCRATCH/container" | sort -u | wc -l)"
expect_equal "those that come as far as the host's sockets" 20 \
    "$(grep -c 'h/sockets .* NO_SOCKET' "$SCRATCH/container")"
expect_equal "those that go on by what they hold" 20 \
    "$(fields "$file" "ip.dst == $HOST && udp.dstport == 7777 && pktmon.linked == 2" pktmon.group | sort -u | wc -l)"
