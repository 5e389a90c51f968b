# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# How a test waits, and how it fails. Sourced by tests/live/lib.sh, and inside the machines of
# tests/kernel.

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

# must COMMAND ...: a failure ends the test, even inside "$(...)", whose status nobody checks.
must() {
    "$@" || {
        echo "FAIL: $*" >&2
        kill -TERM $$
    }
}

# first_line: prints the first line of the input, and reads it to the end. With head, the writer
# would sometimes fail.
first_line() {
    awk 'NR == 1'
}

# wait_until SECONDS COMMAND ...: false if the command did not succeed in time. Bash's SECONDS
# counts whole seconds, and the first may end at once.
wait_until() {
    local end=$((${EPOCHREALTIME/[.,]/} + $1 * 1000000))
    shift
    until "$@"; do
        ((${EPOCHREALTIME/[.,]/} < end)) || return 1
        sleep 0.05
    done
}
