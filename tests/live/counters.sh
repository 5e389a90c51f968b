#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The final counters say what the kernel's own ones do: packets and bytes of each device, and the
# drops of a firewall rule.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"

PACKETS=1000
SIZE=200
BYTES=$((PACKETS * (14 + 20 + 8 + SIZE)))
PORT=7777
DEVICES="a/eth0 sw/port-a sw/port-b b/eth0"

# statistics DEVICE: packets and bytes in, packets and bytes out.
statistics() {
    ip -n "$NAME-${1%/*}" -j -s link show "${1#*/}" | python3 -c '
import json, sys
s = json.load(sys.stdin)[0]["stats64"]
print(*(s[way][what] for way in ("rx", "tx") for what in ("packets", "bytes")))'
}

all_statistics() {
    local device
    for device in $DEVICES; do
        echo "$device $(statistics "$device")"
    done
}

# difference BEFORE AFTER
difference() {
    paste -d ' ' <(echo "$1") <(echo "$2") |
        awk '{ print $1, $7 - $2, $8 - $3, $9 - $4, $10 - $5 }'
}

# last_counters EDGE: of each device, as in statistics().
last_counters() {
    fields "$file" "pktmon.record == 3 && pktmon.edge == $1" pktmon.component.name \
        pktmon.counters.packets_in pktmon.counters.bytes_in pktmon.counters.packets_out \
        pktmon.counters.bytes_out |
        awk -F '\t' -v prefix="$NAME-" -v devices="$DEVICES" '
            { sub("^" prefix, "", $1); last[$1] = $2 " " $3 " " $4 " " $5 }
            END {
                count = split(devices, names, " ")
                for (i = 1; i <= count; i++)
                    print names[i], last[names[i]]
            }'
}

network_make "$NAME"
# Nobody asks for addresses while this counts.
ip -n "$NAME-a" neighbour replace "$NETWORK_ADDRESS_B" lladdr "$NETWORK_MAC_B" dev eth0
ip -n "$NAME-b" neighbour replace "$NETWORK_ADDRESS_A" lladdr "$NETWORK_MAC_A" dev eth0
ip netns exec "$NAME-b" nft -f - <<END
table inet pktmon {
    chain input {
        type filter hook input priority 0; policy accept;
        udp dport $PORT counter drop
    }
}
END
ping_once a "$NETWORK_ADDRESS_B"

file=$SCRATCH/counters.pcapng
before=$(all_statistics)
# Twice a second: readings in between do not spoil the last one.
capture_of "$file" a sw b -- --counters-interval 500
traffic a udp "$NETWORK_ADDRESS_B" "$PORT" "$PACKETS" "$SIZE"
sleep 0.6
in_namespace a ping -q -c 2 -i 0.2 -W 2 "$NETWORK_ADDRESS_B" >/dev/null
stop_capture "$file"
kernel=$(difference "$before" "$(all_statistics)")

pings=$((2 * 98))
expect_equal "the kernel's counters" "a/eth0 2 $pings $((PACKETS + 2)) $((BYTES + pings))
sw/port-a $((PACKETS + 2)) $((BYTES + pings)) 2 $pings
sw/port-b 2 $pings $((PACKETS + 2)) $((BYTES + pings))
b/eth0 $((PACKETS + 2)) $((BYTES + pings)) 2 $pings" "$kernel"
expect_equal "counters of the lower edges" "$kernel" "$(last_counters 2)"
expect_equal "counters of the upper edges" "$kernel" "$(last_counters 1)"

expect_match "the rule's counter" "counter packets $PACKETS bytes $((BYTES - 14 * PACKETS)) drop" \
    "$(ip netns exec "$NAME-b" nft list ruleset)"
expect_equal "the drop counters" "$PACKETS"$'\t0\t'"$BYTES"$'\t0' \
    "$(fields "$file" "pktmon.record == 3 && pktmon.component.name == \"$NAME-b/netfilter\"" \
        pktmon.counters.drops_in pktmon.counters.drops_out pktmon.counters.drop_bytes_in \
        pktmon.counters.drop_bytes_out | tail -n 1)"
expect_equal "drops recorded" "$PACKETS" "$(fields "$file" pktmon.dropped frame.number | wc -l)"
expect_sound "$file"

# Counters alone: the same readings, and no packet.
file=$SCRATCH/alone.pcapng
before=$(all_statistics)
capture_of "$file" a sw b -- --counters-only
traffic a udp "$NETWORK_ADDRESS_B" "$PORT" "$PACKETS" "$SIZE"
stop_capture "$file"
expect_equal "packets among counters alone" "" "$(fields "$file" pktmon.record==1 frame.number)"
expect_equal "counters alone" "$(difference "$before" "$(all_statistics)")" "$(last_counters 2)"
expect_sound "$file"
