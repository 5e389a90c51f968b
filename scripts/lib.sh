# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Shared by the scripts and the tests: users, building, and the capabilities of the agents.

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

# require_root WHY: ends the script at once, before it does anything, for a user who is not root and
# cannot become root.
require_root() {
    ((EUID != 0)) || return 0
    command -v sudo >/dev/null || die "$1: run it as root, or install sudo."
    sudo -n true 2>/dev/null || { [[ -t 0 ]] && sudo -v; } ||
        die "$1: run it as root, or as a user who may use sudo."
}

# The user who captures: never root, because Wireshark ignores plugins and extcaps of the build tree
# for root.
capturing_user() {
    if ((EUID != 0)); then
        id -un
    elif [[ -n ${SUDO_USER:-} && $SUDO_USER != root ]]; then
        echo "$SUDO_USER"
    else
        echo nobody
    fi
}

# become_user USER COMMAND ...: the command takes the place of this shell.
become_user() {
    local user=$1
    shift
    if ((EUID == 0)); then
        exec setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups -- "$@"
    else
        exec "$@"
    fi
}

# as_user USER COMMAND ...
as_user() {
    (become_user "$@")
}

# The owner of the tree builds, so that a later build without sudo still works.
as_owner() {
    local owner
    owner=$(stat -c %U "$PROJECT")
    if ((EUID == 0)) && [[ $owner != root && $owner != UNKNOWN ]]; then
        as_user "$owner" "$@"
    else
        "$@"
    fi
}

# build DIRECTORY [CMAKE_OPTION ...]: a user who could capture with the previous build still can.
build() {
    local directory=$1 group
    shift
    group=$(granted_group "$directory")
    as_owner cmake -S "$PROJECT" -B "$directory" -G Ninja "$@" >/dev/null
    as_owner cmake --build "$directory"
    [[ -z $group ]] || grant_agents "$directory" "$group"
}

# setcap and getcap are in /usr/sbin, which is not in every user's path.
with_sbin() {
    PATH=$PATH:/sbin:/usr/sbin "$@"
}

# granted_group BUILD: prints the number of the group that grant_agents gave the agents to, or
# nothing.
granted_group() {
    local agent=$1/capture-core/pktmon-agent
    if [[ -e $agent && -n $(with_sbin getcap "$agent") ]]; then
        stat -c %g "$agent"
    fi
}

# grant_agent AGENT GROUP CAPABILITIES: sets its file capabilities, and lets only one group start
# it. The linker writes a new file without them, so this is done after each build.
grant_agent() {
    local agent=$1 group=$2 capabilities=$3
    if [[ $(stat -c '%U:%g %a' "$agent") == "root:$group 750" ]] &&
        with_sbin setcap -q -v "$capabilities" "$agent" >/dev/null; then
        return
    fi
    as_root chown "root:$group" "$agent" # takes the capabilities away, so it comes first
    as_root chmod 0750 "$agent"
    as_root env PATH="$PATH:/sbin:/usr/sbin" setcap "$capabilities" "$agent"
}

# grant_agents BUILD GROUP
grant_agents() {
    grant_agent "$1/capture-core/pktmon-agent" "$2" "$AGENT_CAPABILITIES"
    grant_agent "$1/capture-core/pktmon-pcap-agent" "$2" "$PCAP_AGENT_CAPABILITIES"
}

# scratch_folder NAME: makes a new folder for copies of programs with capabilities, and prints its
# path. The id of the calling process is part of the path: folders left by killed processes are
# removed. Not in /tmp, which Debian 13 mounts with nosuid: file capabilities would have no effect
# there.
scratch_folder() {
    local folder
    for folder in /var/tmp/"$1".*.*; do
        [[ $folder =~ \.([0-9]+)\.[^.]+$ && ! -e /proc/${BASH_REMATCH[1]} ]] || continue
        # Nothing below a mount: that belongs to somebody else.
        rm -rf --one-file-system "$folder" 2>/dev/null || true
    done
    mktemp -d "/var/tmp/$1.$$.XXXXXX"
}

# Whether the user can run the programs there, with their capabilities.
usable_for() {
    local user=$1 directory=$2
    as_user "$user" test -x "$directory/extcap/pktmondump" &&
        ! findmnt --noheadings --output OPTIONS --target "$directory" | grep -qw nosuid
}

# copy_for_user BUILD DIRECTORY: copies the parts that run, laid out as in the build tree.
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

# prepare_copy_for_user BUILD USER DIRECTORY: makes a copy of the build in DIRECTORY (which is
# empty) that the user can run, for as long as the caller keeps it. Prints its path.
prepare_copy_for_user() {
    copy_for_user "$1" "$3"
    usable_for "$2" "$3" ||
        die "The user $2 cannot run programs with capabilities in $3: mount it without nosuid and noexec."
    grant_agents "$3" "$(id -g "$2")"
    echo "$3"
}

# prepare_for_user BUILD USER DIRECTORY: makes the build usable for the user, in DIRECTORY (which is
# empty) if the user cannot reach the build tree. Prints the path to use.
prepare_for_user() {
    local build=$1 user=$2 directory=$3
    if ! usable_for "$user" "$build"; then
        prepare_copy_for_user "$@"
        return
    fi
    # One at a time: tests run in parallel.
    exec {lock}<"$build"
    flock "$lock"
    grant_agents "$build" "$(id -g "$user")"
    exec {lock}<&-
    echo "$build"
}
