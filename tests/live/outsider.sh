# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# An ordinary user with namespaces of his own (outsider.py). Sourced after journey.sh.

# outsider_ready WHAT COUNT: starts it; outsider_act then lets it act, and outsider_end ends it.
# With outsider_in_container=yes, the user is root of a namespace that root made for him.
# outsider_program may be another program with the same protocol.
outsider_in_container=no
outsider_program=outsider.py
outsider_ready() {
    cp "$TESTS/$outsider_program" "$TESTS"/{steps,traffic}.py "$SCRATCH"
    local inside=(unshare -Urn)
    [[ $1 != namespaces ]] || inside=()
    if [[ $outsider_in_container == yes ]]; then
        coproc OUTSIDER {
            exec "$TESTS/container.py" "$(id -u "$TEST_USER")" python3 -B "$SCRATCH/$outsider_program" "$@"
        }
    else
        coproc OUTSIDER { exec_as_user "${inside[@]}" python3 -B "$SCRATCH/$outsider_program" "$@"; }
    fi
    outsider_pid=$OUTSIDER_PID
    own_pids+=("$outsider_pid")
    exec {outsider_from}<&"${OUTSIDER[0]}" {outsider_to}>&"${OUTSIDER[1]}"
    outsider_says ready
}

outsider_says() {
    local word=
    read -r -t 60 word <&"$outsider_from" || true
    [[ $word == "$1" ]] || fail "the ordinary user is not $1"
}

outsider_act() {
    echo >&"$outsider_to"
    outsider_says "done"
}

outsider_end() {
    echo >&"$outsider_to"
    exec {outsider_from}<&- {outsider_to}>&-
    wait "$outsider_pid" || fail "the ordinary user ended with an error"
}

# The tables that he fills, in the kernel:

# names_of TABLE ...: names of the tables in the agent: counted tables have one for each user
# (allowance.c), named by the user and the place in enum agent_map; all others have their own names.
names_of() {
    printf '%s\n' "$@"
    awk -v user="$(printf %x "$(id -u "$TEST_USER")")" -v wanted="$*" '
        /^enum agent_map/ { inside = 1; next }
        inside && match($1, /^AGENT_MAP_[A-Z_]+/) {
            name = tolower(substr($1, 11, RLENGTH - 10))
            if (index(" " wanted " ", " " name " ")) printf "pkmon%s_%c\n", user, 97 + place
            place++
        }' "$TESTS/../../capture-core/providers/ebpf/agent-protocol.h"
}

# table PROCESS NAME ...: ids of its tables with these names.
table() {
    local descriptor id names
    mapfile -t names < <(names_of "${@:2}")
    for descriptor in "/proc/$1/fdinfo"/*; do
        id=$(awk '$1 == "map_id:" { print $2 }' "$descriptor" 2>/dev/null) || continue
        [[ -n $id ]] || continue
        [[ " ${names[*]} " != *" $(bpftool map show id "$id" | awk 'NR == 1 { print $4 }') "* ]] || echo "$id"
    done | sort -u
}

# entries PROCESS NAME ...: number of entries in these tables.
entries() {
    local id
    for id in $(table "$@"); do
        bpftool map dump id "$id" -j
    done | { grep -o '"key":\["0x' || true; } | wc -l
}

# holder NAME ...: the process of the last capture's agent that has these tables.
holder() {
    local pid
    # shellcheck disable=SC2154 # set by start_capture
    for pid in $(pgrep -P "$capture_pid" -x pktmon-agent) $(pgrep -x pktmon-agent -P "$(pgrep -P "$capture_pid" -x pktmon-agent | head -n 1)"); do
        [[ -z $(table "$pid" "$@") ]] || echo "$pid"
    done | head -n 1
}
