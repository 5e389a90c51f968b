# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A queue of user space in the small network (queue.py). Sourced after journey.sh.

QUEUE=7
QUEUE_PORT=7031
QUEUED=10

# queue_make [SUFFIX CHAIN]: starts queue.py, in b's INPUT chain by default; the queue is not bound
# yet.
queue_make() {
    local suffix=${1:-b} chain=${2:-INPUT}
    rm -f "$SCRATCH"/queue-{to,from}
    mkfifo "$SCRATCH"/queue-{to,from}
    (exec ip netns exec "$NAME-$suffix" python3 -B "$TESTS/queue.py" "$QUEUE" "$QUEUE_PORT" \
        <"$SCRATCH/queue-to" >"$SCRATCH/queue-from") &
    own_pids+=($!)
    exec 6>"$SCRATCH/queue-to" 7<"$SCRATCH/queue-from"
    # xt_NFQUEUE, because some kernels have no nft_queue.
    in_namespace "$suffix" iptables-nft -A "$chain" -p udp --dport "$QUEUE_PORT" -j NFQUEUE \
        --queue-num "$QUEUE" --queue-bypass
}

# queue COMMAND ...: sets answer.
queue() {
    echo "$*" >&6
    read -r -t 10 answer <&7 || fail "no reply to queue $*"
}

# queue_fill: sends QUEUED packets, which wait in the queue.
queue_fill() {
    traffic a udp "$NETWORK_ADDRESS_B" "$QUEUE_PORT" "$QUEUED" 22
    queue wait "$QUEUED"
    expect_equal "packets in the queue" "$QUEUED" "$answer"
}

# expect_queue_kept WHAT: waiting packets arrive, and pass the queue once.
expect_queue_kept() {
    queue release
    expect_equal "packets that came to the queue, and that arrived, with $1" "$QUEUED $QUEUED" "$answer"
}
