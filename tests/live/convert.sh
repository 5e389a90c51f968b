#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# `pktmon convert`: a capture of one view becomes one of the other, and back to what it was; in the packets
# view each packet is one frame, in which Wireshark's analysis finds no fault. The same as JSON and CSV, of a
# ring of files, and of files that other programs have cut or merged.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"

UDP_PORT=7003 DATAGRAMS=5 LENGTH=300
TCP_PORT=7004 TCP_BYTES=1000000
WAY="a/eth0 → sw/port-a → sw/port-b → b/eth0"
HOPS=9     # places of a datagram at least
REPEAT=256 # bytes of packets after their first appearance, so that nothing is shed

convert() {
    must run_as_user "$PLACE/cli/pktmon" convert "$@" 2>"$SCRATCH/convert.err"
}

# capture_traffic FILE [OPTION ...]
capture_traffic() {
    local file=$1 receiver
    shift
    rm -f "$SCRATCH/ready"
    capture_of "$file" a sw b -- --repeat-size "$REPEAT" "$@"
    ping_once a "$NETWORK_ADDRESS_B"
    traffic a udp "$NETWORK_ADDRESS_B" "$UDP_PORT" "$DATAGRAMS" "$LENGTH"
    start_traffic b tcp-receive "$TCP_PORT" "$TCP_BYTES" "$SCRATCH/ready"
    receiver=$started_pid
    wait_until 10 test -e "$SCRATCH/ready" || fail "no receiver"
    traffic a tcp-send "$NETWORK_ADDRESS_B" "$TCP_PORT" "$TCP_BYTES"
    wait "$receiver" || fail "the transfer failed"
    stop_capture "$file"
    expect_ordered "$file"
}

# expect_round_trip FILE
expect_round_trip() {
    local got
    got=$(must python3 -B "$TESTS/roundtrip.py" "$PLACE/cli/pktmon" "$1") || true
    expect_match "there and back" '^[^:]+: same: [0-9]+ appearances' "$got"
    echo "$got"
}

# expect_packets FILE: each packet is one frame, and there is nothing that Wireshark would mark.
expect_packets() {
    expect_ordered "$1"
    expect_equal "datagrams" "$DATAGRAMS" "$(fields "$1" "udp.dstport == $UDP_PORT && !icmp" frame.number | wc -l)"
    expect_equal "requests and replies" 2 "$(fields "$1" "icmp.type == 8 || icmp.type == 0" frame.number | wc -l)"
    expect_equal "pings without a reply" "" "$(fields "$1" icmp.resp_not_found frame.number)"
    expect_equal "marks of TCP" "" "$(fields "$1" "tcp.analysis.flags && !tcp.analysis.window_full" frame.number \
        tcp.analysis.flags)"
}

network_make "$NAME"
network_drop_udp "$NAME-b" "$UDP_PORT"
ping_once a "$NETWORK_ADDRESS_B"

all=$SCRATCH/all.pcapng packets=$SCRATCH/packets.pcapng again=$SCRATCH/again.pcapng
capture_traffic "$all" --view appearances
expect_round_trip "$all"
convert "$all" --view packets -w "$packets"
expect_packets "$packets"

# --- lines ---
convert "$all" --view packets --json >"$SCRATCH/json"
expect_equal "objects of datagrams" "$DATAGRAMS $WAY → b/netfilter input dropped NETFILTER_DROP" \
    "$(grep '"record":"packet"' "$SCRATCH/json" | python3 -c 'import collections, json, sys
rows = collections.Counter()
for line in sys.stdin:
    packet = json.loads(line)
    if packet.get("destination_port") == int(sys.argv[1]) and packet["protocol"] == "UDP":
        drops = [hop["drop_reason"] for hop in packet["hops"] if hop.get("dropped")]
        rows[packet["path"].replace(sys.argv[2] + "-", ""), packet["fate"], *drops] += 1
