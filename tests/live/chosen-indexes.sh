#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Ordinary users have namespaces of their own, with devices whose indexes were chosen so that their
# ids would collide: a list and a capture know each device, by the same id.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"

TESTS=$(dirname "$0")
WANTED=3 # devices whose ids would collide
MOST=200 # namespaces to try: some have no such index, often a dozen one after the other

# outsider: starts one. Stores its index in the array indexes if it has one, and in senders the
# descriptor that requests its packets.
outsider() {
    local index to from
    coproc OUTSIDER { exec_as_user unshare -Urn python3 -B "$SCRATCH/chosen_indexes.py"; }
    own_pids+=("$OUTSIDER_PID")
    exec {from}<&"${OUTSIDER[0]}" {to}>&"${OUTSIDER[1]}"
    read -r index <&"$from" || fail "no namespace of a user's own"
    ((index > 0)) || return 0
    indexes+=("$index")
    senders+=("$to")
    answers+=("$from")
}

# ids_of INDEX: as `pktmon list` shows them.
ids_of() {
    python3 -c '
import json, sys
for group in json.load(open(sys.argv[1])):
    for component in group["Components"]:
        for prop in component.get("Properties", []):
            if prop["Name"] == "ifindex" and str(prop["Value"]) == sys.argv[2]:
                print(component["Id"])' "$SCRATCH/list.json" "$1"
}

cp "$TESTS/chosen_indexes.py" "$SCRATCH"
indexes=() senders=() answers=()
for ((i = 0; i < MOST && ${#indexes[@]} < WANTED; i++)); do
    outsider 2>/dev/null
done
((${#indexes[@]} == WANTED)) || fail "only ${#indexes[@]} of $MOST namespaces have such an index"

file=$SCRATCH/chosen.pcapng
start_capture "$file" --extcap-capture-filter "ether proto 0x88b6"
for i in "${!indexes[@]}"; do
    echo >&"${senders[i]}"
    read -r -t 10 <&"${answers[i]}" || fail "nothing was sent at ${indexes[i]}"
done
run_as_user "$PLACE/cli/pktmon" list --json >"$SCRATCH/list.json" || fail "the list"
sleep 0.5
stop_capture "$file"

for index in "${indexes[@]}"; do
    id=$(ids_of "$index")
    expect_match "id of the device $index" '^[1-9][0-9]*$' "$id"
    expect_equal "id of the device $index in the capture" "$id" \
        "$(fields "$file" "pktmon.property.value == \"$index\" && pktmon.record == 2 && pktmon.component.name matches \"chosen$\"" pktmon.component | sort -u)"
done
