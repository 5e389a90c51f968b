#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A capture whose output goes through a connection over captured devices does not capture that
# connection, whatever path the output takes to it, in no namespace that it passes, and in neither
# direction; all other packets are captured. What is left out is counted and reported, and
# --keep-own keeps it. feed.sh WAY, as below.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"

PORT=9100
STRANGER_PORT=9200
EDGES=8 # of devices, from A to B; a socket adds one
SECONDS_OPEN=1
PINGS=5
FEED="ip netns exec $NAME-a python3 -B $SCRATCH/feed.py"
# Descriptions, counters, and the hops of a few packets. A capture that feeds itself has as much in
# a moment.
ENOUGH=300000
SIZES="--view appearances --netns $NAME-a,$NAME-sw,$NAME-b"
EXTCAP="$SCRATCH/as-user $PLACE/extcap/pktmondump --capture --extcap-interface pktmon --fifo - $SIZES"
TSHARK="-o extcap.pktmon.view:appearances -o extcap.pktmon.netns:$NAME-a,$NAME-sw,$NAME-b"
ADDRESS=$NETWORK_ADDRESS_B

cp "$TESTS/feed.py" "$SCRATCH/feed.py"

# The user's command has no privilege, and is not in the namespace of A, where the connection is.
cat >"$SCRATCH/as-user" <<END
#!/bin/sh
exec nsenter --net=/proc/$$/ns/net setpriv --reuid "$TEST_USER" --regid "$(id -g "$TEST_USER")" \
    --clear-groups -- env -C "$SCRATCH" HOME="$SCRATCH" XDG_CONFIG_HOME="$SCRATCH/.config" \
    WIRESHARK_PLUGIN_DIR="$PLACE/plugins" WIRESHARK_EXTCAP_DIR="$PLACE/extcap" "\$@"
END
chmod 0755 "$SCRATCH/as-user"

# shell COMMAND: in the background.
shell() {
    (exec bash -c "$1" >"$SCRATCH/out" 2>"$SCRATCH/err") &
    capture_pid=$!
    own_pids+=("$capture_pid")
}

came() {
    began "$SCRATCH/received" || ! kill -0 "$capture_pid" 2>/dev/null
}

# feed COMMAND: sends the capture to B. Leaves what B received in $SCRATCH/received.
feed() {
    rm -f "$SCRATCH/received"
    start_inside b python3 -B "$SCRATCH/feed.py" receive "$PORT" "$SCRATCH/received"
    receiver_pid=$started_pid
    wait_until 5 listening || fail "there is no listener at B"
    shell "$1"
    wait_until "$START_SECONDS" came || fail "B received nothing"
    kill -0 "$capture_pid" || fail "the capture ended: $(<"$SCRATCH/err")"
    sleep "${2:-0.3}"
    $FEED stranger "$ADDRESS" "$PORT" "$STRANGER_PORT"
    in_namespace a ping -q -c "$PINGS" -i 0.1 -W 2 "$ADDRESS" >/dev/null
    sleep "$SECONDS_OPEN"
    end_capture
    wait_until 5 ended || fail "the capture does not end"
    wait "$capture_pid" || true
    wait_until 5 all_came || fail "the connection stays open"
}

# The records at the end of the capture are sent too: in a pipeline, only the capture is stopped.
end_capture() {
    local parent
    parent=$(pgrep -P "$capture_pid" -x unshare) || parent=$capture_pid
    pkill -TERM -P "$parent" -x 'pktmondump|pktmon|tshark' || kill -TERM "$capture_pid"
}

listening() {
    [[ -n $(in_namespace b ss -Hltn "sport = :$PORT") ]]
}

ended() {
    ! kill -0 "$capture_pid" 2>/dev/null
}

all_came() {
    ! kill -0 "$receiver_pid" 2>/dev/null
}

# expect_left_out FILE: it is complete except for the connection that carried it.
expect_left_out() {
    local file=$1 bytes
    bytes=$(stat -c %s "$SCRATCH/received")
    echo "$bytes bytes arrived"
    ((bytes < ENOUGH)) || fail "the capture feeds itself: $bytes bytes"
    [[ -z $file ]] && return
    expect_equal "packets of the connection" "" \
        "$(fields "$file" "tcp.port == $PORT && !(tcp.port == $STRANGER_PORT)" frame.number \
            pktmon.component.name tcp.flags.str | head -3)"
    expect_equal "hops of a stranger's packet to the same place" "$((EDGES + 1))" \
        "$(fields "$file" "tcp.srcport == $STRANGER_PORT && tcp.flags.syn == 1 && pktmon.edge in {1, 2}" \
            frame.number | wc -l)"
    expect_equal "hops of pings" "$((PINGS * EDGES))" \
        "$(fields "$file" "icmp.type == 8 && pktmon.edge in {1, 2}" frame.number | wc -l)"
    expect_match "what is said" \
        "own connection [0-9.]+:[0-9]+ -> [0-9.]+:$PORT is left out.*: keep the capture's own output to see it" \
        "$(fields "$file" "pktmon.event.id == 11" pktmon.event.message)"
    expect_match "what is counted" "[1-9][0-9]* packets of the capture's own output, with [0-9]+ bytes" \
        "$(fields "$file" "pktmon.event.id == 11" pktmon.event.message)"
}

