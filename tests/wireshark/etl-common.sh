# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced by the tests of Windows logs: $build is the build tree, $work is their scratch folder.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
mkdir -m 777 "$work/home"

# Wireshark ignores plugin folders for root, and another user may not be allowed to look into the build tree
# (Debian closes home folders): that user gets copies.
# shellcheck disable=SC2154 # set by the test
cp -r "$build/plugins" "$work/"
mkdir "$work/extcaps"
cp "$build/extcap/pktmondump" "$work/extcaps/"
chmod -R a+rX "$work/plugins" "$work/extcaps"

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

run_tshark() {
    local -a user=()
    [[ $EUID != 0 ]] || user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    "${user[@]}" env HOME="$work/home" TMPDIR="$work/home" WIRESHARK_PLUGIN_DIR="$work/plugins" \
        WIRESHARK_EXTCAP_DIR="$work/extcaps" tshark "$@" 2>"$work/err"
}

expect() {
    [[ $2 == "$3" ]] || fail "$1: wanted $2, got $3"
}

run_pktmon() {
    "$build/cli/pktmon" "$@" 2>"$work/err"
}

# Most tests judge the records of a log one by one: in Wireshark, in the converter, and in the interface.
export PKTMON_VIEW=appearances
etl2pcap() {
    run_pktmon etl2pcap --view appearances "$@"
}
