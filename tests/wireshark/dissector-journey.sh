#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The journey of each packet: what is known in the first pass, and what the second pass adds.
# shellcheck source=tests/wireshark/dissector-common.sh
. "$(dirname "$0")/dissector-common.sh"

# frame previous next delta elapsed fate
second_pass() {
	cat <<'JOURNEYS'
3||4||0.000000000|forwarded
4|3|5|0.000020000|0.000020000|forwarded
5|4||0.000000000|0.000010000|forwarded
6||7||0.000000000|unknown
7|6||0.000001000|0.000001000|unknown
8||9||0.000000000|unknown
9|8||0.000002000|0.000002000|unknown
10||12||0.000000000|forwarded
11||13||0.000001000|forwarded
12|10|14|0.000002000|0.000002000|forwarded
13|11||0.000003000|0.000004000|forwarded
14|12||0.000006000|0.000008000|forwarded
15||17||0.000000000|unknown
16||18||0.000001000|unknown
17|15||0.000002000|0.000002000|unknown
18|16||0.000002000|0.000003000|unknown
19||||0.000000000|unknown
20||||0.000000000|unknown
21|||||
22||23||0.000000000|forwarded
23|22|25|0.000001000|0.000001000|forwarded
24|23||0.000002000|0.000003000|forwarded
25|23||0.000005000|0.000006000|forwarded
26|24||0.000007000|0.000010000|forwarded
27||||0.000000000|unknown
28|27|30|0.000002000|0.000002000|unknown
29|27|32|0.000003000|0.000003000|unknown
30|28||0.000005000|0.000007000|unknown
31|29||0.000006000|0.000009000|unknown
32|29||0.000007000|0.000010000|unknown
33||35||0.000000000|forwarded
35|33||0.000002000|0.000002000|forwarded
JOURNEYS
}

# The same without what comes later in the file.
first_pass() {
	second_pass | awk -F'|' -v OFS='|' '{$3 = $6 = ""; print}'
}

journeys() {
	run_tshark "$@" -r "$work/journeys.pcapng" -Y "pktmon.record == 1" -T fields \
		-E separator='|' -e frame.number -e pktmon.prev_frame -e pktmon.next_frame \
		-e pktmon.delta -e pktmon.elapsed -e pktmon.fate
}

# Component and edge: from the record, the description, or the interface.
words() {
	run_tshark -r "$work/journeys.pcapng" -Y "frame.number == $1" -T fields -E separator='|' \
		-e pktmon.component.name -e pktmon.component.type -e pktmon.edge.name
}

python3 "$here/dissector_journeys.py" "$work/journeys.pcapng"
expect "journeys in two passes" "$(second_pass)" "$(journeys -2)"
expect "journeys in one pass" "$(first_pass)" "$(journeys)"
expect "an event of a group is no appearance" "34|||" \
	"$(run_tshark -2 -r "$work/journeys.pcapng" -Y "pktmon.event.id == 6" -T fields \
		-E separator='|' -e frame.number -e pktmon.prev_frame -e pktmon.elapsed -e pktmon.fate)"
expect "a component that was described" "wan|physical|Upper" "$(words 4)"
expect "a component of another capture" "wan||Lower" "$(words 19)"
expect "a component that was never described" "stranger||Lower" "$(words 20)"
finish
