# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # shared with those that source it
# What the machine's scripts share: a capture by a user whose only privilege is the capabilities
# that the agent needs. Sourced inside the machine.

uid=65534
capabilities=+bpf,+perfmon,+net_admin,+net_broadcast,+sys_admin,+sys_ptrace,+dac_read_search
start_seconds=70

# An initramfs has no extended attributes, so the agent gets its capabilities as ambient ones. Uses
# the full path of setpriv, because busybox has another program of this name.
exec_with_capabilities() {
    exec /usr/bin/setpriv --reuid "$uid" --regid "$uid" --clear-groups \
        --inh-caps "$capabilities" --ambient-caps "$capabilities" "$@"
}

# capture NAME [OPTION ...]: captures each observation into /tmp/NAME, or into the pipe /tmp/NAME-pipe if
# it exists.
capture() {
    local name=$1 output=/tmp/$1
    [[ ! -p $output-pipe ]] || output=$output-pipe
    exec_with_capabilities /pktmon/extcap/pktmondump --capture --extcap-interface pktmon \
        --fifo "$output" --log-level debug --log-file "/tmp/$name-log" --view appearances "${@:2}"
}

# wait_for_capture NAME: waits for the capture of process pid to begin.
wait_for_capture() {
    local end=$((SECONDS + start_seconds))
    until grep -qas 'The capture began' "/tmp/$1"; do
        kill -0 "$pid" && ((SECONDS < end)) || return 1
        sleep 0.5 # each check takes time from the machine that starts the capture
    done
}
