#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Netfilter's counters while other captures attach to the same hooks and let go of them: what went into
# a hook came out of it, to the packet.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"

PORT=7040
OTHERS=3

# flood PROCESSOR: until there is $SCRATCH/enough.
flood() {
    until [[ -e $SCRATCH/enough ]]; do
        taskset -c "$1" ip netns exec "$NAME-a" python3 -B "$TESTS/traffic.py" udp \
            "$NETWORK_ADDRESS_B" "$PORT" 20000 22
    done
}

network_make "$NAME"
ping_once a "$NETWORK_ADDRESS_B"
file=$SCRATCH/counted.pcapng
capture_of "$file" a b -- --counters-only --counters-interval 0
counted_pid=$capture_pid
for processor in 0 $(($(nproc) - 1)); do
    flood "$processor" &
    floods+=($!)
    own_pids+=($!)
done
for ((i = 0; i < OTHERS; i++)); do
    capture_of "$SCRATCH/other-$i.pcapng" a b -- --counters-only
    stop_capture "$SCRATCH/other-$i.pcapng"
done
touch "$SCRATCH/enough"
wait "${floods[@]}"
sleep 0.3
capture_pid=$counted_pid
stop_capture "$file"

counted=$(fields "$file" "pktmon.record == 3 && pktmon.component.type == \"netfilter\" || pktmon.record == 3 && pktmon.component.name contains \"/netfilter\"" \
    pktmon.component.name pktmon.edge pktmon.counters.packets_in pktmon.counters.packets_out |
    awk -F '\t' '$2 != ""')
((OTHERS < $(awk -F '\t' '{ sum += $3 } END { print sum }' <<<"$counted"))) || fail "nothing was counted"
expect_equal "hooks that let out more or less than went in" "" "$(awk -F '\t' '$3 != $4' <<<"$counted")"
