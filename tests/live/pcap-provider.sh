#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Where eBPF is not permitted, libpcap captures on devices: which ones and in which direction, the
# same packet in one group, counters equal to the kernel's, losses to the last packet, and the
# reason why no more is captured. The agents have no capability but that for packet sockets.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"

NUMBERED=$PKTMON_BUILD/tests/live/numbered
FLOOD=60000
FLOOD_RATE=30000

RESTRICTED=$SCRATCH/restricted
mkdir "$RESTRICTED"
copy_for_user "$PLACE" "$RESTRICTED"
for agent in pktmon-agent pktmon-pcap-agent; do
    grant_agent "$RESTRICTED/capture-core/$agent" "$(id -g "$TEST_USER")" "$PCAP_AGENT_CAPABILITIES"
done
PLACE=$RESTRICTED

# start_in_switch FILE [OPTION ...]: as start_capture, in the switch's namespace.
start_in_switch() {
    local file=$1
    shift
    (exec ip netns exec "$NAME-sw" setpriv --reuid "$TEST_USER" --regid "$(id -g "$TEST_USER")" \
        --clear-groups -- env -C "$SCRATCH" HOME="$SCRATCH" "$PLACE/extcap/pktmondump" --capture \
        --extcap-interface pktmon --fifo "$file" --log-file "$file.log" --view appearances "$@") 2>"$file.err" &
    capture_pid=$!
    own_pids+=("$capture_pid")
    wait_until "$START_SECONDS" capture_began "$file" || fail "the capture did not begin"
    began "$file" || fail "the capture ended at once: $(<"$file.err")"
}

# in_switch COMMAND ...: runs it as the user, who has no privilege.
in_switch() {
    ip netns exec "$NAME-sw" setpriv --reuid "$TEST_USER" --regid "$(id -g "$TEST_USER")" \
        --clear-groups -- env -C "$SCRATCH" HOME="$SCRATCH" timeout 20 "$@"
}

# capabilities: of all processes of the capture.
capabilities() {
    local pid
    for pid in "$capture_pid" $(pgrep -P "$capture_pid"); do
        awk '/^Cap(Inh|Prm|Eff|Amb):/ && $2 !~ /^0+$/ { print }' "/proc/$pid/status"
    done
}

# ended PID: it is gone, or its parent has not waited for it yet.
ended() {
    [[ ! -e /proc/$1 || $(awk '/^State:/ { print $2 }' "/proc/$1/status" 2>/dev/null) == [ZX] ]]
}

# totals DEVICE: as `ip -s link` shows them.
totals() {
    in_namespace sw ip -json -s link show "$1" |
        python3 -c 'import json, sys
stats = json.load(sys.stdin)[0]["stats64"]
print(*(stats[way][what] for way in ("rx", "tx") for what in ("packets", "bytes")), sep="\t")'
}

# last_counters FILE DEVICE
last_counters() {
    fields "$1" "pktmon.record == 3 && pktmon.component.name == \"$2\" && pktmon.edge == 2" \
        pktmon.counters.packets_in pktmon.counters.bytes_in pktmon.counters.packets_out \
        pktmon.counters.bytes_out | tail -n 1
}

network_make "$NAME"
# No address resolution while this counts.
ip -n "$NAME-a" neighbour replace "$NETWORK_ADDRESS_B" lladdr "$NETWORK_MAC_B" dev eth0
ip -n "$NAME-b" neighbour replace "$NETWORK_ADDRESS_A" lladdr "$NETWORK_MAC_A" dev eth0
ping_once a "$NETWORK_ADDRESS_B"

# --- eBPF alone is refused, in one sentence ---
status=0
in_switch "$PLACE/extcap/pktmondump" --capture --extcap-interface pktmon \
    --fifo "$SCRATCH/none.pcapng" --provider ebpf >/dev/null 2>"$SCRATCH/refused" || status=$?
expect_equal "exit status with --provider ebpf" 1 "$status"
expect_equal "lines of the refusal" 1 "$(wc -l <"$SCRATCH/refused")"
expect_match "the refusal" '^pktmondump: pktmon-agent lacks the capability cap_bpf: have an ' \
    "$(<"$SCRATCH/refused")"

# --- a provider that cannot be opened is an error too ---
bare=$SCRATCH/bare
mkdir "$bare"
copy_for_user "$PLACE" "$bare"
for agent in pktmon-agent pktmon-pcap-agent; do
    chown "root:$(id -g "$TEST_USER")" "$bare/capture-core/$agent"
done
status=0
in_switch "$bare/extcap/pktmondump" --capture --extcap-interface pktmon \
    --fifo "$SCRATCH/bare.pcapng" >/dev/null 2>"$SCRATCH/refused" || status=$?
