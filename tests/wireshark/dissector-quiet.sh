#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Frames of several records: each record is shown as if it were alone, in the list, in the tree, in
# fields and in statistics, and other tools keep all of them.
# shellcheck source=tests/wireshark/dissector-common.sh
. "$(dirname "$0")/dissector-common.sh"

loud=$work/loud.pcapng
quiet=$work/quiet.pcapng
"$make_capture" "$loud"
"$make_capture" --quiet "$quiet"
editcap "$quiet" "$work/saved.pcapng"
chmod a+r "$work"/*.pcapng

fields="pktmon.counters.packets_in pktmon.counters.bytes_out pktmon.counters.drops_out
pktmon.component.name pktmon.component.description pktmon.property.value pktmon.filter.text
pktmon.capture.host pktmon.event.message pktmon.record"

# Every value of each field, once, after the field's number.
values() {
	file=$1
	set --
	for field in $fields; do
		set -- "$@" -e "$field"
	done
	run_tshark -r "$file" -2 -T fields -E occurrence=a -E aggregator=';' -E separator='|' "$@" |
		awk -F'|' '{ for (i = 1; i <= NF; i++) {
				count = split($i, parts, ";")
				for (j = 1; j <= count; j++)
					if (parts[j] != "")
						print i, parts[j]
			} }' | sort -u
}

expected=$(values "$loud")
expect "the fields of the quiet file" "$expected" "$(values "$quiet")"
expect "the fields of a copy" "$expected" "$(values "$work/saved.pcapng")"
for statistic in pktmon pktmon_drops pktmon_latency pktmon_counters; do
	expect "$statistic" "$(figures "$loud" "$statistic")" "$(figures "$quiet" "$statistic")"
done

metadata_frames() {
	run_tshark -r "$1" -Y 'eth.type == 0x88b5' -T fields -e frame.number | wc -l
}
[ "$(metadata_frames "$quiet")" -lt "$(metadata_frames "$loud")" ] ||
	fail "the quiet file has as many frames as the other"

# The column itself: later releases than 4.0 make the field of it before dissectors of ours add to it.
info() {
	run_tshark -r "$quiet" -Y "$1" -o 'gui.column.format:"i","%i"' | sed 's/ *$//'
}
expect "the beginning" \
	"3 records: Event: The capture began. (pktmon); Capture of testhost: Linux 6.18.0-test, ebpf; Filter 1 capture filter: icmp or udp or arp" \
	"$(info 'pktmon.capture.host')"
expect "the counters" \
	"2 records: Counters left/eth0 Lower: In 10 packets, 840 bytes; Out 11 packets, 924 bytes, taken back 2; Counters right/ipv4: Drops in 1, out 2 (NETFILTER_DROP)" \
	"$(info 'pktmon.counters.drops_in')"
expect "trees of the counters" 2 \
	"$(run_tshark -r "$quiet" -Y 'pktmon.counters.drops_in' -V | grep -c '^Packet Monitor: Counters')"
finish
