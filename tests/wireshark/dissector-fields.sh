#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Every public field: its type, and the values that make_capture wrote, found by a display filter
# and printed by -T fields, with both carriers of descriptions. What the packets view alone has is
# in dissector-packets.sh.
# shellcheck source=tests/wireshark/dissector-common.sh
. "$(dirname "$0")/dissector-common.sh"

# field type distinct-values
fields() {
	cat <<'FIELDS'
pktmon.record|FT_UINT8|1;2;3;4;5;6
pktmon.capture_id|FT_UINT64|72623859790382856
pktmon.component|FT_UINT32|1;2;3;4;5;6;7
pktmon.component.name|FT_STRING|br0;left/eth0;right/eth0;right/ipv4;right/sockets;veth1;veth2
pktmon.component.description|FT_STRING|Bridge br0;Bridge port veth1;Bridge port veth2;IPv4 of right;Sockets of right;Virtual Ethernet eth0 in left;Virtual Ethernet eth0 in right
pktmon.component.type|FT_STRING|bridge;ipv4;sockets;veth
pktmon.component.parent|FT_UINT32|3
pktmon.property.name|FT_STRING|MAC,speed,ifindex,MTU
pktmon.property.value|FT_STRING|02:00:00:00:00:01,10000000000,2,1500;02:00:00:00:00:02,10000000000,2,1500;02:00:00:00:00:10,10000000000,4,1500;02:00:00:00:00:11,10000000000,3,1500;02:00:00:00:00:12,10000000000,5,1500;02:00:00:00:00:12,10000000000,5,9000
pktmon.edge|FT_UINT16|0;2;3
pktmon.edge.name|FT_STRING|Lower;forward
pktmon.direction|FT_UINT16|3;4;6
pktmon.group|FT_UINT64|1234605616436508552;2;3;4;5
pktmon.packet_number|FT_UINT16|4
pktmon.appearance|FT_UINT32|1;2;3;4;5;7
pktmon.copy|FT_UINT32|1;2
pktmon.copy_of|FT_UINT32|1
pktmon.end|FT_UINT8|1;2
pktmon.linked|FT_UINT8|1;2
pktmon.packet_type|FT_UINT16|1
pktmon.filter_id|FT_UINT16|1
pktmon.dropped|FT_BOOLEAN|1
pktmon.copy_released|FT_BOOLEAN|1
pktmon.drop.reason|FT_STRING|NETFILTER_DROP;NO_SOCKET;SKB_CONSUMED
pktmon.drop.code|FT_UINT32|3;65537;8
pktmon.drop.location|FT_STRING|br_forward+0x1c;icmp_rcv+0x1a2;nft_do_chain+0x3e8
pktmon.drop.location_code|FT_UINT32|0xe0004001
pktmon.cpu|FT_UINT32|0;1;3
pktmon.pid|FT_UINT32|4242
pktmon.comm|FT_STRING|ping
pktmon.cgroup|FT_STRING|/system.slice/test.service
pktmon.netns|FT_STRING|host;left;right
pktmon.gso_size|FT_UINT16|1448
pktmon.gso_segs|FT_UINT16|9
pktmon.l2_synthesised|FT_BOOLEAN|1
pktmon.incomplete|FT_BOOLEAN|1
pktmon.truncated|FT_BOOLEAN|1
pktmon.lost|FT_UINT64|5;6
pktmon.prev_frame|FT_FRAMENUM|11;14;22;23;25;27;5;7;9
pktmon.next_frame|FT_FRAMENUM|11;13;16;23;25;28;7;9
pktmon.delta|FT_RELATIVE_TIME|0.000001000
pktmon.elapsed|FT_RELATIVE_TIME|0.000000000;0.000001000;0.000002000;0.000003000;0.000004000
pktmon.fate|FT_STRING|consumed;delivered;dropped;unknown
pktmon.view|FT_UINT8|2
pktmon.hop|FT_STRING|br0 Lower Rx;br0 forward dropped SKB_CONSUMED;left/eth0 Lower Tx;right/eth0 Lower Rx;right/ipv4 Rx consumed;right/ipv4 copy released NO_SOCKET;right/ipv4 dropped NETFILTER_DROP;right/sockets Lower Rx delivered;veth1 Lower Rx;veth2 Lower Tx
pktmon.drop.component|FT_STRING|br0;right/ipv4
pktmon.path|FT_STRING|
pktmon.hops|FT_UINT32|
pktmon.form|FT_UINT32|
pktmon.forms|FT_UINT32|
pktmon.side|FT_UINT8|
pktmon.open|FT_BOOLEAN|
pktmon.continued|FT_BOOLEAN|
pktmon.merged_into|FT_UINT64|
pktmon.bytes_hop|FT_UINT32|
pktmon.composed|FT_BOOLEAN|
pktmon.total|FT_RELATIVE_TIME|
pktmon.hop.changed|FT_STRING|
pktmon.hop.vlan|FT_UINT16|
pktmon.tunnel.type|FT_STRING|
pktmon.tunnel.source|FT_STRING|
pktmon.tunnel.destination|FT_STRING|
pktmon.tunnel.port|FT_UINT16|
pktmon.tunnel.id|FT_UINT32|
pktmon.counters.packets_in|FT_UINT64|10
pktmon.counters.bytes_in|FT_UINT64|840
pktmon.counters.packets_out|FT_UINT64|11
pktmon.counters.bytes_out|FT_UINT64|924
pktmon.counters.taken_back|FT_UINT64|2
pktmon.counters.taken_back_bytes|FT_UINT64|168
pktmon.counters.drops_in|FT_UINT64|1
pktmon.counters.drops_out|FT_UINT64|2
pktmon.counters.drop_bytes_in|FT_UINT64|47
pktmon.counters.drop_bytes_out|FT_UINT64|94
pktmon.filter.name|FT_STRING|capture filter
pktmon.filter.text|FT_STRING|icmp or udp or arp
pktmon.capture.os|FT_STRING|Linux
pktmon.capture.host|FT_STRING|testhost
pktmon.capture.release|FT_STRING|6.18.0-test
pktmon.capture.provider|FT_STRING|ebpf
pktmon.capture.missing|FT_STRING|netfilter hooks: this kernel is older than 6.4,macvlan0: no hook for its receive
pktmon.event.provider|FT_STRING|pktmon
pktmon.event.id|FT_UINT16|3;5;6
pktmon.event.level|FT_UINT8|3;4
pktmon.event.message|FT_STRING|ICMP port unreachable was sent;The capture began.;veth2 was removed
pktmon.event.from|FT_UINT64|1
pktmon.event.until|FT_UINT64|2
pktmon.nbl.group|FT_UINT64|64
pktmon.nbl.checksum|FT_UINT32|0x00000041
pktmon.nbl.checksum.text|FT_STRING|pktmon.nbl.checksum.text
pktmon.nbl.large_send|FT_UINT32|0x00000043
pktmon.nbl.segment_size|FT_UINT32|68
pktmon.nbl.vlan|FT_UINT16|69
pktmon.nbl.priority|FT_UINT8|70
pktmon.nbl.hash_info|FT_UINT32|0x00000047
pktmon.nbl.hash|FT_UINT32|0x00000048
pktmon.nbl.virtual_subnet|FT_UINT32|73
pktmon.nbl.coalesced|FT_UINT16|74
pktmon.nbl.duplicate_acks|FT_UINT16|75
pktmon.nbl.name_resolution|FT_UINT64|76
pktmon.nbl.send_offloads|FT_UINT64|0x000000000000004d
pktmon.nbl.switch_forwarding|FT_UINT64|0x000000000000004e
pktmon.nbl.gft_offload|FT_UINT64|0x000000000000004f
pktmon.nbl.gft_flow|FT_UINT64|0x0000000000000050
pktmon.nbl.context_type|FT_UINT16|81
pktmon.nbl.context|FT_UINT64|0x0000000000000052
pktmon.nbl.source_port|FT_UINT32|83
pktmon.nbl.source_nic|FT_STRING|pktmon.nbl.source_nic
pktmon.nbl.destinations|FT_STRING|pktmon.nbl.destinations
pktmon.nbl.wifi|FT_STRING|pktmon.nbl.wifi
FIELDS
}

