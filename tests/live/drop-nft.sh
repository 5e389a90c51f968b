#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A firewall rule of B drops UDP port 7777: each datagram has one drop record, with the kernel's
# reason and place, as the last appearance of its group, at the hook of the rule. No kernel address
# is in the file.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"

WAY="$(way_over_switch a b)
b/netfilter input Rx NETFILTER_DROP"
PORT=7777

# The source port of a datagram identifies it.
send_datagrams() {
    for ((i = 0; i < 5; i++)); do
        traffic a udp "$NETWORK_ADDRESS_B" "$PORT" 1 32
    done
}

network_make "$NAME"
network_drop_udp "$NAME-b" "$PORT"
ping_once a "$NETWORK_ADDRESS_B"
file=$SCRATCH/drops.pcapng
capture_of "$file" a sw b --
send_datagrams
stop_capture "$file"

expect_equal "datagrams dropped" 5 \
    "$(fields "$file" "pktmon.dropped && udp.dstport == $PORT" frame.number | wc -l)"
sources=$(fields "$file" "pktmon.dropped && udp.dstport == $PORT" udp.srcport | tr '\n' ' ')
packets "$file" "udp.dstport == $PORT" udp.srcport | expect_journeys "$WAY" "${sources% }"
expect_match "place of the drop" '^(nft_do_chain|nf_hook_slow)\+0x[0-9a-f]+$' \
    "$(fields "$file" pktmon.dropped pktmon.drop.location | sort -u)"
expect_equal "the netns" "$NAME-b" "$(fields "$file" pktmon.dropped pktmon.netns | sort -u)"
expect_sound "$file"
expect_equal "addresses of the kernel" "" "$(must python3 -B "$TESTS/pcapng.py" addresses "$file")"
expect_equal "addresses in the log" "" "$(grep -Eio '(0x)?ffff[0-9a-f]{12}' "$file.log" || true)"

# Drops only: the same ones, and no others. The reply to a ping is not a drop, although the kernel
# frees it for want of a socket after a raw socket got its copy.
file=$SCRATCH/alone.pcapng
capture_of "$file" a sw b -- --type drop
send_datagrams
ping_once a "$NETWORK_ADDRESS_B"
stop_capture "$file"
expect_equal "records of drops alone" "$(printf 'True\t%s\n' "$PORT"{,,,,})" \
    "$(fields "$file" "pktmon.record == 1 && !pktmon.copy_released" pktmon.dropped udp.dstport | sed 's/^1\t/True\t/')"
expect_sound "$file"
