#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Frames of the packets view that other tools cut, merged, chose or converted: each has its whole
# journey, with all fields of it, and no wrong byte.
# shellcheck source=tests/wireshark/dissector-common.sh
. "$(dirname "$0")/dissector-common.sh"
make_journeys=$3
pktmon=$4
script=$work/script
packets=$work/packets.pcapng other=$work/other.pcapng
sed '/^#/d' "$here/journeys.txt" "$here/journeys-more.txt" >"$script"

# All fields there are but the numbers of frames, which a tool may change. Those of CONTEXT depend on
# the packet's other frames, and those of its connection, which may be in another file. Descriptions of
# components may be there, too: a hop's own record has the name alone.
context="pktmon.delta pktmon.elapsed pktmon.fate pktmon.side pktmon.total"
fields="$(run_tshark -G fields | sed -n 's/^F\t[^\t]*\t\(pktmon\.[^\t]*\)\t.*/\1/p' | sort -u |
	grep -v '^pktmon\.\(\(prev\|next\)_frame\|component\.type\)$')"
alone="$(for field in $fields; do
	case " $context " in *" $field "*) ;; *) echo "$field" ;; esac
done)"

# journeys FIELDS FILE [OPTION ...]: these fields of each packet's frame, named if it has them.
journeys() {
	chosen=$1
	file=$2
	shift 2
	for field in $chosen; do
		set -- "$@" -e "$field"
	done
	run_tshark -2 -r "$file" -Y 'pktmon.record == 1' -T fields -E separator='|' -E aggregator=';' \
		-e frame.time_epoch -e frame.len "$@" |
		awk -F '|' -v names="frame.time_epoch frame.len $(echo "$chosen" | tr '\n' ' ')" '
			BEGIN { split(names, name, " ") }
			{
				line = ""
				for (i = 1; i <= NF; i++)
					if ($i != "")
						line = line name[i] "=" $i "|"
				print line
			}'
}

# expect_same WHAT FIELDS FILE ...: the files have all frames, one behind the other.
expect_same() {
	what=$1
	chosen=$2
	shift 2
	journeys "$chosen" "$packets" >"$work/expected"
	for file in "$@"; do
		journeys "$chosen" "$file"
	done >"$work/actual"
	expect_no_difference "$what: each frame has its journey"
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

# expect_no_difference WHAT: what was expected is in $work/expected, and has a line for each packet.
expect_no_difference() {
	[ -s "$work/expected" ] || fail "$1: there are no packets"
	for file in "$work/expected" "$work/actual"; do
		tr '|' '\n' <"$file" >"$file.fields"
	done
	expect "$1" "" "$(diff -U 40 "$work/expected.fields" "$work/actual.fields" | grep '^[-+]\|pktmon.group' |
		head -n 20)"
}

# parts PATTERN: files, in their order.
parts() {
	find "$work" -path "$1" | sort
}

"$make_journeys" --view packets "$script" "$packets"
"$make_journeys" --view packets "$script" "$other" 2 7
[ "$(journeys "$fields" "$packets" | wc -l)" -gt 18 ] || fail "there are packets"
expect "fragments are no other form" "" "$(run_tshark -r "$packets" -Y 'pktmon.group == 22' -T fields \
	-e pktmon.hop.changed)"
# That a field survives is shown for those that the file has: these are all of hops and journeys, but
# for those of Windows and of descriptions.
journeys "$fields" "$packets" | tr '|' '\n' | sed 's/=.*//' | sort -u >"$work/names"
expect "fields that no packet has" "pktmon.capture.missing
pktmon.component.description
pktmon.component.parent
pktmon.property.name
pktmon.property.value
pktmon.truncated" \
	"$(echo "$fields" | grep -vxFf "$work/names" |
		grep -v '^pktmon\.\(malformed\|unknown\|nbl\|counters\|event\|filter\|capture\.[^m]*\)\(\.\|$\)')"

mkdir "$work/cut" "$work/ring" "$work/written"
editcap -c 7 "$packets" "$work/cut/part.pcapng"
[ "$(parts '*/cut/*.pcapng' | wc -l)" -gt 3 ] || fail "editcap -c makes parts"
# shellcheck disable=SC2046 # names without blanks
expect_same "editcap -c" "$alone" $(parts '*/cut/*.pcapng')

chmod a+rwx "$work/ring" "$work/written"
dumpcap -q -i - -b filesize:4 -w "$work/ring/part.pcapng" <"$packets" 2>"$work/said" ||
	fail "dumpcap says: $(cat "$work/said")"
chmod -R a+r "$work/ring"
[ "$(parts '*/ring/*.pcapng' | wc -l)" -gt 2 ] || fail "dumpcap makes a ring"
# shellcheck disable=SC2046
expect_same "a dumpcap ring" "$alone" $(parts '*/ring/*.pcapng')

mergecap -w "$work/merged.pcapng" "$packets" "$other"
{
	journeys "$fields" "$packets"
	journeys "$fields" "$other"
} | LC_ALL=C sort >"$work/expected"
journeys "$fields" "$work/merged.pcapng" | LC_ALL=C sort >"$work/actual"
expect_no_difference "mergecap: each frame has its journey"

run_tshark -r "$packets" -Y 'pktmon.record == 1' -w "$work/written/all.pcapng" >/dev/null
expect_same "tshark -Y -w" "$fields" "$work/written/all.pcapng"
run_tshark -2 -r "$packets" -Y 'pktmon.continued || pktmon.form == 2' -w "$work/written/chosen.pcapng" >/dev/null
if saves_what_is_needed; then
	journeys "$fields" "$packets" | grep '|pktmon.group=\([458]\|23\)|' >"$work/expected"
	journeys "$fields" "$work/written/chosen.pcapng" >"$work/actual"
	expect_no_difference "a chosen frame takes along what it goes on with"
else
	journeys "$alone" "$packets" | grep '|pktmon.continued=\||pktmon.form=2|' >"$work/expected"
	journeys "$alone" "$work/written/chosen.pcapng" >"$work/actual"
	expect_no_difference "a chosen frame without what it goes on with"
fi

# Cut frames: what is missing is not compared, and nothing is said that is not so.
uncut="$(for field in $fields; do
	case $field in pktmon.truncated | pktmon.hop.* | pktmon.tunnel.*) ;; *) echo "$field" ;; esac
done)"
for size in 13 20 40 60 80; do
	editcap -s $size "$packets" "$work/short.pcapng"
	expect_same "editcap -s $size" "$uncut" "$work/short.pcapng"
	expect "editcap -s $size: truncated" "" \
		"$(run_tshark -r "$work/short.pcapng" -Y "pktmon.record == 1 && !pktmon.continued && !pktmon.truncated && frame.len > $size")"
	expect "editcap -s $size: no change that is none" "" \
		"$(journeys pktmon.hop.changed "$work/short.pcapng" | sed -n 's/.*pktmon.hop.changed=\([^|]*\).*/\1/p' |
			tr ';' '\n' | LC_ALL=C sort -u | grep -v '^\(MAC\|VLAN\|tunnel\|NAT\|\)$')"
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
