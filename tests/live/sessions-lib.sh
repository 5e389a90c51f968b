# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sessions of one process (many_sessions), driven by commands. Sourced after lib.sh.

# bring PROGRAM: copies it to where the user can run it, beside the library and the agents. Prints
# its path.
bring() {
    if [[ $PLACE != "$PKTMON_BUILD" ]]; then
        mkdir -p "$PLACE/${1%/*}"
        cp "$PKTMON_BUILD/$1" "$PLACE/$1"
        cp -P "$PKTMON_BUILD"/capture-core/libpktmon.so* "$PLACE/capture-core/"
        chmod -R u=rwX,go=rX "$PLACE/${1%%/*}" "$PLACE"/capture-core/libpktmon.so*
    fi
    echo "$PLACE/$1"
}

# begin_sessions NETNS: starts many_sessions in the background, for sessions().
begin_sessions() {
    local many
    many=$(bring tests/live/many_sessions)
    rm -f "$SCRATCH"/{to,from}
    mkfifo "$SCRATCH"/{to,from}
    (exec_as_user "$many" "$1" <"$SCRATCH/to" >"$SCRATCH/from" 2>"$SCRATCH/notices") &
    sessions_pid=$!
    own_pids+=("$sessions_pid")
    exec 8>"$SCRATCH/to" 9<"$SCRATCH/from"
}

# sessions COMMAND ...: sets answer.
sessions() {
    echo "$*" >&8
    read -r -t 90 answer <&9 || fail "no reply to $*"
    [[ $answer != error* ]] || fail "$*: $answer"
}

# agents: the agents' processes.
agents() {
    pgrep -P "$sessions_pid" -x pktmon-agent
}
