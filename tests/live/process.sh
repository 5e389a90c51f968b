#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The process of a packet: each packet that a socket sends or takes has the process, its name and
# its control group, or none of them; never another one's, whatever runs beside it, and however a
# socket changes hands. Prints how many packets have one.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"

ADDRESS_B=$NETWORK_ADDRESS_B
COUNT=100
truth=$SCRATCH/truth

cgroup_root=$(awk '$0 ~ / - cgroup2 / { print $5; exit }' /proc/self/mountinfo)
[[ -n $cgroup_root ]] || fail "Control groups of version 2 are not mounted."

leave_cgroups() {
    wait_until 5 rmdir "$cgroup_root/$NAME"-* 2>/dev/null
}
also_clean leave_cgroups

# run SUFFIX COMMAND PROCESS_NAME CGROUP [ARGUMENT ...]: sets owner to what the capture may report.
run() {
    local suffix=$1 command=$2 name=$3 cgroup=$4 ready
    mkdir -p "$cgroup_root/$NAME-$cgroup"
    ready=$SCRATCH/ready-$name
    # "ip netns exec" hides the control groups.
    (echo "$BASHPID" >"$cgroup_root/$NAME-$cgroup/cgroup.procs" &&
        exec ip netns exec "$NAME-$suffix" python3 -B "$TESTS/processes.py" "$command" "$name" \
            "$ready" "${@:5}") &
    started_pid=$!
    own_pids+=("$started_pid")
    wait_until "$START_SECONDS" test -s "$ready" || fail "$name did not start"
    owner=$(<"$ready")/$name/$NAME-$cgroup
    owner=${owner/"/$NAME"/"//$NAME"} # the path begins with a slash
}

# allow SUFFIX PROTOCOL PORT [OWNER ...]
allow() {
    echo "$NAME-$1 $2 $3 ${*:4}" >>"$truth"
}

# owned SUFFIX PROTOCOL PORT COMMAND NAME CGROUP [ARGUMENT ...]: starts a process with one socket.
owned() {
    run "$1" "$4" "$5" "$6" "$3" "${@:7}"
    allow "$1" "$2" "$3" "$owner"
}

finished() {
    wait "$started_pid" || fail "a process failed"
}

network_make "$NAME"
ping_once a "$ADDRESS_B"
owned b tcp 8001 tcp-server tcp-before two
owned b udp 8003 udp-silent udp-silent two
owned b udp 8004 udp-server udp-before two
owned a udp 7103 udp-client client-before one "$ADDRESS_B" 8003 1 silent
owned a udp 7100 udp-noise noise two "$ADDRESS_B" 8003

file=$SCRATCH/process.pcapng
capture_of "$file" a b -- --pkt-size 128
owned b tcp 8002 tcp-server tcp-after two
owned b udp 8005 udp-server udp-after two

owned a tcp 7001 tcp-client client-1 one "$ADDRESS_B" 8001 "$COUNT"
finished
owned a tcp 7002 tcp-client client-2 one "$ADDRESS_B" 8002 "$COUNT"
finished
owned a udp 7003 udp-client client-3 one "$ADDRESS_B" 8003 "$COUNT" silent
finished
owned a udp 7004 udp-client client-4 one "$ADDRESS_B" 8004 "$COUNT" answers
finished
owned a udp 7005 udp-client client-5 late "$ADDRESS_B" 8005 "$COUNT" answers
finished

# The child has each connection from some time on; before, it belongs to the listener.
owned b tcp 8006 tcp-forking tcp-forking two
owned a tcp 7006 tcp-client client-6 one "$ADDRESS_B" 8006 "$COUNT"
finished
allow b tcp 8006 "$(<"$SCRATCH/ready-tcp-forking.child")/tcp-child//$NAME-two"

# Datagrams themselves name their sender.
port=7010
for way in shared handed passed replaced; do
    port=$((port + 1))
    run a "udp-$way" "$way" one "$port" "$ADDRESS_B" 8003 "$COUNT"
    finished
    allow a udp "$port" said
done
stop_capture "$file"

fields "$file" 'pktmon.record == 1 && !pktmon.dropped && !pktmon.copy_released && (tcp || udp)' \
    frame.number pktmon.netns pktmon.component.name pktmon.direction tcp.srcport udp.srcport \
    tcp.dstport udp.dstport pktmon.pid pktmon.comm pktmon.cgroup udp.payload >"$SCRATCH/records"
# Only sockets that several processes share, or that a process is about to hand on, may have none.
python3 -B "$TESTS/processes.py" check "$truth" <"$SCRATCH/records" | tee "$SCRATCH/coverage"
for socket in "tcp a:7001" "tcp a:7002" "udp a:7003" "udp a:7004" "udp a:7005" "udp a:7100" \
    "tcp b:8001" "tcp b:8002" "udp b:8003" "udp b:8004" "udp b:8005"; do
    expect_match "coverage" "(^|"$'\n'")$socket ([0-9]+) of [0-9]+" "$(<"$SCRATCH/coverage")"
    read -r known _ seen < <(sed -n "s/^$socket //p" "$SCRATCH/coverage")
    ((seen >= COUNT)) || fail "$socket: only $seen records"
    ((known == seen)) || fail "$socket: $known of $seen records have a process"
done
expect_ordered "$file"
