#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The statistics of make_capture's file, and of one with the cases that it lacks, counted by hand.
# shellcheck source=tests/wireshark/dissector-common.sh
. "$(dirname "$0")/dissector-common.sh"

# tree FILE STATISTIC [COLUMNS [FILTER]]: name and count of each row, and COLUMNS columns more.
tree() {
	run_tshark -2 -q -r "$1" -z "$2,tree${4:+,$4}" |
		awk -v more="${3:-0}" '
			/^---/ { inside = !inside; next }
			!inside || !NF { next }
			{
				match($0, /  +[0-9]+ /)
				row = substr($0, 1, RSTART - 1)
				count = split(substr($0, RSTART), values, " ")
				for (i = 1; i <= 1 + more && i <= count; i++)
					row = row "|" values[i]
				print row
			}'
}

made="$work/made.pcapng"
other="$work/other.pcapng"
"$make_capture" --carrier frames "$made"
python3 "$here/dissector_statistics.py" "$other"

expect "the flows" "Packets by fate|5
 unknown|2
 dropped|1
 delivered|1
 consumed|1
Appearances by component|14
 right/eth0|4
  Lower Rx|4
 right/ipv4|3
  no edge Rx|3
 left/eth0|2
  Lower Tx|2
 br0|2
  forward Egress|1
  Lower Rx|1
 veth2|1
  Lower Tx|1
 veth1|1
  Lower Rx|1
 right/sockets|1
  Lower Rx|1" "$(tree "$made" pktmon)"

expect "the drops" "Packets dropped|2
 SKB_CONSUMED|1
  br_forward+0x1c|1
   br0 forward|1
 NETFILTER_DROP|1
  nft_do_chain+0x3e8|1
   right/ipv4|1
Copies released|1
 NO_SOCKET|1
  icmp_rcv+0x1a2|1
   right/ipv4|1" "$(tree "$made" pktmon_drops)"

# 1 us each: average, minimum, maximum
expect "the latency" "All appearances but the first|9|1.00|1.000000|1.000000
 right/eth0 -> right/ipv4|2|1.00|1.000000|1.000000
  right/eth0 Lower -> right/ipv4|2|1.00|1.000000|1.000000
 veth2 -> right/eth0|1|1.00|1.000000|1.000000
  veth2 Lower -> right/eth0 Lower|1|1.00|1.000000|1.000000
 veth1 -> br0|1|1.00|1.000000|1.000000
  veth1 Lower -> br0 Lower|1|1.00|1.000000|1.000000
 right/sockets -> right/ipv4|1|1.00|1.000000|1.000000
  right/sockets Lower -> right/ipv4|1|1.00|1.000000|1.000000
 right/eth0 -> right/sockets|1|1.00|1.000000|1.000000
  right/eth0 Lower -> right/sockets Lower|1|1.00|1.000000|1.000000
 left/eth0 -> veth1|1|1.00|1.000000|1.000000
  left/eth0 Lower -> veth1 Lower|1|1.00|1.000000|1.000000
 left/eth0 -> right/eth0|1|1.00|1.000000|1.000000
  left/eth0 Lower -> right/eth0 Lower|1|1.00|1.000000|1.000000
 br0 -> veth2|1|1.00|1.000000|1.000000
  br0 Lower -> veth2 Lower|1|1.00|1.000000|1.000000" "$(tree "$made" pktmon_latency 3)"

expect "the counters" "Readings of counters|2
 left/eth0|1
  Lower|1
   Bytes in|840
   Bytes out|924
   Packets in|10
   Packets out|11
 right/ipv4|1
  Dropped|1
   Bytes in|47
   Bytes out|94
   Packets in|1
   Packets out|2" "$(tree "$made" pktmon_counters)"

expect "the flows of two captures" "Packets by fate|9
 forwarded|4
 dropped|3
 unknown|1
 no group|1
Appearances by component|15
 eth0|7
  Lower Tx|3
  qdisc Out|2
  qdisc In|2
 ipv4|3
  no edge Rx|3
 eth1|3
  Lower Rx|2
  qdisc In|1
 nameless|1
  edge 9|1
 eth0 (capture 2)|1
  Lower Tx|1" "$(tree "$other" pktmon)"

