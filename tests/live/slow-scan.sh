#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A walk for namespaces takes longer than packets of a new namespace wait for its name, as when an
# unrelated user has made thousands: the capture continues.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"

file=$SCRATCH/slow.pcapng
start_capture "$file"
scanner=$(pgrep -P "$(pgrep -P "$capture_pid" -x pktmon-agent)" -x pktmon-scanner)

kill -STOP "$scanner"
for number in 1 2; do
    ip netns add "$NAME-$number"
    ip -n "$NAME-$number" link set lo up
    ip netns exec "$NAME-$number" ping -q -c 3 -i 0.2 127.0.0.1 >/dev/null
    sleep 1
done
kill -CONT "$scanner"
sleep 1.5 # it walks again at most once a second
ip netns exec "$NAME-2" ping -q -c 3 -i 0.2 127.0.0.1 >/dev/null
sleep 0.5
stop_capture "$file"
for number in 1 2; do
    ip netns del "$NAME-$number"
done
expect_match "packets that came afterwards" "$NAME-2/lo" \
    "$(fields "$file" 'pktmon.record == 1 && icmp' pktmon.component.name | sort -u)"
