#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# no_agent_left.sh BUILD: what live tests prepare for an unprivileged user is gone when they end: nobody but
# root can use the agents of the build, and no copy of them is left.
set -euo pipefail
if ((EUID != 0)); then
    echo "Not root: no agent was given capabilities."
    exit 0
fi
directory=$(dirname "$0")
stage=$(mktemp -d /var/tmp/pktmon-left.XXXXXX)
trap 'rm -rf "$stage"' EXIT
chmod 0755 "$stage"
mkdir "$stage/extcap" "$stage/capture-core" "$stage/cli" "$stage/plugins"
cp "$1/extcap/pktmondump" "$stage/extcap/"
cp "$1/cli/pktmon" "$stage/cli/"
for agent in pktmon-agent pktmon-pcap-agent; do
    cp "$1/capture-core/$agent" "$stage/capture-core/"
    chmod 0755 "$stage/capture-core/$agent"
done

copies=$(PKTMON_BUILD=$stage bash -c "source '$directory/../live/lib.sh' && echo \"\$PLACE\" &&
    [[ -n \$(PATH=\$PATH:/sbin:/usr/sbin getcap \"\$PLACE/capture-core/pktmon-agent\") ]]")
[[ ! -e $copies ]] || { echo "FAIL: $copies is left" >&2; exit 1; }
left=$(PATH=$PATH:/sbin:/usr/sbin getcap -r "$stage")
[[ -z $left ]] || { echo "FAIL: the build has agents with capabilities: $left" >&2; exit 1; }
