#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Who is not root and has no sudo is told so at once, in one sentence, and finds nothing left behind;
# what only tests need is not installed to run.
# Usage: scripts.sh SOURCE_DIRECTORY
set -euo pipefail

work=$(mktemp -d "${TMPDIR:-/tmp}/pktmon-scripts.XXXXXX")
trap 'rm -rf "$work"' EXIT
cp -r "$1/scripts" "$work/"
# All programs but sudo.
mkdir "$work/bin"
find /usr/bin /bin -maxdepth 1 ! -name sudo ! -type d -exec ln -sf -t "$work/bin" {} +
chmod -R a+rX "$work"
user=()
((EUID != 0)) || {
    user=(setpriv --reuid 65534 --regid 65534 --clear-groups)
    chown -R 65534:65534 "$work"
}

fail() {
    echo "FAIL: $*" >&2
    exit 1
}

# What somebody of this user has left.
traces() {
    find "$work" -maxdepth 2 ! -path "$work/out" | sort
    find /var/tmp -maxdepth 1 -name 'pktmon.*' -user "$(stat -c %U "$work")" | sort
}

before=$(traces)
for command in run "run --demo" "run -c 1" test; do
    status=0
    # shellcheck disable=SC2086 # they are words
    "${user[@]}" env -C "$work" PATH="$work/bin" HOME="$work" bash scripts/$command >"$work/out" 2>&1 \
        </dev/null || status=$?
    [[ $status == 1 ]] || fail "scripts/$command ends with $status"
    [[ $(<"$work/out") =~ ^"scripts/${command%% *}"[^.]*": run it as root, or install sudo."$ ]] ||
        fail "scripts/$command says: $(<"$work/out")"
done
after=$(traces)
[[ $before == "$after" ]] || fail "left behind: $(diff <(echo "$before") <(echo "$after"))"

"$work/scripts/install-dependencies" --list >"$work/to-run"
"$work/scripts/install-dependencies" --list --demo >"$work/to-show"
"$work/scripts/install-dependencies" --list --tests >"$work/to-test"
grep -qx tshark "$work/to-run" || fail "tshark is not installed to run"
grep -qx nftables "$work/to-show" || fail "nftables is not installed for the demonstration"
for package in qemu-system-x86 tcpdump libclang-rt-dev ethtool nftables; do
    ! grep -qx "$package" "$work/to-run" || fail "$package is installed to run"
    grep -qx "$package" "$work/to-test" || fail "$package is not installed to test"
done