# A router that masquerades what A sends.
make_router() {
    local side
    for side in a sw b; do
        network_add_namespace "$NAME-$side"
    done
    for side in a b; do
        ip -n "$NAME-$side" link add eth0 type veth peer name "port-$side" netns "$NAME-sw"
        ip -n "$NAME-$side" link set eth0 up
        ip -n "$NAME-sw" link set "port-$side" up
    done
    ip -n "$NAME-a" address add 10.78.1.2/24 dev eth0
    ip -n "$NAME-sw" address add 10.78.1.1/24 dev port-a
    ip -n "$NAME-sw" address add 10.78.2.1/24 dev port-b
    ip -n "$NAME-b" address add "$ADDRESS/24" dev eth0
    ip -n "$NAME-a" route add default via 10.78.1.1
    in_namespace sw sysctl -qw net.ipv4.ip_forward=1
    in_namespace sw nft -f - <<'END'
table ip nat {
    chain from {
        type nat hook postrouting priority srcnat;
        oifname "port-b" masquerade
    }
}
END
}

way=$1
if [[ $way == nat ]]; then
    ADDRESS=10.78.2.2
    make_router
else
    network_make "$NAME"
fi
ping_once a "$ADDRESS"

received=$SCRATCH/received
case $way in
pipe | nat) # pktmon says in its status line how many packets were left out
    feed "$SCRATCH/as-user $PLACE/cli/pktmon capture -w - $SIZES | $FEED send $ADDRESS $PORT"
    expect_left_out "$received"
    expect_match "the status line" "0 lost, [1-9][0-9]* of its own output left out" "$(<"$SCRATCH/err")"
    ;;
late) # the connection begins when there is much to send already
    feed "$EXTCAP | $FEED late $ADDRESS $PORT 1"
    expect_left_out "$received"
    ;;
chain)
    feed "$EXTCAP | cat | $FEED sync | $FEED send $ADDRESS $PORT"
    expect_left_out "$received"
    ;;
pair) # as under sshd
    feed "exec $FEED pair $ADDRESS $PORT $EXTCAP"
    expect_left_out "$received"
    ;;
direct)
    feed "exec $FEED direct $ADDRESS $PORT $EXTCAP"
    expect_left_out "$received"
    ;;
tshark) # pktmondump writes a named pipe, which dumpcap reads
    feed "$SCRATCH/as-user tshark -q -i pktmon $TSHARK -w - | $FEED send $ADDRESS $PORT"
    expect_left_out "$received"
    ;;
terminal) # as under sshd with a terminal: tshark reads a file of dumpcap's, and learns of it through a pipe
    feed "exec $FEED terminal $ADDRESS $PORT $SCRATCH/as-user tshark -i pktmon $TSHARK -n -l"
    expect_left_out ""
    expect_equal "lines of the connection" "" "$(grep -a " $PORT" "$received" | grep -av " $STRANGER_PORT" | head -3)"
    ;;
crowd) # among nine connections, the right one is unknown
    feed "$EXTCAP --extcap-capture-filter 'not port $PORT' | $FEED crowd $ADDRESS $PORT 9"
    expect_left_out ""
    expect_match "what is said" "goes through the process python3, which has 9.*not port 22" \
        "$(fields "$received" "pktmon.capture.missing || pktmon.event.id == 4" \
            pktmon.capture.missing pktmon.event.message)"
    ;;
unseen) # its reader is in another PID namespace, as in a container
    SECONDS_OPEN=4
    feed "unshare --pid --fork $EXTCAP --extcap-capture-filter 'not port $PORT' |
        $FEED send $ADDRESS $PORT"
    expect_left_out ""
    expect_match "what is said" "who reads the capture's own output.*not port 22" \
        "$(fields "$received" "pktmon.event.id == 4" pktmon.event.message)"
    ;;
keep)
    feed "$EXTCAP --keep-own --extcap-capture-filter 'tcp[13] & 2 != 0 or icmp' |
        $FEED late $ADDRESS $PORT 1"
    [[ -n $(fields "$received" "tcp.port == $PORT" frame.number) ]] ||
        fail "--keep-own does not keep the connection"
    expect_equal "what is said" "" "$(fields "$received" "pktmon.event.id == 11" pktmon.event.message)"
    ;;
*)
    fail "There is no way \"$way\"."
    ;;
esac
