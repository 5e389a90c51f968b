# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by the tests of the dissector, whose arguments are the directory of the built plugins
# and the make_capture program.
set -eu
plugins=$1
make_capture=$2
here=$(dirname "$0")
export PYTHONDONTWRITEBYTECODE=1

# Wireshark ignores plugin directories for root, and an unprivileged user may not be allowed to
# look into the build tree: the plugins are copied.
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
