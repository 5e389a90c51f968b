#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Anything that leads to a network namespace names it: each of its names, its files, processes in
# it, and the ids of containers that share it, as in a pod. A container of a user is shown with the
# user. A word that leads to no namespace is refused in one sentence.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"

cgroup_root=$(awk '$0 ~ / - cgroup2 / { print $5; exit }' /proc/self/mountinfo)
[[ -n $cgroup_root ]] || fail "Control groups of version 2 are not mounted."
CGROUP=$cgroup_root/$NAME
POD=$NAME-pod
hidden_file=$SCRATCH/hidden/pod
CONTAINER_A=$(printf '%s' "$NAME-a" | sha256sum | cut -c 1-64)
CONTAINER_C=$(printf '%s' "$NAME-c" | sha256sum | cut -c 1-64)
CONTAINER_B=$(printf '%s' "$NAME-b" | sha256sum | cut -c 1-64)

leave() {
    umount "$hidden_file" 2>/dev/null
    ip netns del "${user_pid:-}" 2>/dev/null
    wait_until 5 find "$CGROUP" -depth -type d -exec rmdir {} + 2>/dev/null
}
also_clean leave

# member COMMAND ...: runs in the pod. Sets member_pid.
member() {
    (exec ip netns exec "$POD" "$@") &
    member_pid=$!
    own_pids+=("$member_pid")
    wait_until 5 inside "$member_pid" || fail "no process in the pod"
}

inside() {
    [[ $(stat -Lc %i "/proc/$1/ns/net") == "$(stat -Lc %i "/run/netns/$POD")" && $(<"/proc/$1/comm") == sleep ]]
}

# user_container ID OWNER MODE: starts one in a namespace without a name, in a control group that
# OWNER owns. Sets member_pid.
user_container() {
    local group=$CGROUP/of-$2-$3
    mkdir "$group" "$group/$1"
    chown "$2" "$group"
    chmod "$3" "$group"
    (exec unshare --net sleep 60) &
    member_pid=$!
    own_pids+=("$member_pid")
    wait_until 5 grep -q sleep "/proc/$member_pid/comm" || fail "no process of $2's"
    echo "$member_pid" >"$group/$1/cgroup.procs"
}

# container ID: starts one with one process.
container() {
    mkdir -p "$CGROUP/$1"
    member sleep 60
    echo "$member_pid" >"$CGROUP/$1/cgroup.procs"
}

pktmon() {
    run_as_user timeout --kill-after 5 20 "$PLACE/cli/pktmon" "$@" 2>"$SCRATCH/err"
}

# means WORD [NAME]: the word selects only the pod, or the namespace with this name.
means() {
    expect_equal "what $1 means" "Network namespace ${2:-$SHOWN}" \
        "$(pktmon list --all --netns "$1" | grep -E '^(N|T|E)' || cat "$SCRATCH/err")"
}

# means_none WANTED WORD: the word selects nothing.
means_none() {
    ! pktmon list --netns "$2" >"$SCRATCH/out" || fail "$2 means something"
    expect_match "the refusal of $2" "^pktmon: $1" "$(grep -v '^Not seen: ' "$SCRATCH/err")"
}

network_make "$NAME"
network_add_namespace "$POD"
ip netns add "$NAME-other"
touch "/run/netns/$NAME-second"
mount --bind "/run/netns/$POD" "/run/netns/$NAME-second"
mkdir --mode 0700 "$SCRATCH/hidden"
touch "$hidden_file"
mount --bind "/run/netns/$POD" "$hidden_file"
mkdir "$CGROUP"
container "$CONTAINER_A"
container_pid=$member_pid
container "$CONTAINER_B"
member setpriv --reuid "$TEST_USER" --regid "$(id -g "$TEST_USER")" --clear-groups -- sleep 60
user_pid=$member_pid
member sleep 60
foreign_pid=$member_pid
user_id=$(id -u "$TEST_USER")
user_container "$CONTAINER_A" "$user_id" 755
forger_pid=$member_pid
user_container "$CONTAINER_C" 0 777

# It is shown by the first of its names that is found.
SHOWN=$(pktmon list --all --netns "net:[$(stat -Lc %i "/run/netns/$POD")]" | sed -n 's/^Network namespace //p')
expect_match "the name that is shown" "^$NAME-(pod|second)\$" "$SHOWN"
for word in "$POD" "$NAME-second" "/run/netns/$POD" "$hidden_file" "$user_pid" "$container_pid" \
    "$CONTAINER_A" "${CONTAINER_A:0:12}" "$CONTAINER_B" "${CONTAINER_B:0:12}"; do
    means "$word"
done
# A user who owns a control group can give containers in it any id, but never that of root's
# container.
for word in "${CONTAINER_A:0:12}@$user_id" "$CONTAINER_A@$user_id" "$forger_pid"; do
    means "$word" "${CONTAINER_A:0:12}@$user_id"
done
means_none "No network namespace called \"$CONTAINER_A@0\" can be captured" "$CONTAINER_A@0"
means_none "No network namespace called \"$CONTAINER_C\" can be captured" "$CONTAINER_C"
means_none "You may not see which network namespace process $foreign_pid is in: give " "$foreign_pid"
means_none "There is neither a process 4199999999 nor " 4199999999
means_none "/tmp is not the file of a network namespace [(]another file[)]: give its name" /tmp
means_none "/nosuch/file is not the file of a network namespace [(]No such file or directory[)]: " \
    /nosuch/file
means_none "No network namespace called \"$NAME-podd\" can be captured [(]did you mean $NAME-.*[?][)]: " \
    "$NAME-podd"
means_none "No network namespace called \"ffffffffffff\" can be captured: " ffffffffffff
# A name takes precedence over a number.
ip netns add "$user_pid"
expect_equal "a name that is a number" "Network namespace $user_pid" \
    "$(pktmon list --all --netns "$user_pid" | grep '^N')"
ip netns del "$user_pid"

# The same for a capture, in whose buffer nothing else takes room.
file=$SCRATCH/pod.pcapng
start_capture "$file" --netns "$CONTAINER_B,$user_pid"
in_namespace pod ping -q -c 2 -i 0.2 127.0.0.1 >/dev/null
in_namespace a ping -q -c 1 "$NETWORK_ADDRESS_B" >/dev/null
sleep 0.3
stop_capture "$file"
expect_equal "captured namespaces" "$SHOWN" \
    "$(fields "$file" pktmon.record==1 pktmon.netns | sort -u)"
expect_equal "captured requests" "1 2" \
    "$(fields "$file" 'icmp.type == 8' icmp.seq | sort -u | paste -sd ' ')"
