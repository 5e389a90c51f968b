# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # shared with groundtruth.sh
# Several sockets that are closed with unread packets, and a packet socket beside them, again and
# again while packets arrive.

build_network() {
    surprise
    add_namespaces a b
    connect a eth0 b eth0
    address a eth0 10.127.0.1/24
    address b eth0 10.127.0.2/24
    serve b receive-udp
    beside a b 10.127.0.2
    neighbours a 10.127.0.2
}

network_traffic() {
    local number sockets sender
    numbered a udp at=10.127.0.2 class=1 count="$PACKETS" rate=$((RATE / 10)) &
    sender=$!
    own_pids+=("$sender")
    for number in 2 3 4 5; do
        serve b receive-udp port="700$number" read=0
        sockets=("$started_pid")
        rm -f "$SCRATCH/holding"
        start_traffic b hold "$SCRATCH/holding" eth0
        sockets+=("$started_pid")
        wait_until 10 test -e "$SCRATCH/holding" || fail "no packet socket"
        numbered a udp at=10.127.0.2 port="700$number" class="$number" count=50 rate=2000
        stop_all "${sockets[@]}"
    done
    wait "$sender"
}

network_truth() {
    local number
    journey 1 delivered </dev/null
    for number in 2 3 4 5; do
        journey "$number" delivered 50 </dev/null
    done
}
