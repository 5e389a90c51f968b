# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A queue of user space in namespace b of the small network (queue.py). Sourced after journey.sh.

QUEUE=7
QUEUE_PORT=7031
QUEUED=10

# queue_make: starts it; it is not bound yet.
queue_make() {
    rm -f "$SCRATCH"/queue-{to,from}
    mkfifo "$SCRATCH"/queue-{to,from}
    (exec ip netns exec "$NAME-b" python3 -B "$TESTS/queue.py" "$QUEUE" "$QUEUE_PORT" \
        <"$SCRATCH/queue-to" >"$SCRATCH/queue-from") &
    own_pids+=($!)
    exec 6>"$SCRATCH/queue-to" 7<"$SCRATCH/queue-from"
    # xt_NFQUEUE, because some kernels have no nft_queue.
    in_namespace b iptables-nft -A INPUT -p udp --dport "$QUEUE_PORT" -j NFQUEUE \
        --queue-num "$QUEUE" --queue-bypass
}

# queue COMMAND ...: sets answer.
queue() {
    echo "$*" >&6
    read -r -t 10 answer <&7 || fail "no answer to queue $*"
}

# queue_fill: QUEUED packets wait.
queue_fill() {
    traffic a udp "$NETWORK_ADDRESS_B" "$QUEUE_PORT" "$QUEUED" 22
    queue wait "$QUEUED"
    expect_equal "packets in the queue" "$QUEUED" "$answer"
}

# expect_queue_kept WHAT: what waited arrives, and came to the queue once.
expect_queue_kept() {
    queue release
    expect_equal "packets that came to the queue, and that arrived, with $1" "$QUEUED $QUEUED" "$answer"
}
