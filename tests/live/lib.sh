# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Shared by the tests of tests/live and tests/wireshark. A test sources it, and CTest runs it as root
# with PKTMON_BUILD set to the build directory. It makes
#
#   $NAME      a prefix for namespaces that no other test uses
#   $SCRATCH   a directory of $TEST_USER that only he and root can enter
#   $PLACE     a copy of the build that $TEST_USER can run
#
# and removes everything at the end, whatever happens.
set -euo pipefail

# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib.sh"
# shellcheck source=scripts/network.sh
source "$PROJECT/scripts/network.sh"
# shellcheck source=tests/expect.sh
source "$PROJECT/tests/expect.sh"
# shellcheck source=tests/cases.sh
source "$PROJECT/tests/cases.sh"

TEST_USER=nobody
NAME=pm$$
START_SECONDS=${START_SECONDS:-20}
own_pids=()
cleanup_steps=()
arguments=("$@") # of the test

# also_clean FUNCTION: adds a test's own cleanup. It runs when all processes of the test have ended,
# and its namespaces and $SCRATCH still exist.
also_clean() {
    cleanup_steps+=("$1")
}

# was_disturbed: true if a capture of the test says that the kernel ran no tracing program for some
# packets (docs/live-capture.md), which only some kernels do.
was_disturbed() {
    grep -qa init_owned /sys/kernel/btf/vmlinux &&
        grep -rqas --exclude-dir=programs 'kernel ran no tracing program' "$SCRATCH"
}

# Every step runs, even if others or the test failed. A test that failed after it was disturbed runs
# once more: a fault of our own occurs each time.
cleanup_test() {
    local status=$? pid step again=no
    trap - EXIT
    set +e
    for pid in "${own_pids[@]}"; do
        # A function in the background is a shell with the program as its child, which would survive
        # and hold the test's output open.
        pkill -KILL -P "$pid" 2>/dev/null || true
        kill -KILL "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    for step in "${cleanup_steps[@]}"; do
        "$step"
    done
    network_delete "$NAME"
    if ((status == 1)) && [[ -z ${PKTMON_TEST_AGAIN:-} ]] && was_disturbed; then
        again=yes
    fi
    rm -rf --one-file-system "$SCRATCH"
    if [[ $again == yes ]]; then
        echo "The kernel ran no tracing programs for packets of this test: once more."
        PKTMON_TEST_AGAIN=yes exec "$BASH" "$0" "${arguments[@]}"
    fi
    exit "$status"
}

((EUID == 0)) || fail "Run this as root: it makes network namespaces."
[[ -n ${PKTMON_BUILD:-} ]] || fail "Set PKTMON_BUILD to the build directory."
SCRATCH=$(scratch_folder pktmon-test)
trap cleanup_test EXIT
trap 'exit 130' INT TERM HUP
chmod 0755 "$SCRATCH"
# A copy, so that the group of $TEST_USER gets no agent with capabilities of the build itself.
PLACE=$(prepare_copy_for_user "$PKTMON_BUILD" "$TEST_USER" "$SCRATCH/programs")
chown "$TEST_USER:" "$SCRATCH"
chmod 0700 "$SCRATCH" # others of his group could run the copy

# run_as_user COMMAND ...: runs it as an unprivileged user, in the environment of the build.
run_as_user() {
    setpriv --reuid "$TEST_USER" --regid "$(id -g "$TEST_USER")" --clear-groups -- \
        env -C "$SCRATCH" HOME="$SCRATCH" XDG_CONFIG_HOME="$SCRATCH/.config" \
        WIRESHARK_PLUGIN_DIR="$PLACE/plugins" WIRESHARK_EXTCAP_DIR="$PLACE/extcap" "$@"
}

# The user's own process receives signals: exec keeps its id.
exec_as_user() {
    exec setpriv --reuid "$TEST_USER" --regid "$(id -g "$TEST_USER")" --clear-groups -- \
        env -C "$SCRATCH" HOME="$SCRATCH" XDG_CONFIG_HOME="$SCRATCH/.config" \
        WIRESHARK_PLUGIN_DIR="$PLACE/plugins" WIRESHARK_EXTCAP_DIR="$PLACE/extcap" "$@"
}

# A capture that should have been refused, but runs, ends as a failure.
pktmondump() {
    run_as_user timeout --kill-after 5 60 "$PLACE/extcap/pktmondump" "$@"
}

# began FILE: true when packets are being captured; the section header is written earlier.
began() {
    grep -qas 'The capture began' "$1"
}

# True also if the capture has ended, which is a failure.
capture_began() {
    began "$1" || ! kill -0 "$capture_pid" 2>/dev/null
}

# start_capture FILE [OPTION ...]: returns when packets are being captured. FILE does not
# exist yet. Sets capture_pid; log and errors are FILE.log, FILE.err. Most tests judge each observation
# of a packet; an option of theirs chooses the other view.
start_capture() {
    local file=$1
    shift
    (exec_as_user "$PLACE/extcap/pktmondump" --capture --extcap-interface pktmon --fifo "$file" \
        --log-file "$file.log" --log-level debug --view appearances "$@") 2>"$file.err" &
    capture_pid=$!
    own_pids+=("$capture_pid")
    wait_until "$START_SECONDS" capture_began "$file" ||
        fail "the capture did not begin within $START_SECONDS s"
    began "$file" || fail "the capture ended at once: $(<"$file.err")"
}

# stop_capture FILE [SIGNAL]: ends the last capture, and checks that it ended without an error or
# message.
stop_capture() {
    local status=0
    kill -"${2:-TERM}" "$capture_pid"
    wait "$capture_pid" || status=$?
    expect_equal "exit status after ${2:-TERM}" 0 "$status"
    expect_empty "standard error of the capture" "$1.err"
}

# fields FILE DISPLAY_FILTER FIELD ...: one line for each frame, separated by tabs. Fields that are
# known in the second pass only (fates) need tshark_options=(-2).
tshark_options=()
fields() {
    local file=$1 filter=$2 field options=()
    shift 2
    for field in "$@"; do
        options+=(-e "$field")
    done
    must run_as_user tshark "${tshark_options[@]}" -n -r "$file" -Y "$filter" -T fields "${options[@]}"
}
