#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Netfilter's hooks: observed in every namespace, however it is found and whenever it appears, for
# IPv4 and IPv6, by several captures at once. A namespace ends with its users, although the hooks
# hold it.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"
# shellcheck source=tests/live/objects.sh
source "$(dirname "$0")/objects.sh"

PORT=7020
# Hooks by edge: 4 prerouting, 5 input, 7 output, 8 postrouting.
SENT=$'7\n8'
RECEIVED=$'4\n5'

# hooks_in FILE COMPONENT DISPLAY_FILTER: hooks that matching packets entered, in the order of time.
hooks_in() {
    fields "$1" "pktmon.component.name == \"$2\" && pktmon.direction == 1 && !icmp && ($3)" \
        pktmon.edge
}

# expect_way FILE: checks the hooks of the datagram from a to b.
expect_way() {
    expect_equal "hooks on the way out" "$SENT" \
        "$(hooks_in "$1" "$NAME-a/netfilter" "udp.dstport == $PORT")"
    expect_equal "hooks on the way in" "$RECEIVED" \
        "$(hooks_in "$1" "$NAME-b/netfilter" "udp.dstport == $PORT")"
    expect_equal "hooks that could not be had" "" \
        "$(fields "$1" 'pktmon.capture.missing contains "netfilter"' pktmon.capture.missing)"
}

# agent_of CAPTURE_PID
agent_of() {
    pgrep -P "$1" -x pktmon-agent
}

