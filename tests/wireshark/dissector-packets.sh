#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The packets view: what the columns, the fields and the tree show of each packet, and that the
# statistics are those of the appearances view. The packets are in journeys.txt.
# shellcheck source=tests/wireshark/dissector-common.sh
. "$(dirname "$0")/dissector-common.sh"
make_journeys=$3
packets=$work/packets.pcapng

# Of packets and continuations, without the tree. Not every release says of a TCP segment that its
# payload was not put together in the first pass.
columns() {
	run_tshark -r "$packets" -o 'gui.column.format:"i","%i","p","%p"' "$@" |
		sed -n 's/ \[TCP segment of a reassembled PDU\]//
			/Component\|Capture\|Event/!s/ *\([A-Z]*\) *$/|\1/p'
}

expected_columns() {
	cat <<'COLUMNS'
Echo (ping) request  id=0x1234, seq=1/256, ttl=64 [a/eth0 → sw/port-a → sw/port-b → b/eth0 → b/ipv4]|ICMP
[Dropped: NETFILTER_DROP at b/netfilter input] 49154 → 9000 Len=55 [a/eth0 → sw/port-a → sw/port-b → b/eth0 → b/netfilter input]|UDP
[1 of 3 copies dropped: NETFILTER_DROP at out1 Lower] 49154 → 9000 Len=55 [in → out2 → b/eth0 → b/sockets (+2 copies)]|UDP
49154 → 9000 Len=55 [a/eth0 → r/in → [NAT] → …]|UDP
49154 → 9000 Len=55 [… → [NAT] → r/out → b/eth0 → b/sockets]|UDP
49154 → 9000 Len=55 [x/eth0 → r/in]|UDP
[Dropped: NETFILTER_DROP at r/in Upper] Packet 5 continued: 10.1.2.3:49154 > 10.1.2.4:9000 UDP len 55 [… → r/in]|PKTMON
[1 of 3 pieces dropped: NETFILTER_DROP at b/eth0 Lower] GET / HTTP/1.1  [a/eth0 → b/eth0 → b/sockets]|TCP
49154 → 9000 Len=55 [a/eth0 → phys0]|UDP
49154 → 9000 Len=55 [a/eth0]|UDP
[Dropped] 49154 → 9000 Len=55 [a/eth0 → r/in → [NAT] → …]|UDP
[Dropped: NETFILTER_DROP at b/eth0 Lower] 49154 → 9000 Len=55 [… → [NAT] → r/out → b/eth0]|UDP
49154 → 9000 Len=55 [a/eth0 → r/in → r/vxlan0 → phys0]|UDP
COLUMNS
}

# values FILTER FIELD ...: the fields of the frames, in one pass; several values with ";".
values() {
	filter=$1
	shift
	for field in "$@"; do
		set -- "$@" -e "$field"
		shift
	done
	run_tshark -r "$packets" -Y "$filter" -T fields -E separator='|' -E aggregator=';' "$@"
}

# The same in two passes.
values2() {
	filter=$1
	shift
	for field in "$@"; do
		set -- "$@" -e "$field"
		shift
	done
	run_tshark -2 -r "$packets" -Y "$filter" -T fields -E separator='|' -E aggregator=';' "$@"
}

for view in packets appearances; do
	"$make_journeys" --view $view "$here/journeys.txt" "$work/$view.pcapng"
done

expect "the columns" "$(expected_columns)" "$(columns)"
expect "the columns without the path" "$(expected_columns | sed 's/  *\[[^[]*\(\[NAT\][^[]*\)\?\]|/|/; s/ \[… → \[NAT\].*\]|/|/')" \
	"$(columns -o pktmon.path_in_info:false)"
expect "the path has a column" "$(expected_columns | sed -n '1s/ \[.*//p')" \
	"$(run_tshark -r "$packets" -c 8 -o 'gui.column.format:"p","%Cus:pktmon.path:0:R","i","%i"' | tail -n 1 |
		sed 's/.*Echo/Echo/; s/ *$//')"
