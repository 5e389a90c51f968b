#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A user's capture is not readable by others: files have mode 0600, and the next ring file is a new
# one, whatever another user has put in its place.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"

umask 022

capture() {
    run_as_user timeout --kill-after 5 30 "$PLACE/cli/pktmon" capture "$@"
}

capture -w "$SCRATCH/one.pcapng" -a duration:1 2>/dev/null
expect_equal "mode of a file" 600 "$(stat -c %a "$SCRATCH/one.pcapng")"
capture -w "$SCRATCH/ring.pcapng" -b duration:1 -a duration:2 2>/dev/null
expect_equal "modes of a ring's files" 600 "$(stat -c %a "$SCRATCH"/ring_*.pcapng | sort -u)"

# In a directory that others can write to: every name that the ring may use in the next seconds is a
# link to somewhere else.
mkdir -m 0777 "$SCRATCH/shared"
echo untouched >"$SCRATCH/victim"
chown "$TEST_USER" "$SCRATCH/victim"
now=$(date +%s)
for ((second = 0; second < 20; second++)); do
    ln -s "$SCRATCH/victim" "$SCRATCH/shared/ring_00001_$(date -d "@$((now + second))" +%Y%m%d%H%M%S).pcapng"
done
if said=$(capture -w "$SCRATCH/shared/ring.pcapng" -b duration:5 -a duration:1 2>&1); then
    fail "a ring's file was written through a link"
fi
expect_match "the refusal" 'cannot be written \(File exists\)' "$said"
expect_equal "what the link leads to" untouched "$(<"$SCRATCH/victim")"