# priorities PID: priorities of the netfilter links that the process holds.
priorities() {
    { cat "/proc/$1"/fdinfo/* 2>/dev/null || true; } | awk '/prio:/ { print $NF }'
}

# add_end DEVICE NAMESPACE: adds a device in namespace a whose other end, eth0, is in NAMESPACE (a
# name or a process).
add_end() {
    ip -n "$NAME-a" link add "$1" type veth peer name eth0 netns "$2"
}

end_gone() {
    ! ip -n "$NAME-a" link show "$1" >/dev/null 2>&1
}

# The kernel announces ids that namespaces get: the agent takes each for that of a new one.
CROWD="crowd1 crowd2 crowd3"
name_crowd() {
    local other
    for other in $CROWD a b; do
        [[ $other == "$1" ]] || ip -n "$NAME-$1" netns set "$NAME-$other" auto
        sleep 0.03
    done
}

# end_beside CROWD_MEMBER: how many ms a namespace outlives its last user, just after the agent has
# used up its early walks for new ones.
end_beside() {
    local begin
    ip netns add "$NAME-brief"
    add_end to-brief "$NAME-brief"
    sleep 0.2
    name_crowd "$1"
    begin=${EPOCHREALTIME/[.,]/}
    ip netns del "$NAME-brief"
    wait_until 5 end_gone to-brief || fail "the hooks keep a namespace alive beside many new ones"
    echo $(((${EPOCHREALTIME/[.,]/} - begin) / 1000))
}

# use_loopback COMMAND ...: COMMAND runs what follows it in some namespace. Sends one datagram to
# itself.
use_loopback() {
    "$@" ip link set lo up
    "$@" bash -c "echo hello >/dev/udp/127.0.0.1/$PORT"
}

leave_mount() {
    umount "$SCRATCH/mounted" 2>/dev/null
}
also_clean leave_mount

network_add_namespace "$NAME-a"
network_add_namespace "$NAME-b"
add_end to-b "$NAME-b"
ip -n "$NAME-a" address add 10.81.0.1/24 dev to-b
ip -n "$NAME-b" address add 10.81.0.2/24 dev eth0
ip -n "$NAME-a" link set to-b up
ip -n "$NAME-b" link set eth0 up
ping_once a 10.81.0.2

# Two captures at once: the second one finds the outermost priorities taken. The first one is of all
# namespaces, because later ones have no name yet by which they could be selected: the large buffer
# is for other traffic on this machine.
one=$SCRATCH/one.pcapng
two=$SCRATCH/two.pcapng
start_capture "$one" --buffer-size 256 --extcap-capture-filter "udp port $PORT or icmp6"
one_pid=$capture_pid
objects=$(kernel_objects "$(agent_of "$one_pid")")
capture_of "$two" a b --
own_hooks=$((2 * 2 * 5 * 2)) # of a and b: families, hooks, ends
inner=$(priorities "$(agent_of "$capture_pid")" | grep -cvx -e -2147483647 -e 2147483646 || true)
((inner >= own_hooks)) || fail "only $inner of $own_hooks priorities gave way to the other capture"
network_send_udp "$NAME-a" 10.81.0.2 "$PORT"
sleep 0.3
stop_capture "$two"
expect_way "$two"

# New namespaces: with a name, mounted elsewhere, and of a process only.
ip netns add "$NAME-late"
add_end to-late "$NAME-late"
touch "$SCRATCH/mounted"
unshare --net="$SCRATCH/mounted" true
nsenter --net="$SCRATCH/mounted" sleep 1 &
own_pids+=($!)
sleep 0.1
add_end to-mounted $!
unshare --net sleep 60 &
alone=$!
own_pids+=("$alone")
sleep 0.1
add_end to-alone "$alone"
sleep 1.5 # the maximum time until the namespace of a process is found
use_loopback ip netns exec "$NAME-late"
use_loopback nsenter --net="$SCRATCH/mounted"
use_loopback nsenter --net --target "$alone"
ip netns exec "$NAME-late" ping -6 -q -c 1 -W 2 ::1 >/dev/null || fail "no reply from ::1"
mounted_inode=$(stat -c %i "$SCRATCH/mounted")
alone_inode=$(stat -L -c %i "/proc/$alone/ns/net")
sleep 0.3

# They end with their last user, and so does the other end of a pair.
ip netns del "$NAME-late"
wait_until 3 end_gone to-late || fail "the hooks keep a deleted namespace alive"
umount "$SCRATCH/mounted"
wait_until 3 end_gone to-mounted || fail "the hooks keep an unmounted namespace alive"
kill "$alone"
wait_until 3 end_gone to-alone || fail "the hooks keep the namespace of an ended process alive"
for namespace in $CROWD; do
    ip netns add "$NAME-$namespace"
done
took=()
for namespace in $CROWD; do # more than one round is needed only on a busy machine
    took+=("$(end_beside "$namespace")")
    ((took[-1] >= 300)) || break
done
((took[-1] < 300)) || fail "a namespace goes on for ${took[*]} ms after its last user"

capture_pid=$one_pid
stop_capture "$one"
expect_way "$one"
wait_until 2 all_gone "$objects" || fail "left in the kernel: $(existing <<<"$objects")"
for name in "$NAME-late" "net:[$mounted_inode]" "net:[$alone_inode]"; do
    expect_equal "hooks of $name" "$SENT"$'\n'"$RECEIVED" \
        "$(hooks_in "$one" "$name/netfilter" "udp.dstport == $PORT")"
done
expect_equal "hooks of IPv6" "$SENT"$'\n'"$RECEIVED" \
    "$(fields "$one" "icmpv6.type == 128 && pktmon.component.name == \"$NAME-late/netfilter\" && pktmon.direction == 1" \
        pktmon.edge)"
expect_ordered "$one"
expect_equal "losses" "" "$(fields "$one" \
    "pktmon.lost && pktmon.component.name contains \"$NAME-\"" frame.number)"
expect_sound "$two"

# The number of files that a whole capture of the same holds open.
file=$SCRATCH/whole.pcapng
start_capture "$file"
needed=$(find "/proc/$(agent_of "$capture_pid")/fd" -type l | wc -l)
stop_capture "$file"

# At points devices, there are none.
file=$SCRATCH/devices.pcapng
start_capture "$file" --points devices
expect_equal "hooks of a capture of devices" "" "$(priorities "$(agent_of "$capture_pid")")"
stop_capture "$file"

# What cannot be attached is reported in one sentence.
file=$SCRATCH/few.pcapng
ulimit -n $((needed - 20)) # from here on: not every root may raise it again
start_capture "$file"
stop_capture "$file"
missing=$(fields "$file" "pktmon.record == 5" pktmon.capture.missing)
expect_match "what is missing" \
    'netfilter hooks of network namespace [^ ]+, and of others [^:]*: raise the limit on open files' \
    "$missing"
expect_equal "sentences of it" 1 "$(grep -o "netfilter hooks of" <<<"$missing" | wc -l)"
