#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# capture.sh SUITE RELEASE [MISSING ...]: the capture on the kernel of a Debian suite sees what it
# sees on this machine, or says what it cannot see: "fragments", bytes of packets outside the linear
# part of an skb; "ingress", packets that reach a device without passing a tracepoint; "hooks" of
# netfilter; and "sockets", delivery to them.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/../live/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/../live/journey.sh"
# shellcheck source=tests/kernel/package.sh
source "$(dirname "$0")/package.sh"
# shellcheck source=tests/kernel/machine.sh
source "$(dirname "$0")/machine.sh"

declare -A MISSING_TEXTS=(
    [fragments]=bpf_dynptr_from_skb
    [ingress]="tcx, Linux 6.6"
    [hooks]="netfilter hooks"
    [sockets]="delivery to sockets"
)
LARGE_FRAME=20042 # size of the last ping of guest.sh

suite=$1
release=$2
shift 2
file=$SCRATCH/capture.pcapng

# unpack MARKER FILE
unpack() {
    between "$1" | base64 --decode | gunzip >"$2" || fail "no $1 in: $(tail -n 40 "$console")"
}

is_missing() {
    [[ " $missing " == *" $1 "* ]]
}

# expect_missing WHAT SAID: the capture reports WHAT exactly if it is missing.
expect_missing() {
    if is_missing "$1"; then
        expect_match "what is missing" "${MISSING_TEXTS[$1]}" "$2"
    else
        [[ $2 != *"${MISSING_TEXTS[$1]}"* ]] || fail "needlessly missing: $2"
    fi
}

# hooks SUFFIX HOOK ...: netfilter hooks that a packet passes in a namespace. On the machine's
# bridge it passes none, because the machine has no br_netfilter.
hooks() {
    if ! is_missing hooks; then
        printf "$1/netfilter %s In\n" "${@:2}"
    fi
}

# way SUFFIX SUFFIX END: the places of a packet from A to B, or from B to A.
way() {
    hooks "$1" output postrouting
    printf '%s\n' "$1/eth0 Upper Tx" "$1/eth0 Lower Tx" "sw/port-$1 Lower Rx" "sw/port-$1 Upper Rx" \
        "sw/port-$2 Upper Tx" "sw/port-$2 Lower Tx" "$2/eth0 Lower Rx" "$2/eth0 Upper Rx"
    hooks "$2" prerouting input
    printf '%s' "$3"
}

missing=$*
kernel=$(kernel_root "$suite")
run_machine "$kernel"
for capture in capture filtered; do
    unpack "$capture-errors" "$SCRATCH/errors"
    expect_empty "standard error of the capture" "$SCRATCH/errors"
    unpack "$capture" "$SCRATCH/$capture.pcapng"
done
expect_equal "status of the captures" 0 "$(between status)"

expect_match "release" "^$release\\." "$(fields "$file" pktmon.capture.release pktmon.capture.release | sort -u)"
said=$(fields "$file" pktmon.capture.missing pktmon.capture.missing)
for what in "${!MISSING_TEXTS[@]}"; do
    expect_missing "$what" "$said"
done

# expect_sent FILE: checks the places of packets in a capture with or without the filter.
expect_sent() {
    packets "$1" "icmp.type == 8 && frame.len < 1000" icmp.seq |
        expect_journeys "$(way a b "b/ipv4 - Rx")" "1 2 3"
    packets "$1" "udp.dstport == 7001 && !icmp" udp.dstport |
        expect_journeys "$(way a b "b/sockets - Rx NO_SOCKET")" 7001
}

expect_sent "$file"
reply_end=
if ! is_missing sockets; then
    reply_end="a/sockets Lower Rx"
fi
packets "$file" "icmp.type == 0 && frame.len < 1000" icmp.seq |
    expect_journeys "$(way b a "$reply_end")" "1 2 3"
expect_equal "drops of pings" "" \
    "$(fields "$file" "pktmon.dropped && (icmp.type == 8 || icmp.type == 0)" pktmon.drop.location)"
expect_match "location of the drop" '^__udp4_lib_rcv\+0x[0-9a-f]+$' \
    "$(fields "$file" "pktmon.dropped && udp.dstport == 7001" pktmon.drop.location)"

large=$(fields "$file" "pktmon.record == 1 && frame.len == $LARGE_FRAME && eth.src == $NETWORK_MAC_A" \
    frame.cap_len pktmon.truncated | sort -u)
if is_missing fragments; then
    # The linear part grows on the way: the stack pulls headers into it.
    expect_match "a packet in fragments" $'^([0-9]{2,4}\t(1|True)\n?)+$' "$large"
else
    expect_equal "a packet in fragments" "$LARGE_FRAME"$'\t' "$large"
fi
expect_sound "$file"

filtered=$SCRATCH/filtered.pcapng
expect_sent "$filtered"
expect_equal "packets that the filter does not match" "" \
    "$(fields "$filtered" "pktmon.record == 1 && !icmp.type == 8 && !udp.dstport == 7001" frame.number)"
[[ $(fields "$filtered" pktmon.capture.missing pktmon.capture.missing) != *"filter in the kernel"* ]] ||
    fail "the kernel programs do not filter"
expect_sound "$filtered"
