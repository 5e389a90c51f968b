#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Devices and namespaces come and go during a capture: they are described before their first packet,
# captured packets keep their names, and the capture keeps no device or namespace alive.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"

# add_pair SUFFIX DEVICE SUFFIX DEVICE NUMBER: with the addresses 10.79.NUMBER.1 and .2.
add_pair() {
    ip -n "$NAME-$1" link add "$2" type veth peer name "$4" netns "$NAME-$3"
    ip -n "$NAME-$1" address add "10.79.$5.1/24" dev "$2"
    ip -n "$NAME-$3" address add "10.79.$5.2/24" dev "$4"
    ip -n "$NAME-$1" link set "$2" up
    ip -n "$NAME-$3" link set "$4" up
}

# way DEVICE OTHER_DEVICE END: the places of a packet from one namespace's device to another's.
way() {
    printf '%s\n' "${1%/*}/netfilter output In" "${1%/*}/netfilter postrouting In" \
        "$1 Upper Tx" "$1 Lower Tx" "$2 Lower Rx" "$2 Upper Rx" \
        "${2%/*}/netfilter prerouting In" "${2%/*}/netfilter input In" "${2%/*}/$3"
}

# expect_ping NUMBER DEVICE OTHER_DEVICE
expect_ping() {
    packets "$file" "icmp.type == 8 && ip.dst == 10.79.$1.2" icmp.seq |
        expect_journeys "$(way "$2" "$3" "ipv4 - Rx")" 1
    packets "$file" "icmp.type == 0 && ip.src == 10.79.$1.2" icmp.seq |
        expect_journeys "$(way "$3" "$2" "sockets Lower Rx")" 1
}

# description COMPONENT_NAME: its description in the file.
description() {
    fields "$file" "pktmon.record == 2 && pktmon.component.name == \"$NAME-$1\"" \
        pktmon.component.type pktmon.netns | sort -u
}

device_gone() {
    ! ip -n "$NAME-$1" link show "$2" >/dev/null 2>&1
}

network_add_namespace "$NAME-a"
network_add_namespace "$NAME-b"
network_add_namespace "$NAME-doomed"
add_pair a old b old 1
add_pair a to-doomed doomed eth0 2
file=$SCRATCH/devices.pcapng
# All namespaces, because later ones have no name yet by which they could be selected.
start_capture "$file" --extcap-capture-filter "net 10.79.0.0/16"
ping_once a 10.79.1.2

# A new device, used at once. Its name contains characters that a terminal obeys: ESC, C1, right to
# left.
add_pair a $'new\e[1m\xc2\x9b\xe2\x80\xaea' b new-b 3
ping_once a 10.79.3.2

# A new namespace and its device, used at once.
network_add_namespace "$NAME-c"
add_pair a to-c c eth0 4
ping_once a 10.79.4.2

# If a device is deleted, its peer goes too.
ip -n "$NAME-a" link del old
wait_until 2 device_gone b old || fail "a deleted device's peer is still there"

# If a namespace is deleted, its devices and their peers elsewhere go too, because nothing holds it:
# no file, socket or program.
ping_once a 10.79.2.2
ip netns del "$NAME-doomed"
wait_until 2 device_gone a to-doomed || fail "the capture keeps a deleted namespace alive"
sleep 0.3
stop_capture "$file"

expect_ping 1 a/old b/old
expect_ping 3 'a/new?[1m??a' b/new-b
expect_ping 4 a/to-c c/eth0
expect_ping 2 a/to-doomed doomed/eth0
expect_equal "the new device" "$(printf 'veth\t%s' "$NAME-b")" "$(description b/new-b)"
expect_equal "the new namespace's device" "$(printf 'veth\t%s' "$NAME-c")" "$(description c/eth0)"
! LC_ALL=C grep -aqF $'\e[1m' "$file" || fail "a terminal's commands came into the capture"
for name in a/old b/old doomed/eth0 a/to-doomed; do
    expect_equal "events that $name was removed" "The device $NAME-$name was removed." \
        "$(fields "$file" "pktmon.event.id == 3 && pktmon.event.message contains \"$NAME-$name \"" \
            pktmon.event.message)"
done
expect_equal "devices that had no name" "" "$(fields "$file" \
    "pktmon.component.name matches \"$NAME-?[a-z]*/if[0-9]\"" pktmon.component.name)"
expect_sound "$file"
