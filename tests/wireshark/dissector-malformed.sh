#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Records broken in every place: tshark continues, and reports malformed records where it must.
# shellcheck source=tests/wireshark/dissector-common.sh
. "$(dirname "$0")/dissector-common.sh"

reported() {
	for name in "$@"; do
		run_tshark -2 -r "$work/$name.pcapng" -T fields -e frame.number \
			-Y "pktmon.malformed.truncated || pktmon.malformed.length"
	done | wc -l
}

"$make_capture" --carrier frames "$work/frames.pcapng"
malformed=$(python3 "$here/dissector_mutate.py" "$work/frames.pcapng" "$work")
run_tshark -2 -r "$work/bytes.pcapng" -V >"$work/tree"
expect "packets whose tree is complete" \
	"$(capinfos -TrMc "$work/bytes.pcapng" | cut -f2)" \
	"$(grep -c '^Frame [0-9]' "$work/tree")"
run_tshark -2 -q -r "$work/bytes.pcapng" -z pktmon,tree -z pktmon_drops,tree \
	-z pktmon_latency,tree -z pktmon_counters,tree -z flow,pktmon,standard >"$work/statistics"
expect "statistics of broken records" "5" \
	"$(grep -c -e '^Packet Monitor' -e '^Conv' "$work/statistics")"
expect "packets reported as malformed" "$malformed" "$(reported lengths cuts)"

# Whole files, broken anywhere: tshark may refuse them, but does not crash or exceed its limits.
for file in "$work"/file-*.pcapng; do
	status=0
	(
		# shellcheck disable=SC3045 # dash and bash have it
		ulimit -v 2097152
		# shellcheck disable=SC2086 # several words, or none
		exec timeout 10 $as_user env HOME="$work/home" WIRESHARK_PLUGIN_DIR="$work/plugins" \
			tshark -2 -r "$file" -V >"$work/out" 2>"$work/err"
	) || status=$?
	[ "$status" -lt 124 ] || fail "tshark ends with $status on $(basename "$file"): $(cat "$work/err")"
	! grep -qF "[Dissector bug" "$work/out" "$work/err" || fail "$(basename "$file") meets a dissector bug"
done

# Options lost on the way, for example in a tool that does not know them.
expect "metadata frames without their metadata" \
	"$(run_tshark -r "$work/frames.pcapng" -Y 'frame.interface_name == "@pktmon"' | wc -l)" \
	"$(run_tshark -r "$work/bare.pcapng" -Y pktmon.malformed.missing | wc -l)"
finish
