#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# lone-clone.sh SOURCE_DIRECTORY: a clone without the real logs beside it has all tests that need
# none, reports which ones it leaves out and why, and refuses to be configured if they are required.
set -euo pipefail

source=$1
work=$(mktemp -d "${TMPDIR:-/tmp}/pktmon-lone-clone.XXXXXX")
trap 'rm -rf "$work"' EXIT

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

mkdir "$work/clone"
tar -C "$source" '--exclude=./build*' --exclude=./.git -cf - . | tar -C "$work/clone" -xf -
configure() {
    cmake -S "$work/clone" -B "$work/build" -G Ninja -DLIVE=OFF -DWIRESHARK=OFF "$@" 2>&1
}

configure >"$work/said" || fail "it cannot be configured: $(<"$work/said")"
grep -qF "Tests left out: 2 (unit.etl-text-real, unit.etl-samples)." "$work/said" || fail "the tests left out are not reported"
grep -qF -- "-DPKTMON_SAMPLES=FOLDER" "$work/said" || fail "the option is not named"
ctest --test-dir "$work/build" -N >"$work/tests" 2>/dev/null
! grep -qE "unit\.(etl-samples|etl-text-real)" "$work/tests" || fail "a test without its logs is registered"
grep -qF unit.etl-log "$work/tests" || fail "a test that needs no logs is left out"

! configure -DREQUIRE_SAMPLES=ON >"$work/said" || fail "the logs are required, and nothing was reported"
grep -qF "There are no real logs in" "$work/said" || fail "another error: $(<"$work/said")"
