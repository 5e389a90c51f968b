#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Namespaces and devices are made, renamed, moved and deleted all the time, more than a hundred
# namespaces a minute: each packet is shown where it was observed, none is missing, nothing that has
# merely gone is reported as refused, and the capture keeps no namespace alive.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"
# shellcheck source=tests/live/objects.sh
source "$(dirname "$0")/objects.sh"

CHAINS=18 # of two namespaces each; a new chain begins every PAUSE seconds
PAUSE=0.9
PORT=7010
DATAGRAMS=3
# A new name is reported when it changes, and packets are shown under the last reported name.
SETTLE=0.4

# send NAMESPACE CHAIN PHASE: sends datagrams that identify their sender.
send() {
    ip netns exec "$NAME-$1" bash -c "
        for number in \$(seq $DATAGRAMS); do
            echo chain $2 phase $3 number \$number >/dev/udp/10.80.$2.1/$PORT
        done"
}

# raise NAMESPACE CHAIN DEVICE: makes the device ready to send. Sets the MAC address of the other
# end, because the kernel may drop the ARP reply: that end had no carrier a moment ago, and so no
# queue yet.
raise() {
    ip -n "$NAME-$1" address replace "10.80.$2.2/24" dev "$3"
    ip -n "$NAME-$1" link set "$3" up
    ip -n "$NAME-$1" neighbour replace "10.80.$2.1" lladdr "$(mac "$2")" dev "$3"
}

mac() {
    printf '02:80:00:00:00:%02x' "$1"
}

# add_namespace NUMBER LETTER: notes its inode, because a namespace is shown by its inode until its
# name is known. On a busy machine, that may be after its first packet.
add_namespace() {
    network_add_namespace "$NAME-$2$1"
    echo "$1 net:[$(stat -c %i "/run/netns/$NAME-$2$1")] $2$1" >>"$SCRATCH/inodes"
}

# chain NUMBER: a device is made in one namespace, renamed, and moved into another one, and is used
# at once each time. Both namespaces are deleted, one half of them with the device and one half
# after it.
chain() {
    local number=$1
    add_namespace "$number" c
    ip -n "$NAME-hub" link add "to-$number" address "$(mac "$number")" \
        type veth peer name eth0 netns "$NAME-c$number"
    ip -n "$NAME-hub" address add "10.80.$number.1/24" dev "to-$number"
    ip -n "$NAME-hub" link set "to-$number" up
    raise "c$number" "$number" eth0
    send "c$number" "$number" 1

    sleep "$SETTLE"
    ip -n "$NAME-c$number" link set eth0 down
    ip -n "$NAME-c$number" link set eth0 name "lan$number"
    raise "c$number" "$number" "lan$number"
    sleep "$SETTLE"
    send "c$number" "$number" 2

    add_namespace "$number" m
    ip -n "$NAME-c$number" link set "lan$number" netns "$NAME-m$number"
    ip netns del "$NAME-c$number"
    raise "m$number" "$number" "lan$number"
    send "m$number" "$number" 3
    if ((number % 2)); then
        ip -n "$NAME-hub" link del "to-$number"
    fi
    ip netns del "$NAME-m$number"
}

# places CHAIN PHASE: where its datagrams are observed.
places() {
    local from=c$1/eth0
    case $2 in
    2) from=c$1/lan$1 ;;
    3) from=m$1/lan$1 ;;
    esac
    printf '%s Upper Tx\n%s Lower Tx\nhub/to-%s Lower Rx\nhub/to-%s Upper Rx\n' \
        "$from" "$from" "$1" "$1"
}

wanted() {
    local number phase datagram
    for ((number = 1; number <= CHAINS; number++)); do
        for phase in 1 2 3; do
            for ((datagram = 1; datagram <= DATAGRAMS; datagram++)); do
                places "$number" "$phase" | sed "s/^/$number $phase $datagram: /"
            done
        done
    done
}

# Where each datagram was observed at devices: "CHAIN PHASE NUMBER: PLACE", in the order of time.
seen() {
    packets "$file" "udp.dstport == $PORT && !icmp && pktmon.edge in {1, 2} && !pktmon.dropped" udp.payload |
        python3 -c '
import sys
names = {}
for line in open(sys.argv[1]):
    chain, inode, name = line.split()
    names[chain, inode] = name
for line in sys.stdin:
    payload, group, appearance, time, place = line.rstrip("\n").split("\t")
    words = bytes.fromhex(payload.replace(":", "")).decode().split()
    namespace, rest = place.split("/", 1)
    namespace = names.get((words[1], namespace), namespace)
    print(words[1], words[3], words[5] + ":", namespace + "/" + rest)' "$SCRATCH/inodes"
}

# Ids of other namespaces in the hub's namespace: the kernel removes them when those end.
ids_gone() {
    [[ -z $(ip -n "$NAME-hub" netns list-id) ]]
}

network_add_namespace "$NAME-hub"
file=$SCRATCH/churn.pcapng
# Of all namespaces, because these have no name yet; the large buffer is for other traffic on this
# machine.
start_capture "$file" --buffer-size 256 --extcap-capture-filter "udp port $PORT" --pkt-size 128
agent_pid=$(pgrep -P "$capture_pid" -x pktmon-agent)
chains=()
for ((number = 1; number <= CHAINS; number++)); do
    chain "$number" &
    chains+=($!)
    own_pids+=($!)
    sleep "$PAUSE"
done
objects=$(kernel_objects "$agent_pid")
for pid in "${chains[@]}"; do
    wait "$pid" || fail "a chain of devices ended with an error"
done
wait_until 2 ids_gone || fail "the capture keeps namespaces alive: $(ip -n "$NAME-hub" netns list-id)"
sleep 0.5
stop_capture "$file"
wait_until 2 all_gone "$objects" || fail "left in the kernel: $(existing <<<"$objects")"

wanted | sort >"$SCRATCH/wanted"
seen | grep -v '/sockets ' | sort >"$SCRATCH/seen"
expect_equal "packets at places where they were not" "" \
    "$(comm -13 "$SCRATCH/wanted" "$SCRATCH/seen")"
expect_equal "packets that are missing" "" "$(comm -23 "$SCRATCH/wanted" "$SCRATCH/seen")"
expect_equal "groups of several packets" "" "$(packets "$file" "udp.dstport == $PORT && !icmp" udp.payload |
    cut -f 1,2 | sort -u | cut -f 2 | sort | uniq -d)"
expect_ordered "$file"
expect_equal "what was refused, of what had only gone" "" "$(fields "$file" \
    "pktmon.event.id == 4 && pktmon.event.message contains \"$NAME-\"" pktmon.event.message)"
expect_equal "losses" "" "$(fields "$file" \
    "pktmon.lost && pktmon.component.name contains \"$NAME-\"" frame.number)"

# Each device was described under each of its names.
for ((number = 1; number <= CHAINS; number++)); do
    expect_equal "descriptions of the device of chain $number" \
        "$(printf "$NAME-%s\n" "c$number/eth0" "c$number/lan$number")" \
        "$(fields "$file" "pktmon.record == 2 && pktmon.component.name matches \"$NAME-c$number/(eth|lan)\"" \
            pktmon.component.name | sort -u)"
done
