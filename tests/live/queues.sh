#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Ten packets wait in an NFQUEUE of namespace b while captures begin and end, of other namespaces, of
# all and of b: all ten arrive, each once, and pass the queue once. Where a queue is bound there are no
# hooks, which is said, unless they are asked for.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"
# shellcheck source=tests/live/queues-lib.sh
source "$(dirname "$0")/queues-lib.sh"

# missing_in FILE: what the capture could not see.
missing_in() {
    fields "$1" "pktmon.record == 5" pktmon.capture.missing
}

# edges_in FILE: of netfilter in b that a capture saw.
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
    "netfilter hooks of network namespace $NAME-b: .*NFQUEUE.*--hook-queues" \
    "$(missing_in "$SCRATCH/all.pcapng")"
expect_equal "hooks that were seen where a queue is" "" "$(edges_in "$SCRATCH/all.pcapng")"

# They can be had all the same, of a queue where nothing waits.
capture_of "$SCRATCH/forced.pcapng" b -- --hook-queues
queue_fill
queue release
stop_capture "$SCRATCH/forced.pcapng"
expect_equal "hooks that were asked for" "4 5 " "$(edges_in "$SCRATCH/forced.pcapng")"
expect_equal "what was missing then" "" \
    "$(missing_in "$SCRATCH/forced.pcapng" | grep -F NFQUEUE || true)"