expect "drops and releases with the same reason" "Packets dropped|3
 IP_OUTNOROUTES|2
  ip_forward+0x12|2
   ipv4|2
 reason 77|1
  unknown location|1
   eth1 qdisc|1
Copies released|1
 IP_OUTNOROUTES|1
  ip_forward+0x12|1
   ipv4|1" "$(tree "$other" pktmon_drops)"

expect "the latency of a queue" "All appearances but the first|6|8.17|1.000000|30.000000
 eth0 -> eth0|4|11.50|2.000000|30.000000
  eth0 qdisc -> eth0 qdisc|2|20.00|10.000000|30.000000
  eth0 qdisc -> eth0 Lower|2|3.00|2.000000|4.000000
 eth1 -> ipv4|1|2.00|2.000000|2.000000
  eth1 Lower -> ipv4|1|2.00|2.000000|2.000000
 eth1 -> eth0|1|1.00|1.000000|1.000000
  eth1 Lower -> eth0 Lower|1|1.00|1.000000|1.000000" "$(tree "$other" pktmon_latency 3)"

expect "the newest counters, and great ones" "Readings of counters|5
 eth0|4
  Dropped|1
   Bytes in|10
   Bytes out|12
   Packets in|9
   Packets out|0
  Lower|2
   Bytes in|4294967295
   Bytes out|4294967295
   Bytes out, millions|4294967295
   Packets in|11
   Packets out|4294967295
   Packets out, millions|4294
  Upper|1
   Bytes in|6
   Bytes out|8
   Packets in|5
   Packets out|7
 eth0 (capture 2)|1
  Lower|1
   Bytes in|22
   Bytes out|24
   Packets in|21
   Packets out|23" "$(tree "$other" pktmon_counters)"

expect "a statistic of some records" "Packets dropped|1
 NETFILTER_DROP|1
  nft_do_chain+0x3e8|1
   right/ipv4|1" "$(tree "$made" pktmon_drops 0 pktmon.group==2)"

# The lanes; then for each arrow its start and end, its label and its comment.
arrows() {
	run_tshark -2 -q -r "$1" -z "flow,pktmon,standard,$2" | python3 "$here/dissector_arrows.py"
	[ ! -s "$work/err" ] || fail "the flow graph of $2: $(cat "$work/err")"
}

expect "the flow of a dropped packet" "START right/eth0 right/ipv4 DROP
START|right/eth0|Lower Rx|right/eth0 Lower Rx, group 2, appearance 1
right/ipv4|DROP|NETFILTER_DROP|right/ipv4 Rx, group 2, appearance 2, Dropped: NETFILTER_DROP at nft_do_chain+0x3e8" \
	"$(arrows "$made" pktmon.group==2)"
expect "the flow of a delivered packet" "START left/eth0 right/eth0 right/sockets right/ipv4
START|left/eth0|Lower Tx|left/eth0 Lower Tx, group 4, copy 1, appearance 1
left/eth0|right/eth0|Lower Rx|right/eth0 Lower Rx, group 4, copy 1, appearance 2
right/eth0|right/sockets|Lower Rx|right/sockets Lower Rx, group 4, copy 1, appearance 3, delivered
right/sockets|right/ipv4|NO_SOCKET|right/ipv4 Rx, group 4, copy 2, appearance 4, copy released: NO_SOCKET at icmp_rcv+0x1a2" \
	"$(arrows "$made" pktmon.group==4)"
expect "the flow inside a component" "START eth0 eth0
START|eth0|qdisc In|eth0 qdisc In, group 2
eth0|eth0|qdisc Out|eth0 qdisc Out, group 2
eth0|eth0|Lower Tx|eth0 Lower Tx, group 2" \
	"$(arrows "$other" "pktmon.group==2 && pktmon.capture_id==1")"

# --- more names than there are rows for: the others are counted together ---

names="$work/names.pcapng"
most=4096
count=4500
python3 "$here/dissector_names.py" "$names" $count
for statistic in pktmon:2 pktmon_drops:1 pktmon_latency:1 pktmon_counters:1; do
	times=${statistic#*:}
	tree "$names" "${statistic%:*}" | grep '^ [^ ]' >"$work/rows"
	expect "the rows of $statistic" \
		"$(((count - most) * times)) and $most" \
		"$(sed -n 's/^ (others)|//p' "$work/rows") and $(grep -c '[0-9]|' "$work/rows")"
done
finish
