#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# scripts.sh SOURCE_DIRECTORY: a user who is not root and has no sudo is told so at once, in one
# sentence, and nothing is left behind. Running installs no packages that only the tests need.
# Anybody can print the help. After a build, the same users may capture as before.
set -euo pipefail

work=$(mktemp -d "${TMPDIR:-/tmp}/pktmon-scripts.XXXXXX")
trap 'rm -rf "$work"' EXIT
cp -r "$1/scripts" "$work/"
# All programs except sudo.
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

# Files that this user has left.
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
for command in run test; do
    for option in --help -h; do
        "${user[@]}" env -C "$work" PATH="$work/bin" HOME="$work" bash scripts/$command $option \
            >"$work/out" 2>&1 </dev/null || fail "scripts/$command $option fails: $(<"$work/out")"
        [[ $(head -n 1 "$work/out") == "Usage: scripts/$command "* ]] ||
            fail "scripts/$command $option says: $(<"$work/out")"
    done
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

# A project whose build makes two agents again each time.
cat >"$work/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.25)
project(made NONE)
add_custom_target(agents ALL COMMAND mkdir -p capture-core
    COMMAND cp --remove-destination /bin/true capture-core/pktmon-agent
    COMMAND cp --remove-destination /bin/true capture-core/pktmon-pcap-agent)
END
# shellcheck source=scripts/lib.sh
source "$work/scripts/lib.sh"
agent=$work/build/capture-core/pktmon-agent
build "$work/build" >/dev/null
[[ -z $(granted_group "$work/build") ]] || fail "a build gives the agent to somebody"
if ((EUID == 0)); then
    grant_agents "$work/build" 65534
    granted=$(stat -c '%U %g %a' "$agent"; with_sbin getcap "$agent" "${agent/-agent/-pcap-agent}")
    [[ $granted == *$'\n'*cap_bpf*$'\n'*cap_net_raw* ]] || fail "the agents have: $granted"
    build "$work/build" >/dev/null
    again=$(stat -c '%U %g %a' "$agent"; with_sbin getcap "$agent" "${agent/-agent/-pcap-agent}")
    [[ $again == "$granted" ]] || fail "after a build the agents have: $again"
fi
