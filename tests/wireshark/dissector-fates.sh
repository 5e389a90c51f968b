#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The fate of each packet and copy, and the effect of losses on it.
# shellcheck source=tests/wireshark/dissector-common.sh
. "$(dirname "$0")/dissector-common.sh"

fates() {
	run_tshark -2 -r "$work/fates.pcapng" -Y "pktmon.record == 1" -T fields -E separator='|' \
		-e frame.number -e pktmon.fate
}

frames_with() {
	run_tshark -2 -r "$work/fates.pcapng" -Y "$1" -T fields -e frame.number | paste -sd' '
}

frames_expected() {
	sed -n "s/|$1\$//p" "$work/expected" | paste -sd' '
}

python3 "$here/dissector_fates.py" "$work/fates.pcapng" "$work/expected"
expect "the fates" "$(cat "$work/expected")" "$(fates)"
for fate in delivered forwarded dropped consumed unknown; do
	expect "packets found as $fate" "$(frames_expected $fate)" \
		"$(frames_with "pktmon.fate == \"$fate\"")"
done
last=$(run_tshark -r "$work/fates.pcapng" -T fields -e frame.number | tail -n 1)
expect "a group and the trouble because of it" "12 13 $last" "$(frames_with "pktmon.group == 1")"
finish
