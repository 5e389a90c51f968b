# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Sourced by the tests of the dissector. Their arguments are the directory of the built plugins and
# the make_capture program.
set -eu
plugins=$1
# shellcheck disable=SC2034 # of the tests
make_capture=$2
# shellcheck disable=SC2034
here=$(dirname "$0")
export PYTHONDONTWRITEBYTECODE=1

# Wireshark ignores plugin directories for root, and an unprivileged user may not have access to the
# build tree: so the plugins are copied.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$plugins" "$work/plugins"
mkdir "$work/home"
chmod -R a+rX "$work"
as_user=
if [ "$(id -u)" -eq 0 ]; then
	chown 65534:65534 "$work/home"
	as_user="setpriv --reuid=65534 --regid=65534 --clear-groups"
fi

run_tshark() {
	# Newer releases print booleans as words.
	if ! $as_user env HOME="$work/home" WIRESHARK_PLUGIN_DIR="$work/plugins" LC_ALL=C.UTF-8 \
		tshark "$@" >"$work/out" 2>"$work/err"; then
		fail "tshark $* says: $(cat "$work/err")"
	fi
	if grep -qF "[Dissector bug" "$work/out" "$work/err"; then
		fail "tshark $* meets a dissector bug"
	fi
	sed 's/^True$/1/; s/^False$/0/' "$work/out"
}

# figures FILE STATISTIC: each row with its count; of latencies average, least and greatest, too.
figures() {
	run_tshark -2 -q -r "$1" -z "$2,tree" |
		awk '/^---/ { inside = !inside; next }
			inside && NF {
				match($0, /  +[0-9]+ /)
				row = substr($0, 1, RSTART - 1)
				split(substr($0, RSTART), values, " ")
				print row "|" values[1] ($0 ~ / -> / ? "|" values[2] "|" values[3] "|" values[4] : "")
			}'
}

fail() {
	echo "FAIL: $*" >&2
	: >"$work/failed"
}

# expect WHAT EXPECTED ACTUAL
expect() {
	if [ "$2" != "$3" ]; then
		fail "$1"
		echo "  expected: $2" >&2
		echo "  actual:   $3" >&2
	fi
}

finish() {
	[ ! -e "$work/failed" ]
}
