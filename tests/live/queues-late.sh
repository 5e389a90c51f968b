#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A queue is bound where hooks are already attached: changing filters, and starting and ending
# sessions, touch no link. At the end, the hooks stay attached, without effect, until the waiting
# packets are through. That is reported, and nothing is left behind.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"
# shellcheck source=tests/live/objects.sh
source "$(dirname "$0")/objects.sh"
# shellcheck source=tests/live/queues-lib.sh
source "$(dirname "$0")/queues-lib.sh"
# shellcheck source=tests/live/sessions-lib.sh
source "$(dirname "$0")/sessions-lib.sh"

# links PID: links of the process, except those of tracepoints.
links() {
    { cat "/proc/$1"/fdinfo/* 2>/dev/null || true; } |
        awk '/^link_type:/ { wanted = $2 !~ /tracing|raw_tracepoint|iter/ } /^link_id:/ && wanted { print "link", $2 }' | sort
}

network_make "$NAME"
queue_make
ping_once a "$NETWORK_ADDRESS_B"

# Sessions, and filters that change.
begin_sessions "$NAME-a,$NAME-b"
sessions start one udp port 7001
before=$(links "$(agents)")
queue bind
queue_fill
sessions add one udp port 7002
sessions start two udp port 7003
sessions add two udp port 7004
sessions stop two
expect_equal "links that a change of filters made or closed" "$before" "$(links "$(agents)")"
expect_queue_kept "filters and sessions that change"
queue_fill
sessions stop one
expect_queue_kept "the end of the last session"
queue unbind
wait_until 10 all_gone "$before" || fail "left in the kernel: $(existing <<<"$before")"

# A capture that ends, and one whose reader is killed.
file=$SCRATCH/late.pcapng
capture_of "$file" b --
objects=$(kernel_objects "$(pgrep -P "$capture_pid" -x pktmon-agent)")
queue bind
queue_fill
stop_capture "$file"
expect_match "what is said of hooks that stay" "hooks of network namespace $NAME-b.*stay.*10 packets" \
    "$(fields "$file" "pktmon.record == 6" pktmon.event.message)"
[[ -n $(existing <<<"$objects") ]] || fail "the hooks did not stay"
expect_queue_kept "the end of a capture"
wait_until 10 all_gone "$objects" || fail "left in the kernel: $(existing <<<"$objects")"
queue unbind

# A queue among so many that the kernel does not list all at once.
capture_of "$SCRATCH/crowd.pcapng" b --
queue bind
queue crowd 300
queue_fill
stop_capture "$SCRATCH/crowd.pcapng"
expect_queue_kept "the end of a capture, in one of 300 queues"
queue unbind

capture_of "$SCRATCH/killed.pcapng" b --
queue bind
queue_fill
kill -KILL "$capture_pid"
wait "$capture_pid" 2>/dev/null || true
sleep 0.2
expect_queue_kept "a reader that is killed"
