# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the scripts and the tests share: who does what, building, and the agent's capabilities.

PROJECT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
AGENT_CAPABILITIES=cap_bpf,cap_perfmon,cap_net_admin,cap_net_broadcast,cap_sys_admin,cap_sys_ptrace,cap_dac_read_search=ep
PCAP_AGENT_CAPABILITIES=cap_net_raw=ep

die() {
    echo "$*" >&2
    exit 1
}

as_root() {
    if ((EUID == 0)); then
        "$@"
    else
        command -v sudo >/dev/null || die "Run this as root, or install sudo."
        sudo -- "$@"
    fi
}

# require_root WHY: ends at once, before anything was done, for who is not root and cannot become it.
require_root() {
    ((EUID != 0)) || return 0
    command -v sudo >/dev/null || die "$1: run it as root, or install sudo."
    sudo -n true 2>/dev/null || { [[ -t 0 ]] && sudo -v; } ||
        die "$1: run it as root, or as a user who may use sudo."
}

# Who captures: never root, because Wireshark ignores plugins and extcaps of the build tree for it.
capturing_user() {
    if ((EUID != 0)); then
        id -un
    elif [[ -n ${SUDO_USER:-} && $SUDO_USER != root ]]; then
        echo "$SUDO_USER"
    else
        echo nobody
    fi
}

# as_user USER COMMAND ...
as_user() {
    local user=$1
    shift
    if ((EUID == 0)); then
        setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups -- "$@"
    else
        "$@"
    fi
}

# The owner of the tree builds, so that a later build without sudo still can.
as_owner() {
    local owner
    owner=$(stat -c %U "$PROJECT")
    if ((EUID == 0)) && [[ $owner != root && $owner != UNKNOWN ]]; then
        as_user "$owner" "$@"
    else
        "$@"
    fi
}

# build DIRECTORY [CMAKE_OPTION ...]
build() {
    local directory=$1
    shift
    as_owner cmake -S "$PROJECT" -B "$directory" -G Ninja "$@" >/dev/null
    as_owner cmake --build "$directory"
}

# grant_agent AGENT USER CAPABILITIES: its file capabilities, and the right to start it for one
# user's group alone. The linker writes a new file without them, so this is done after each build.
grant_agent() {
    local agent=$1 capabilities=$3 group path=$PATH:/sbin:/usr/sbin
    group=$(id -gn "$2")
    if [[ $(stat -c '%U:%G %a' "$agent") == "root:$group 750" ]] &&
        PATH=$path setcap -q -v "$capabilities" "$agent" >/dev/null; then
        return
    fi
    as_root chown "root:$group" "$agent" # takes the capabilities away, so it comes first
    as_root chmod 0750 "$agent"
    as_root env PATH="$path" setcap "$capabilities" "$agent"
}

# Whether the user can run what lies there, with its capabilities.
usable_for() {
    local user=$1 directory=$2
    as_user "$user" test -x "$directory/extcap/pktmondump" &&
        ! findmnt --noheadings --output OPTIONS --target "$directory" | grep -qw nosuid
}

# copy_for_user BUILD DIRECTORY: the parts that run, laid out as in the build tree.
copy_for_user() {
    local build=$1 directory=$2
    mkdir -p "$directory/extcap" "$directory/capture-core"
    cp "$build/extcap/pktmondump" "$directory/extcap/"
    cp "$build/capture-core/"pktmon{,-pcap}-agent "$directory/capture-core/"
    cp -r "$build/plugins" "$directory/"
    if [[ -e $build/cli/pktmon ]]; then
        mkdir -p "$directory/cli"
        cp "$build/cli/pktmon" "$directory/cli/"
    fi
    chmod -R u=rwX,go=rX "$directory"
}

# prepare_copy_for_user BUILD USER DIRECTORY: a copy of the build in DIRECTORY (which is empty) that the user
# can run, for as long as the caller leaves it there. Prints where it is.
prepare_copy_for_user() {
    copy_for_user "$1" "$3"
    usable_for "$2" "$3" ||
        die "The user $2 cannot run programs with capabilities in $3: mount it without nosuid and noexec."
    grant_agent "$3/capture-core/pktmon-agent" "$2" "$AGENT_CAPABILITIES"
    grant_agent "$3/capture-core/pktmon-pcap-agent" "$2" "$PCAP_AGENT_CAPABILITIES"
    echo "$3"
}

# prepare_for_user BUILD USER DIRECTORY: makes the build usable for the user, in DIRECTORY (which
# is empty) if the user cannot reach the build tree. Prints where it can be used.
prepare_for_user() {
    local build=$1 user=$2 directory=$3
    if ! usable_for "$user" "$build"; then
        prepare_copy_for_user "$@"
        return
    fi
    # One at a time: tests run side by side.
    exec {lock}<"$build"
    flock "$lock"
    grant_agent "$build/capture-core/pktmon-agent" "$user" "$AGENT_CAPABILITIES"
    grant_agent "$build/capture-core/pktmon-pcap-agent" "$user" "$PCAP_AGENT_CAPABILITIES"
    exec {lock}<&-
    echo "$build"
}
