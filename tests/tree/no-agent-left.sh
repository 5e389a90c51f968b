#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# no-agent-left.sh BUILD: the copies that live tests make for an unprivileged user are usable by him
# only, and removed when the tests end, however: nobody but root can use the agents of the build,
# and no copy of them is left.
set -euo pipefail
if ((EUID != 0)); then
    echo "Not root: no agent was given capabilities."
    exit 0
fi
directory=$(dirname "$0")
stage=$(mktemp -d /var/tmp/pktmon-left.XXXXXX)
trap 'rm -rf "$stage" /var/tmp/pktmon-test."$$".living' EXIT
chmod 0755 "$stage"
mkdir "$stage/extcap" "$stage/capture-core" "$stage/cli" "$stage/plugins"
cp "$1/extcap/pktmondump" "$stage/extcap/"
cp "$1/cli/pktmon" "$stage/cli/"
for agent in pktmon-agent pktmon-pcap-agent; do
    cp "$1/capture-core/$agent" "$stage/capture-core/"
    chmod 0755 "$stage/capture-core/$agent"
done

fail() {
    echo "FAIL: $*" >&2
    exit 1
}

# live_test COMMANDS: runs a live test of these commands. Sets folder (its first line) and status.
live_test() {
    local said
    status=0
    said=$(PKTMON_BUILD=$stage bash -c "source '$directory/../live/lib.sh'; echo \"\$SCRATCH\"; $1") || status=$?
    folder=${said%%$'\n'*}
}

# shellcheck disable=SC2016 # the test expands them
live_test '[[ -n $(PATH=$PATH:/sbin:/usr/sbin getcap "$PLACE/capture-core/pktmon-agent") ]]
    run_as_user test -x "$PLACE/capture-core/pktmon-agent"
    ! setpriv --reuid 65533 --regid "$(id -g "$TEST_USER")" --clear-groups test -x "$PLACE/capture-core/pktmon-agent"'
[[ $status == 0 ]] || fail "others than the user can run the copy, or he cannot"
[[ ! -e $folder ]] || fail "$folder is left"
# A test that fails, and whose own cleanup fails too.
live_test 'leave() { false; }; also_clean leave; exit 3'
[[ $status == 3 ]] || fail "a test that failed ends with $status"
[[ ! -e $folder ]] || fail "$folder is left by a test that failed"
# The next test removes what a killed one left, and keeps what is in use.
# shellcheck disable=SC2016 # the test expands it
live_test 'kill -KILL $$'
killed=$folder
mkdir "/var/tmp/pktmon-test.$$.living"
live_test true
[[ ! -e $killed ]] || fail "$killed is left by a test that was killed"
[[ -e /var/tmp/pktmon-test.$$.living ]] || fail "the folder of a test that runs was removed"
left=$(PATH=$PATH:/sbin:/usr/sbin getcap -r "$stage")
[[ -z $left ]] || fail "the build has agents with capabilities: $left"