expect "dropped datagrams, in one pass" \
	"a/eth0 → sw/port-a → sw/port-b → b/eth0 → b/netfilter input|NETFILTER_DROP
a/eth0 → r/in → [NAT] → …|
… → [NAT] → r/out → b/eth0|NETFILTER_DROP" \
	"$(values 'pktmon.fate=="dropped" && !pktmon.continued' pktmon.path pktmon.drop.reason)"
expect "the whole packet" "1|1|a/eth0 → sw/port-a → sw/port-b → b/eth0 → b/ipv4|consumed|0.000050000|5|1|1|1" \
	"$(values 'pktmon.group == 1' pktmon.record pktmon.view pktmon.path pktmon.fate pktmon.total \
		pktmon.hops pktmon.form pktmon.forms pktmon.bytes_hop)"
expect "one value for each hop" \
	"in Lower Rx;out1 Lower Tx;out2 Lower Tx;out1 Lower dropped NETFILTER_DROP;b/eth0 Lower Rx;b/sockets Lower Rx delivered;in Upper copy released NO_SOCKET|7;8;9;8;4;10;7|in;out1;out2;out1;b/eth0;b/sockets;in|2;2;2;2;2;2;1|Lower;Lower;Lower;Lower;Lower;Lower;Upper|3;4;4;4;3;3;3|1;2;3;2;3;3;1|0.000000000;0.000010000;0.000011000;0.000020000;0.000030000;0.000040000;0.000050000" \
	"$(values 'pktmon.group == 3' pktmon.hop pktmon.component pktmon.component.name pktmon.edge \
		pktmon.edge.name pktmon.direction pktmon.copy pktmon.elapsed)"
expect "the others where there is something to say" \
	"0.000010000;0.000011000;0.000010000;0.000019000;0.000010000;0.000050000|1;1;1;1;1|1|1|NETFILTER_DROP;NO_SOCKET|out1|1" \
	"$(values 'pktmon.group == 3' pktmon.delta pktmon.copy_of pktmon.dropped pktmon.copy_released \
		pktmon.drop.reason pktmon.drop.component pktmon.end | sed 's/True/1/g')"
expect "a run of pieces" \
	"a/eth0 Upper Tx;a/eth0 Lower Tx × 3;b/eth0 Lower Rx × 2;b/eth0 Lower dropped NETFILTER_DROP;b/sockets Lower Rx delivered × 2|9|1;2;3;1;2;3;1;2|0.000010000;0.000020000;0.000030000;0.000100000;0.000100000;0.000100000;0.000030000;0.000030000" \
	"$(values 'pktmon.group == 6' pktmon.hop pktmon.hops pktmon.packet_number pktmon.delta)"
# shellcheck disable=SC2046 # two numbers
set -- $(values 'pktmon.group == 4' frame.number)
expect "forms, in one pass" \
	"$1|||1|2|1|delivered|0.000040000|0.000010000
$2|$1||2|2|2|delivered|0.000040000|0.000009999;0.000010001;0.000010000" \
	"$(values 'pktmon.group == 4' frame.number pktmon.prev_frame pktmon.next_frame pktmon.form \
		pktmon.forms pktmon.side pktmon.fate pktmon.total pktmon.delta)"
expect "forms are linked both ways" "$1||$2
$2|$1|" "$(values2 'pktmon.group == 4' frame.number pktmon.prev_frame pktmon.next_frame)"
# shellcheck disable=SC2046
set -- $(values 'pktmon.group == 5' frame.number)
expect "an open packet and its continuation" \
	"$1||1||unknown|x/eth0 → r/in
$2|$1||1|dropped|… → r/in" \
	"$(values 'pktmon.group == 5' frame.number pktmon.prev_frame pktmon.open pktmon.continued pktmon.fate \
		pktmon.path | sed 's/True/1/g')"