for row, count in rows.items():
    print(count, *row)' "$UDP_PORT" "$NAME")"
convert "$packets" --view packets --csv >"$SCRATCH/hops.csv"
convert "$packets" --view packets --csv-packets >"$SCRATCH/packets.csv"
expect_equal "rows of datagrams" "$DATAGRAMS" "$(grep -c ",$UDP_PORT,UDP,.*,dropped," "$SCRATCH/packets.csv")"
hops=$(grep -c ",$UDP_PORT,UDP," "$SCRATCH/hops.csv")
((hops >= HOPS * DATAGRAMS)) || fail "only $hops rows of hops"

# --- what other programs do ---
editcap -s 60 "$packets" "$SCRATCH/cut.pcapng"
convert "$SCRATCH/cut.pcapng" --view appearances -w "$again"
expect_match "the warning" 'Warning: [0-9]+ frames were cut by another program' "$(<"$SCRATCH/convert.err")"
# Bytes that are there are right: a datagram's payload has one value all over.
expect_equal "datagrams of which bytes are wrong" "$(fields "$all" "udp.dstport == $UDP_PORT && !icmp" frame.number \
    pktmon.component ip.id udp.srcport | cut -f 2- | sort)" "$(fields "$again" "udp.dstport == $UDP_PORT && !icmp" \
    frame.number pktmon.component ip.id udp.srcport | cut -f 2- | sort)"

# A ring of files is one: its name stands for all of them.
editcap -c 50 "$packets" "$SCRATCH/ring.pcapng"
convert "$SCRATCH/ring.pcapng" --view packets --json | grep '"record":"packet"' >"$SCRATCH/of-ring"
expect_equal "packets of a ring" "$(grep '"record":"packet"' "$SCRATCH/json")" "$(<"$SCRATCH/of-ring")"

# Its first file is gone: no component is described, and hops have their names all the same.
ring=("$SCRATCH"/ring_*)
rm "${ring[0]}"
convert "$SCRATCH/ring.pcapng" --view appearances -w "$again"
expect_ordered "$again"
expect_equal "names of components" "$(fields "$all" tcp pktmon.component.name | sort -u)" \
    "$(fields "$again" tcp pktmon.component.name | sort -u)"
expect_equal "types of components" "" "$(fields "$again" tcp pktmon.component.type | sort -u)"

# A user's comment is that of the first observation, beside what the capture says of a drop.
datagram=$(fields "$packets" "udp.dstport == $UDP_PORT && !icmp" frame.number | head -n 1)
editcap -a "$datagram:mine" "$packets" "$SCRATCH/noted.pcapng"
convert "$SCRATCH/noted.pcapng" --view appearances -w "$again"
expect_equal "observations with the comment" 1 "$(fields "$again" 'frame.comment == "mine"' pktmon.appearance)"
convert "$again" --view packets -w "$SCRATCH/noted-again.pcapng"
expect_equal "packets with the comment" "$(fields "$SCRATCH/noted.pcapng" 'frame.comment == "mine"' pktmon.group \
    frame.comment)" "$(fields "$SCRATCH/noted-again.pcapng" 'frame.comment == "mine"' pktmon.group frame.comment)"

# --- the packets view, as it was captured ---
capture_traffic "$SCRATCH/live.pcapng" --view packets
expect_packets "$SCRATCH/live.pcapng"
expect_round_trip "$SCRATCH/live.pcapng"

# --- two captures in one file ---
mergecap -w "$SCRATCH/merged.pcapng" "$all" "$SCRATCH/live.pcapng"
convert "$SCRATCH/merged.pcapng" --view packets -w "$again"
expect_equal "captures" 2 "$(fields "$again" pktmon pktmon.capture_id | sort -u | wc -l)"
expect_equal "datagrams of both" $((2 * DATAGRAMS)) \
    "$(fields "$again" "udp.dstport == $UDP_PORT && !icmp" frame.number | wc -l)"
