# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced by the tests of Windows logs: $build is the build tree, $work is theirs.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
mkdir -m 777 "$work/home"

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

# Wireshark ignores plugin folders for root.
run_tshark() {
    local -a user=()
    [[ $EUID != 0 ]] || user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    "${user[@]}" env HOME="$work/home" TMPDIR="$work/home" WIRESHARK_PLUGIN_DIR="$build/plugins" \
        WIRESHARK_EXTCAP_DIR="$build/extcap" tshark "$@" 2>"$work/err"
}

expect() {
    [[ $2 == "$3" ]] || fail "$1: wanted $2, got $3"
}

run_pktmon() {
    "$build/cli/pktmon" "$@" 2>"$work/err"
}
