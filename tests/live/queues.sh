#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Ten packets wait in an NFQUEUE of namespace b while captures begin and end, of other namespaces,
# of all and of b: all ten arrive, each once, and pass the queue once. Where a queue is bound there
# are no hooks, which is reported, unless an option requests them. If the queue is full, packets are
# dropped; the netlink message written for the firewall is not a packet, even if its memory was that
# of a packet before.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"
# shellcheck source=tests/live/queues-lib.sh
source "$(dirname "$0")/queues-lib.sh"

LIMIT=2 MANY=300 TCP_PORT=7032

# missing_in FILE: what the capture could not see.
missing_in() {
    fields "$1" "pktmon.record == 5" pktmon.capture.missing
}

# edges_in FILE: edges of b's netfilter that a capture shows.
edges_in() {
    fields "$1" "pktmon.component.name == \"$NAME-b/netfilter\" && udp.dstport == $QUEUE_PORT" \
        pktmon.edge | sort -u | tr '\n' ' '
}

network_make "$NAME"
queue_make
ping_once a "$NETWORK_ADDRESS_B"
queue bind

queue_fill
capture_of "$SCRATCH/a.pcapng" a --
stop_capture "$SCRATCH/a.pcapng"
expect_queue_kept "a capture of namespace a"
expect_equal "what that capture could not see of others" "" \
    "$(missing_in "$SCRATCH/a.pcapng" | grep -F "$NAME-b" || true)"

queue_fill
run_as_user "$PLACE/cli/pktmon" counters --seconds 1 --netns "$NAME-a" >"$SCRATCH/counters" 2>&1
expect_queue_kept "pktmon counters"

queue_fill
start_capture "$SCRATCH/all.pcapng"
stop_capture "$SCRATCH/all.pcapng"
expect_queue_kept "a capture of all namespaces"
expect_match "what that capture could not see" \
    "netfilter hooks of network namespace $NAME-b: .*NFQUEUE.*the option for hooks with queues attaches them anyway" \
    "$(missing_in "$SCRATCH/all.pcapng")"
expect_equal "hooks that were seen where a queue is" "" "$(edges_in "$SCRATCH/all.pcapng")"

# They can be attached anyway, with a queue in which no packet waits.
capture_of "$SCRATCH/forced.pcapng" b -- --hook-queues
queue_fill
queue release
queue limit "$LIMIT"
start_traffic b tcp-sink "$TCP_PORT" "$SCRATCH/sink-ready"
wait_until 10 test -e "$SCRATCH/sink-ready" || fail "nobody reads"
start_traffic a tcp-flood "$NETWORK_ADDRESS_B" "$TCP_PORT" 0.5
traffic a udp "$NETWORK_ADDRESS_B" "$QUEUE_PORT" "$MANY" 22 1
queue refused
refused=$answer
stop_capture "$SCRATCH/forced.pcapng"
expect_equal "packets that the kernel dropped at the full queue" "$((MANY - LIMIT))" "$refused"
dropped=$(fields "$SCRATCH/forced.pcapng" "pktmon.dropped && udp.dstport == $QUEUE_PORT" frame.number | wc -l)
case_row "An NFQUEUE is full" "queue_dropped of nfnetlink_queue" "$refused" "$dropped"
expect_equal "packets that were dropped there" "$refused" "$dropped"
expect_equal "other packets, whose memory a message to the firewall had" "" \
    "$(fields "$SCRATCH/forced.pcapng" 'pktmon.drop.location contains "nfqnl"' pktmon.drop.reason \
        pktmon.drop.location tcp.srcport | sort | uniq -c)"
expect_equal "hooks that were asked for" "4 5 " "$(edges_in "$SCRATCH/forced.pcapng")"
expect_equal "what was missing then" "" \
    "$(missing_in "$SCRATCH/forced.pcapng" | grep -F NFQUEUE || true)"
