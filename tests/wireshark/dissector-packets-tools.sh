#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Frames of the packets view that other tools cut, merged, chose or converted: each has its whole
# journey, and no wrong byte.
# shellcheck source=tests/wireshark/dissector-common.sh
. "$(dirname "$0")/dissector-common.sh"
make_journeys=$3
pktmon=$4
packets=$work/packets.pcapng
fields="pktmon.group pktmon.form pktmon.path pktmon.fate pktmon.total pktmon.hop pktmon.delta pktmon.drop.reason
	pktmon.hop.changed pktmon.hop.vlan pktmon.tunnel.id pktmon.side pktmon.open pktmon.continued"

# journeys FILE [OPTION ...]: of each packet all that is in its frame.
journeys() {
	file=$1
	shift
	for field in $fields; do
		set -- "$@" -e "$field"
	done
	run_tshark -r "$file" -Y 'pktmon.record == 1' -T fields -E separator='|' "$@"
}

# Whether this tshark saves what a chosen frame needs, as it should: of a fragmented datagram the
# first fragment with the last. That of Debian 13 (4.4.19) does not.
saves_what_is_needed() {
	ip="02 00 00 00 00 02 02 00 00 00 00 01 08 00 45 00"
	hosts="40 11 00 00 0a 00 00 01 0a 00 00 02"
	text2pcap - "$work/fragments.pcapng" >/dev/null 2>&1 <<-FRAMES
		000000 $ip 00 1c 00 07 20 00 $hosts 03 e8 07 d0 00 10 00 00
		000000 $ip 00 1c 00 07 00 01 $hosts 01 02 03 04 05 06 07 08
	FRAMES
	chmod a+r "$work/fragments.pcapng"
	run_tshark -2 -r "$work/fragments.pcapng" -Y udp -w "$work/written/datagram.pcapng" >/dev/null
	case $(run_tshark -r "$work/written/datagram.pcapng" -T fields -e frame.number | wc -l) in
	1) return 1 ;;
	2) return 0 ;;
	*) fail "a datagram of two fragments is not shown" ;;
	esac
}

"$make_journeys" --view packets "$here/journeys.txt" "$packets"
journeys "$packets" >"$work/all"
[ "$(wc -l <"$work/all")" -gt 12 ] || fail "there are packets"

mkdir "$work/cut"
editcap -c 5 "$packets" "$work/cut/part.pcapng"
[ "$(find "$work/cut" -type f | wc -l)" -gt 3 ] || fail "editcap -c makes parts"
# A continuation, and a second form, may be in another part than what they go on with: the step
# between the two, and when the packet began, are then not known.
expect "editcap -c: each frame has its journey" "$(cut -d'|' -f1-6,8- "$work/all")" \
	"$(for part in "$work"/cut/*; do journeys "$part"; done | cut -d'|' -f1-6,8-)"

mergecap -w "$work/merged.pcapng" "$packets" "$packets"
expect "mergecap: each frame has its journey" "$(sort "$work/all" "$work/all" | cut -d'|' -f1-3,5-6,8-)" \
	"$(journeys "$work/merged.pcapng" | sort | cut -d'|' -f1-3,5-6,8-)"

mkdir "$work/written"
chmod a+rwx "$work/written"
run_tshark -2 -r "$packets" -Y 'pktmon.continued || pktmon.form == 2' -w "$work/written/chosen.pcapng" >/dev/null
if saves_what_is_needed; then
	expect "a chosen frame takes along what it goes on with" "$(grep '^[458]|' "$work/all")" \
		"$(journeys "$work/written/chosen.pcapng")"
else
	expect "a chosen frame without what it goes on with" \
		"$(grep '^[48]|2|\|^5|.*|True$' "$work/all" | cut -d'|' -f1-6,8-)" \
		"$(journeys "$work/written/chosen.pcapng" | cut -d'|' -f1-6,8-)"
fi

# Cut frames: what is missing is not compared, and nothing is said that is not so.
for size in 13 20 40 60 80; do
	editcap -s $size "$packets" "$work/short.pcapng"
	expect "editcap -s $size: journeys" "$(cut -d'|' -f1-8,12- "$work/all")" \
		"$(journeys "$work/short.pcapng" | cut -d'|' -f1-8,12-)"
	expect "editcap -s $size: truncated" "" \
		"$(run_tshark -r "$work/short.pcapng" -Y "pktmon.record == 1 && !pktmon.continued && !pktmon.truncated && frame.len > $size")"
	expect "editcap -s $size: no change that is none" "" \
		"$(journeys "$work/short.pcapng" | cut -d'|' -f9 | tr ',' '\n' | LC_ALL=C sort -u |
			grep -v '^\(MAC\|VLAN\|tunnel\|NAT\|\)$')"
	expect "editcap -s $size: nothing is malformed" "" \
		"$(run_tshark -r "$work/short.pcapng" -Y pktmon.malformed.journey)"
done

# The other view of the same packets, by conversion.
"$pktmon" convert --view appearances -w "$work/appearances.pcapng" "$packets" 2>"$work/said" ||
	fail "convert says: $(cat "$work/said")"
chmod a+r "$work/appearances.pcapng"
for statistic in pktmon pktmon_drops pktmon_latency; do
	expect "$statistic of a converted file" "$(figures "$packets" $statistic)" \
		"$(figures "$work/appearances.pcapng" $statistic)"
done
finish