# Name and type of all registered fields except those for malformed records.
registered_fields() {
	run_tshark -G fields |
		awk -F'\t' '$1 == "F" && $3 ~ /^pktmon\./ && $3 !~ /^pktmon\.(malformed|unknown)/ {
			print $3 "|" $4 }' | LC_ALL=C sort
}

# columns FILE: for each field, in their order, "VALUES|FRAMES": its distinct values, and the number
# of frames with one.
columns() {
	# shellcheck disable=SC2046 # options, as words
	set -- "$1" $(cut -d'|' -f1 "$work/table" | sed 's/^/-e /')
	file=$1
	shift
	run_tshark -2 -r "$file" -T fields "$@" >"$work/values"
	LC_ALL=C awk -F'\t' -v fields=$(($# / 2)) '
		{
			for (i = 1; i <= fields; i++) {
				value = $i == "True" ? 1 : $i == "False" ? 0 : $i
				if (value == "")
					continue
				frames[i]++
				if (!seen[i, value]++)
					print i "\t" value | "sort -t \"\t\" -k1,1n -k2,2"
			}
		}
		END {
			close("sort -t \"\t\" -k1,1n -k2,2")
			for (i = 1; i <= fields; i++)
				print i "\t\t" frames[i] + 0
		}' "$work/values" |
		awk -F'\t' '
			NF == 2 { values[$1] = values[$1] (values[$1] == "" ? "" : ";") $2 }
			NF == 3 { print values[$1] "|" $3 }'
}

# found FILE: number of frames that each field finds as a display filter, in their order.
found() {
	run_tshark -2 -q -r "$1" -z "io,stat,0,$(cut -d'|' -f1 "$work/table" | paste -sd,)" |
		awk -F'|' '/<>/ { for (i = 3; i < NF; i += 2) print $i + 0 }'
}

expect "the registered fields" "$(fields | cut -d'|' -f1,2 | LC_ALL=C sort)" "$(registered_fields)"
fields >"$work/table"
for carrier in frames blocks; do
	file=$work/$carrier.pcapng
	"$make_capture" --carrier $carrier "$file"
	columns "$file" >"$work/columns"
	found "$file" >"$work/found"
	paste -d'|' "$work/table" "$work/columns" "$work/found" >"$work/all"
	while IFS='|' read -r field _ expected values frames found; do
		expect "$field ($carrier)" "$expected" "$values"
		expect "frames with $field ($carrier)" "$frames" "$found"
	done <"$work/all"
	expect "fields that were looked at" "$(wc -l <"$work/table")" "$(grep -c . "$work/found")"
	expect "nothing is wrong ($carrier)" "" \
		"$(run_tshark -r "$file" -Y "_ws.expert.group == Malformed")"
done
finish