expect_equal "exit status without any capability" 1 "$status"
expect_match "the refusal of both" 'cap_bpf.* libpcap cannot be used either: .* lacks the capability cap_net_raw' \
    "$(<"$SCRATCH/refused")"
# A user who may not start the agent is told so, and gets no substitute.
chmod 0700 "$bare/capture-core/pktmon-agent"
in_switch "$bare/extcap/pktmondump" --capture --extcap-interface pktmon \
    --fifo "$SCRATCH/bare.pcapng" >/dev/null 2>"$SCRATCH/refused" || true
expect_match "the refusal of the agent" \
    '^pktmondump: [^ ]*/pktmon-agent is not set up yet: .*"chgrp .*"chmod 0750" and "setcap cap_bpf' \
    "$(<"$SCRATCH/refused")"

# --- what is captured ---
file=$SCRATCH/seen.pcapng
before=$(totals port-a)
start_in_switch "$file" --provider auto
expect_equal "capabilities while packets are read" "" "$(capabilities)"
for pid in $(pgrep -P "$capture_pid"); do
    expect_equal "system calls are filtered" "Seccomp:	2" "$(grep '^Seccomp:' "/proc/$pid/status")"
done
in_namespace a ping -q -c 3 -i 0.05 "$NETWORK_ADDRESS_B" >/dev/null
# A device that appears, goes down and up, and disappears.
ip -n "$NAME-sw" link add new-a type veth peer name new-b
ip -n "$NAME-sw" address add 10.79.0.1/24 dev new-a
ip -n "$NAME-sw" link set new-b up
ip -n "$NAME-sw" link set new-a up
sleep 0.5
in_namespace sw ping -q -c 1 -W 0.2 10.79.0.2 >/dev/null || true
ip -n "$NAME-sw" link set new-a down
sleep 0.5
ip -n "$NAME-sw" link set new-a up
sleep 1
in_namespace sw ping -q -c 1 -W 0.2 10.79.0.3 >/dev/null || true
sleep 0.3
ip -n "$NAME-sw" link del new-a
sleep 0.3
after=$(totals port-a)
stop_capture "$file"

packets "$file" "icmp.type == 8" icmp.seq |
    expect_journeys "$(printf '%s\n' 'port-a Lower Rx' 'port-b Lower Tx')" "1 2 3"
packets "$file" "icmp.type == 0" icmp.seq |
    expect_journeys "$(printf '%s\n' 'port-b Lower Rx' 'port-a Lower Tx')" "1 2 3"
expect_equal "how the second sighting is joined" 2 "$(fields "$file" \
    'icmp && pktmon.appearance == 2' pktmon.linked | sort -u)"
for address in 10.79.0.2 10.79.0.3; do
    packets "$file" "arp.dst.proto_ipv4 == $address" arp.dst.proto_ipv4 |
        expect_journeys "$(printf '%s\n' 'new-a Lower Tx' 'new-b Lower Rx')" "$address"
done
expect_equal "devices that went" "$(printf '%s\n' new-a new-b)" "$(fields "$file" \
    'pktmon.event.id == 3' pktmon.component.name | sort)"
expect_equal "counters of port-a" \
    "$(paste <(printf '%s\n' "$before") <(printf '%s\n' "$after") |
        awk '{ print $5 - $1 "\t" $6 - $2 "\t" $7 - $3 "\t" $8 - $4 }')" \
    "$(last_counters "$file" port-a)"
expect_equal "provider" pcap "$(fields "$file" pktmon.capture.provider pktmon.capture.provider | sort -u)"
expect_match "what is missing" \
    'drops, netfilter hooks, sockets and everything else but devices: pktmon-agent lacks the capability cap_bpf' \
    "$(fields "$file" pktmon.capture.missing pktmon.capture.missing | first_line)"
expect_equal "packets of unknown components" "" \
    "$(fields "$file" 'pktmon.record == 1 && !pktmon.component.name' frame.number)"
expect_sound "$file"

