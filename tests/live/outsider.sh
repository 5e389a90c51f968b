# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# An ordinary user with namespaces of his own (outsider.py). Sourced after journey.sh.

# outsider_ready WHAT COUNT: begins; outsider_act then lets him do it, and outsider_end ends him. With
# outsider_in_container=yes he is root of a namespace that root made for him.
outsider_in_container=no
outsider_ready() {
    cp "$TESTS/outsider.py" "$SCRATCH"
    local inside=(unshare -Urn)
    [[ $1 != namespaces ]] || inside=()
    if [[ $outsider_in_container == yes ]]; then
        coproc OUTSIDER {
            exec "$TESTS/container.py" "$(id -u "$TEST_USER")" python3 -B "$SCRATCH/outsider.py" "$@"
        }
    else
        coproc OUTSIDER { exec_as_user "${inside[@]}" python3 -B "$SCRATCH/outsider.py" "$@"; }
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
    wait "$outsider_pid" || fail "the ordinary user came to no good end"
}