expect "the second pass knows the fate of both" "$1|$2|dropped
$2||dropped" "$(values2 'pktmon.group == 5' frame.number pktmon.next_frame pktmon.fate)"
expect "the times of a continuation" "0.395000000;0.395500000" \
	"$(values 'pktmon.continued' pktmon.elapsed)"
expect "what changed on the way, tags and tunnels" "MAC;VLAN;MAC;VLAN;tunnel|100|VXLAN|192.168.1.1|8.8.8.8|4789|42" \
	"$(values 'pktmon.group == 9' pktmon.hop.changed pktmon.hop.vlan pktmon.tunnel.type pktmon.tunnel.source \
		pktmon.tunnel.destination pktmon.tunnel.port pktmon.tunnel.id)"
expect "address translation begins a form" "
NAT" "$(values 'pktmon.group == 4' pktmon.hop.changed)"
expect "no packet is malformed" "" "$(run_tshark -r "$packets" -Y pktmon.malformed.journey)"

# --- hops stay together ---

expect "JSON: each hop is an object" "9" \
	"$(run_tshark -r "$packets" -Y 'pktmon.group == 3 || pktmon.group == 7' -T json | grep -c '"pktmon.hop_tree": {')"
expect "JSON: a drop is in the object of its hop" "out1 Lower dropped NETFILTER_DROP|8|NETFILTER_DROP" \
	"$(run_tshark -r "$packets" -Y 'pktmon.group == 3' -T json --no-duplicate-keys |
		python3 "$here/dissector_hops.py" json)"
expect "PDML: the same" "out1 Lower dropped NETFILTER_DROP|8|NETFILTER_DROP" \
	"$(run_tshark -r "$packets" -Y 'pktmon.group == 3' -T pdml | python3 "$here/dissector_hops.py" pdml)"
expect "EK: all values, in order" "7;8;9;8;4;10;7" \
	"$(run_tshark -r "$packets" -Y 'pktmon.group == 3' -T ek | python3 "$here/dissector_hops.py" ek)"

# --- the same figures from either view ---

for statistic in pktmon pktmon_drops pktmon_latency pktmon_counters; do
	expect "$statistic" "$(figures "$work/appearances.pcapng" $statistic)" "$(figures "$packets" $statistic)"
done
[ "$(figures "$packets" pktmon_latency | wc -l)" -gt 20 ] || fail "there are latencies"
expect "the flows" "Packets by fate|10
 consumed|1
 delivered|3
 dropped|3
 forwarded|2
 no group|1" "$(figures "$packets" pktmon | sed -n 1p
		figures "$packets" pktmon | sed -n 2,6p | LC_ALL=C sort)"

# The arrows, with time and comment, in the order of time.
arrows() {
	run_tshark -2 -q -r "$work/$1.pcapng" -z flow,pktmon,standard | sed -n 's/^|[^|]*|//p' | LC_ALL=C sort
}
expect "the flow graph" "$(arrows appearances)" "$(arrows packets)"

deltas() {
	run_tshark -q -r "$work/$1.pcapng" -z \
		"io,stat,0,COUNT(pktmon.delta)pktmon.delta,SUM(pktmon.delta)pktmon.delta,MAX(pktmon.delta)pktmon.delta" |
		grep '<>' | tr -d ' '
}
expect "io,stat" "|0.000<>0.900|37|0.396250|0.394990|" "$(deltas packets)"
expect "io,stat of appearances" "$(deltas appearances)" "$(deltas packets)"

# --- so many packets that the table of them grows ---

times=150
"$make_journeys" --view packets "$here/journeys.txt" "$work/many.pcapng" $times
count_links() {
	run_tshark -2 -r "$1" -Y 'pktmon.prev_frame || pktmon.next_frame' -T fields -e frame.number | wc -l
}
count_packets() {
	figures "$1" pktmon | sed -n 's/^Packets by fate|//p'
}
expect "linked frames of many packets" $((times * $(count_links "$packets"))) \
	"$(count_links "$work/many.pcapng")"
expect "many packets" $((times * $(count_packets "$packets"))) \
	"$(count_packets "$work/many.pcapng")"
finish