# --- ids equal those of the other provider, and components can be selected ---
file=$SCRATCH/chosen.pcapng
cookie=$(in_namespace sw python3 -c 'import socket, struct
print(struct.unpack("Q", socket.socket().getsockopt(socket.SOL_SOCKET, 71, 8))[0])')
ifindex=$(in_namespace sw cat /sys/class/net/port-b/ifindex)
start_in_switch "$file" --provider pcap --components "$((cookie * 4096 + ifindex))" \
    --extcap-capture-filter icmp --pkt-size 60
in_namespace a ping -q -c 1 "$NETWORK_ADDRESS_B" >/dev/null
sleep 0.2
stop_capture "$file"
expect_equal "the chosen device's packets" "$(printf 'port-b\t%s\t60\n' 4 3)" \
    "$(fields "$file" 'pktmon.record == 1' pktmon.component.name pktmon.direction frame.cap_len)"

# --- a flood that is not read ---
file=$SCRATCH/loss.pcapng
in_namespace b "$NUMBERED" receive-udp >"$SCRATCH/reading" &
own_pids+=("$!")
wait_until 10 test -s "$SCRATCH/reading" || fail "no socket at B"
start_in_switch "$file" --provider pcap --buffer-size 1 --extcap-capture-filter udp
kill -STOP "$capture_pid"
in_namespace a "$NUMBERED" udp at="$NETWORK_ADDRESS_B" count="$FLOOD" rate="$FLOOD_RATE"
kill -CONT "$capture_pid"
sleep 1
in_namespace a "$NUMBERED" udp at="$NETWORK_ADDRESS_B" count=1 # reports what was lost before it
sleep 0.3
stop_capture "$file"
expect_ordered "$file"
for port in port-a port-b; do
    seen=$(fields "$file" "pktmon.record == 1 && pktmon.component.name == $port" frame.number | wc -l)
    lost=$(fields "$file" "pktmon.component.name == $port && pktmon.lost && pktmon.record == 1" \
        pktmon.lost | awk '{ sum += $1 } END { print sum + 0 }')
    ((lost > 0)) || fail "nothing of the flood was lost at $port"
    ((seen + lost >= FLOOD + 1 && seen + lost <= FLOOD + 1 + 8)) ||
        fail "$port: $seen seen and $lost lost of $((FLOOD + 1)) datagrams and a few others"
done
expect_equal "devices whose loss an event tells of" "$(printf '%s\n' port-a port-b)" \
    "$(fields "$file" 'pktmon.event.id == 1' pktmon.component.name | sort -u)"

# --- a device that is replaced by another one: no counter falls below zero ---
file=$SCRATCH/gone.pcapng
# add_gone: a device that sends solicitations for a neighbour that does not exist.
add_gone() {
    ip -n "$NAME-sw" link add gone index 4000 up type veth peer name other
    ip -n "$NAME-sw" link set other up
    ip -n "$NAME-sw" address add 10.99.0.1/24 dev gone
    in_namespace sw ping -q -c 1 -W 1 10.99.0.2 >/dev/null || true
}
add_gone
start_in_switch "$file" --provider pcap --counters-interval 100
in_namespace sw ping -q -c 1 -W 1 10.99.0.2 >/dev/null || true
ip -n "$NAME-sw" link del gone
sleep 0.5
add_gone
sleep 0.3
stop_capture "$file"
counted=$(fields "$file" 'pktmon.record == 3 && pktmon.component.name == gone && pktmon.counters.packets_out' \
    pktmon.counters.packets_out pktmon.counters.packets_in)
[[ -n $counted ]] || fail "nothing was counted at the device"
expect_equal "counters that fall" "" \
    "$(awk '$1 < before || $1 > 1000 || $2 > 1000 { print } { before = $1 }' <<<"$counted")"

# --- a reader that is killed ---
file=$SCRATCH/killed.pcapng
start_in_switch "$file" --provider pcap
helpers=$(pgrep -P "$capture_pid")
kill -KILL "$capture_pid"
wait "$capture_pid" 2>/dev/null || true
for pid in $helpers; do
    wait_until 5 ended "$pid" || fail "pktmon-pcap-agent outlives its reader"
done

# --- an agent that does not respond: the capture ends anyway, with what is known ---
file=$SCRATCH/stopped.pcapng
start_in_switch "$file" --provider pcap
in_namespace a ping -q -c 1 "$NETWORK_ADDRESS_B" >/dev/null
wait_until 5 grep -qas 'port-b' "$file" || fail "nothing is captured"
mapfile -t helpers < <(pgrep -P "$capture_pid")
own_pids+=("${helpers[@]}")
kill -STOP "${helpers[@]}"
kill -INT "$capture_pid"
wait_until 9 ended "$capture_pid" || fail "it waits for a stopped agent"
status=0
wait "$capture_pid" || status=$?
expect_equal "exit status with a stopped agent" 1 "$status"
expect_match "the sentence" '^pktmondump: pktmon-pcap-agent did not respond and was stopped: ' "$(<"$file.err")"
for pid in "${helpers[@]}"; do
    wait_until 2 ended "$pid" || fail "a stopped agent survives"
done
[[ -n $(fields "$file" "icmp.type == 8 && pktmon.component.name == port-b" frame.number) ]] ||
    fail "packets are missing in the file"
[[ -n $(fields "$file" "pktmon.record == 3" frame.number) ]] || fail "no last counters"
