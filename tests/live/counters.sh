#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The final counters agree with the kernel's own: packets and bytes of each device and of each
# netfilter hook, and the drops of a firewall rule.
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

HOOKS=(4 prerouting 5 input 7 output 8 postrouting)

# Packets and bytes that nft counters have counted at each hook of host b.
hook_statistics() {
    in_namespace b nft -j list counters | python3 -c '
import json, sys
found = {one["counter"]["name"]: one["counter"] for one in json.load(sys.stdin)["nftables"] if "counter" in one}
for name in sys.argv[1:]:
    print(name, found[name]["packets"], found[name]["bytes"], 0, 0)' prerouting input output postrouting
}

# Packets and bytes that went into each hook of host b.
last_hook_counters() {
    local edge name
    set -- "${HOOKS[@]}"
    while (($#)); do
        edge=$1 name=$2
        shift 2
        echo "$name $(fields "$file" "pktmon.record == 3 && pktmon.edge == $edge &&
            pktmon.component.name == \"$NAME-b/netfilter\"" pktmon.counters.packets_in \
            pktmon.counters.bytes_in | tail -n 1 | tr '\t' ' ')"
    done
}

network_make "$NAME"
# No address resolution while this counts.
ip -n "$NAME-a" neighbour replace "$NETWORK_ADDRESS_B" lladdr "$NETWORK_MAC_B" dev eth0
ip -n "$NAME-b" neighbour replace "$NETWORK_ADDRESS_A" lladdr "$NETWORK_MAC_A" dev eth0
ip netns exec "$NAME-b" nft -f - <<END
table inet pktmon {
$(for hook in prerouting input output postrouting; do
    echo "counter $hook { }
    chain all-$hook { type filter hook $hook priority -1; policy accept; counter name $hook; }"
done)
    chain input {
        type filter hook input priority 0; policy accept;
        udp dport $PORT counter drop
    }
}
END
ping_once a "$NETWORK_ADDRESS_B"

file=$SCRATCH/counters.pcapng
before=$(all_statistics)
hooks_before=$(hook_statistics)
# Twice a second: readings in between do not change the last one.
capture_of "$file" a sw b -- --counters-interval 500
traffic a udp "$NETWORK_ADDRESS_B" "$PORT" "$PACKETS" "$SIZE"
sleep 0.6
in_namespace a ping -q -c 2 -i 0.2 -W 2 "$NETWORK_ADDRESS_B" >/dev/null
stop_capture "$file"
kernel=$(difference "$before" "$(all_statistics)")
hooks=$(difference "$hooks_before" "$(hook_statistics)" | cut -d ' ' -f 1-3)

pings=$((2 * 98))
expect_equal "the kernel's counters" "a/eth0 2 $pings $((PACKETS + 2)) $((BYTES + pings))
sw/port-a $((PACKETS + 2)) $((BYTES + pings)) 2 $pings
sw/port-b 2 $pings $((PACKETS + 2)) $((BYTES + pings))
b/eth0 $((PACKETS + 2)) $((BYTES + pings)) 2 $pings" "$kernel"
expect_equal "counters of the lower edges" "$kernel" "$(last_counters 2)"
expect_equal "counters of the upper edges" "$kernel" "$(last_counters 1)"
expect_match "nft's counters" "input $((PACKETS + 2)) $((BYTES - 14 * PACKETS + 2 * 84))" "$hooks"
expect_equal "counters of the hooks" "$hooks" "$(last_hook_counters)"
# Sockets also count from the IP header on: a raw socket at host a gets the replies to the pings.
expect_equal "counters of the sockets" "2 $((2 * 84))" "$(fields "$file" "pktmon.record == 3 &&
    pktmon.edge == 2 && pktmon.component.name == \"$NAME-a/sockets\"" pktmon.counters.packets_in \
    pktmon.counters.bytes_in | tail -n 1 | tr '\t' ' ')"

expect_match "the rule's counter" "counter packets $PACKETS bytes $((BYTES - 14 * PACKETS)) drop" \
    "$(ip netns exec "$NAME-b" nft list ruleset)"
expect_equal "the drop counters" "$PACKETS"$'\t0\t'"$BYTES"$'\t0' \
    "$(fields "$file" "pktmon.record == 3 && pktmon.component.name == \"$NAME-b/netfilter\"" \
        pktmon.counters.drops_in pktmon.counters.drops_out pktmon.counters.drop_bytes_in \
        pktmon.counters.drop_bytes_out | tail -n 1)"
expect_equal "drops recorded" "$PACKETS" "$(fields "$file" pktmon.dropped frame.number | wc -l)"
expect_sound "$file"

# Only counters: the same readings, and no packet.
file=$SCRATCH/alone.pcapng
before=$(all_statistics)
capture_of "$file" a sw b -- --counters-only
traffic a udp "$NETWORK_ADDRESS_B" "$PORT" "$PACKETS" "$SIZE"
stop_capture "$file"
expect_equal "packets among counters alone" "" "$(fields "$file" pktmon.record==1 frame.number)"
expect_equal "counters alone" "$(difference "$before" "$(all_statistics)")" "$(last_counters 2)"
expect_sound "$file"
