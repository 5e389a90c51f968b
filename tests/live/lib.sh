# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the tests of tests/live and tests/wireshark share. A test sources it, and CTest runs it as
# root with PKTMON_BUILD set to the build directory. It makes
#
#   $NAME      a prefix of namespaces that no other test uses
#   $SCRATCH   a directory that $TEST_USER may write
#   $PLACE     a copy of the build, which $TEST_USER can run
#
# and takes everything away at the end, whatever happens.
set -euo pipefail

# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib.sh"
# shellcheck source=scripts/network.sh
source "$PROJECT/scripts/network.sh"

TEST_USER=nobody
NAME=pm$$
START_SECONDS=20
own_pids=()

fail() {
    echo "FAIL: $*" >&2
    exit 1
}

# expect_equal WHAT WANTED GOT
expect_equal() {
    [[ $3 == "$2" ]] || fail "$1: expected $(printf '\n%s\n' "$2")but got $(printf '\n%s' "$3")"
}

# expect_match WHAT EXTENDED_REGULAR_EXPRESSION GOT
expect_match() {
    [[ $3 =~ $2 ]] || fail "$1: expected something like $(printf '\n%s\n' "$2")but got $(printf '\n%s' "$3")"
}

# expect_empty WHAT FILE
expect_empty() {
    [[ ! -s $2 ]] || fail "$1: expected nothing, but got $(printf '\n%s' "$(<"$2")")"
}

# must COMMAND ...: a failure ends the test, also inside "$(...)", where nobody looks at it.
must() {
    "$@" || {
        echo "FAIL: $*" >&2
        kill -TERM $$
    }
}

# wait_until SECONDS COMMAND ...: false if it did not become true in time.
wait_until() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < end)) || return 1
        sleep 0.05
    done
}

cleanup_test() {
    local status=$? pid
    trap - EXIT
    for pid in "${own_pids[@]}"; do
        # A function in the background is a shell with the program as its child, which would live
        # on and hold the test's output open.
        pkill -KILL -P "$pid" 2>/dev/null || true
        kill -KILL "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    network_delete "$NAME"
    rm -rf "$SCRATCH"
    exit "$status"
}

((EUID == 0)) || fail "Run this as root: it makes network namespaces."
[[ -n ${PKTMON_BUILD:-} ]] || fail "Set PKTMON_BUILD to the build directory."
# Not in /tmp, which Debian 13 mounts with nosuid: file capabilities would not count there.
SCRATCH=$(mktemp -d /var/tmp/pktmon-test.XXXXXX)
trap cleanup_test EXIT
trap 'exit 130' INT TERM HUP
chmod 0755 "$SCRATCH"
# A copy, so that no agent with capabilities is left for the group of $TEST_USER.
PLACE=$(prepare_copy_for_user "$PKTMON_BUILD" "$TEST_USER" "$SCRATCH/programs")
chown "$TEST_USER:" "$SCRATCH"

# run_as_user COMMAND ...: in the environment of an unprivileged user of the build.
run_as_user() {
    setpriv --reuid "$TEST_USER" --regid "$(id -g "$TEST_USER")" --clear-groups -- \
        env -C "$SCRATCH" HOME="$SCRATCH" XDG_CONFIG_HOME="$SCRATCH/.config" \
        WIRESHARK_PLUGIN_DIR="$PLACE/plugins" WIRESHARK_EXTCAP_DIR="$PLACE/extcap" "$@"
}

# The user's own process is the one to be signalled: exec keeps its id.
exec_as_user() {
    exec setpriv --reuid "$TEST_USER" --regid "$(id -g "$TEST_USER")" --clear-groups -- \
        env -C "$SCRATCH" HOME="$SCRATCH" XDG_CONFIG_HOME="$SCRATCH/.config" \
        WIRESHARK_PLUGIN_DIR="$PLACE/plugins" WIRESHARK_EXTCAP_DIR="$PLACE/extcap" "$@"
}

# A capture that goes on although it should have been refused ends as a failure.
pktmondump() {
    run_as_user timeout --kill-after 5 60 "$PLACE/extcap/pktmondump" "$@"
}

# began FILE: a file has its section header at once, and this when packets are being captured.
began() {
    grep -qas 'The capture began' "$1"
}

# One that ended before has failed.
capture_began() {
    began "$1" || ! kill -0 "$capture_pid" 2>/dev/null
}

# start_capture FILE [OPTION ...]: returns when packets are being captured. FILE does not
# exist yet. Sets capture_pid; log and errors are FILE.log, FILE.err.
start_capture() {
    local file=$1
    shift
    (exec_as_user "$PLACE/extcap/pktmondump" --capture --extcap-interface pktmon --fifo "$file" \
        --log-file "$file.log" --log-level debug "$@") 2>"$file.err" &
    capture_pid=$!
    own_pids+=("$capture_pid")
    wait_until "$START_SECONDS" capture_began "$file" ||
        fail "the capture did not begin within $START_SECONDS s"
    began "$file" || fail "the capture ended at once: $(<"$file.err")"
}

# stop_capture FILE [SIGNAL]: ends the last capture, which was clean and silent.
stop_capture() {
    local status=0
    kill -"${2:-TERM}" "$capture_pid"
    wait "$capture_pid" || status=$?
    expect_equal "exit status after ${2:-TERM}" 0 "$status"
    expect_empty "standard error of the capture" "$1.err"
}

# fields FILE DISPLAY_FILTER FIELD ...: one line for each frame, separated by tabs. What is known only
# in the second pass (fates) needs tshark_options=(-2).
tshark_options=()
fields() {
    local file=$1 filter=$2 field options=()
    shift 2
    for field in "$@"; do
        options+=(-e "$field")
    done
    must run_as_user tshark "${tshark_options[@]}" -n -r "$file" -Y "$filter" -T fields "${options[@]}"
}
