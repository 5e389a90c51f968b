#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# helper-path.sh BUILD: a helper is started only from its place in the build tree, never from where
# other users could put one. A user who may not start it is told what to do, but not to join a group
# that does not exist.
set -euo pipefail
build=$1
place=$(mktemp -d /var/tmp/pktmon-helper.XXXXXX)
trap 'rm -rf "$place"' EXIT
chmod 0755 "$place"

fail() {
    echo "FAIL: $*" >&2
    exit 1
}

# plant DIRECTORY: puts a program there that leaves a mark if it is started.
plant() {
    mkdir -p "$1"
    printf '#!/bin/sh\ntouch %s/started\n' "$place" >"$1/pktmon-agent"
    chmod 0755 "$1/pktmon-agent"
}

# capture: sets said; true if the planted program was started.
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

# refused USER GROUP: the message for USER about an agent that only GROUP may start.
refused() {
    rm -f "$place/started"
    chown root:"$2" "$place/tree/build/capture-core/pktmon-agent"
    chmod 0750 "$place/tree/build/capture-core/pktmon-agent"
    /usr/sbin/setcap cap_net_raw=ep "$place/tree/build/capture-core/pktmon-agent"
    # shellcheck disable=SC2069 # only the message
    setpriv --reuid "$1" --regid "$1" --clear-groups -- "$place/tree/build/extcap/pktmondump" \
        --capture --extcap-interface pktmon --provider ebpf --fifo - 2>&1 >/dev/null || true
    [[ ! -e $place/started ]] || fail "the user $1 started the agent of $2"
}

if ((EUID == 0)); then
    chown root "$place/tree/build"
    said=$(refused 12345 12346)
    [[ $said == *"You may not run "*"add you to the group that owns it (\"usermod -aG GROUP "* ]] || fail "it said: $said"
    said=$(refused 12345 65534)
    [[ $said == *" is set up for the user nobody only, because root ran scripts/run: "* ]] || fail "it said: $said"
    said=$(refused 65534 12346)
    [[ $said == *"The user nobody may not run "*": capture as a user who is in the group "* ]] || fail "it said: $said"
    ! grep -q "usermod" <<<"$said" || fail "it said: $said"
fi
