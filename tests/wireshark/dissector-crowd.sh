#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A metadata block with very many small fields: a readable number is shown, the others are counted,
# and tshark takes little more memory than without the block.
# shellcheck source=tests/wireshark/dissector-common.sh
. "$(dirname "$0")/dissector-common.sh"

most=4096

bounded() {
	# shellcheck disable=SC2086 # several words, or none
	"$here/../etl/bounded.py" "$1" 10 64 $as_user env HOME="$work/home" \
		WIRESHARK_PLUGIN_DIR="$work/plugins" tshark -r "$2" -V 2>"$work/err" || fail "$(cat "$work/err")"
	sed -n 's/ MiB, .*//p' "$work/err"
}

"$make_capture" --carrier frames "$work/small.pcapng"
small=$(bounded 1000 "$work/small.pcapng")
for kind in unknown properties flags; do
	fields=$(python3 "$here/dissector_crowd.py" "$work/$kind.pcapng" $kind)
	bounded $((small + 64)) "$work/$kind.pcapng" >"$work/peak"
	echo "$kind: $(cat "$work/peak") MiB, without $small MiB"
	expect "what is not shown of $fields fields, and the expert info" "2" \
		"$(run_tshark -r "$work/$kind.pcapng" -V | grep -c "$((fields - most)) more fields of the record are not shown")"
	expect "the filter that finds it" "2" \
		"$(run_tshark -r "$work/$kind.pcapng" -Y pktmon.malformed.too_many -T fields -e frame.number)"
done
finish
