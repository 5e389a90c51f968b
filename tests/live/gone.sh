#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Devices and namespaces that go as soon as they have come: what has merely gone is not reported as
# refused.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"

SHORT_LIVED=30

network_add_namespace "$NAME-hub"
ip -n "$NAME-hub" link add base type veth peer name other
file=$SCRATCH/gone.pcapng
start_capture "$file" --buffer-size 64 --extcap-capture-filter "udp port 7010"
for ((i = 0; i < SHORT_LIVED; i++)); do
    ip netns add "$NAME-short"
    ip -n "$NAME-hub" link add "to-$i" type veth peer name eth0 netns "$NAME-short"
    ip -n "$NAME-short" link add link eth0 name "mac$i" type macvlan
    ip netns del "$NAME-short"
done
for ((i = 0; i < SHORT_LIVED; i++)); do
    printf 'link add mac%d link base type macvlan\nlink del mac%d\n' "$i" "$i"
done | ip -n "$NAME-hub" -batch -
sleep 0.3
stop_capture "$file"
expect_equal "what was not attached" "" "$(fields "$file" "pktmon.event.id == 4" pktmon.event.message)"
