#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# helper_path.sh BUILD: a helper is started from its place in the build tree alone, and never from where
# other users may put one.
set -euo pipefail
build=$1
place=$(mktemp -d /var/tmp/pktmon-helper.XXXXXX)
trap 'rm -rf "$place"' EXIT
chmod 0755 "$place"

fail() {
    echo "FAIL: $*" >&2
    exit 1
}

# plant DIRECTORY: what would be started there leaves a mark.
plant() {
    mkdir -p "$1"
    printf '#!/bin/sh\ntouch %s/started\n' "$place" >"$1/pktmon-agent"
    chmod 0755 "$1/pktmon-agent"
}

# capture: sets said; true if what was planted was started.
capture() {
    rm -f "$place/started"
    said=$("$place/tree/build/extcap/pktmondump" --capture --extcap-interface pktmon --provider ebpf \
        --fifo "$place/capture.pcapng" 2>&1) || true
    [[ -e $place/started ]]
}

mkdir -p "$place/tree/build/extcap"
cp "$build/extcap/pktmondump" "$place/tree/build/extcap/"

for above in tree/build/extcap tree .; do
    for folder in capture-core libexec/pktmon; do
        plant "$place/$above/$folder"
        ! capture || fail "a helper in $above/$folder was started"
        rm -r "${place:?}/$above/$folder"
    done
done

plant "$place/tree/build/capture-core"
capture || fail "the helper in its place was not started: $said"
for part in tree/build/capture-core/pktmon-agent tree/build/capture-core tree/build tree; do
    chmod o+w "$place/$part"
    ! capture || fail "a helper that others may change by $part was started"
    [[ $said == *"is not started, because other users may change "* ]] || fail "it said: $said"
    chmod o-w "$place/$part"
done
if ((EUID == 0)); then
    chown nobody "$place/tree/build"
    ! capture || fail "another user's helper was started by root"
fi
