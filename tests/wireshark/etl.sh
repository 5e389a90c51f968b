#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# etl.sh BUILD SAMPLES MAKE_LOG: the same Windows log through the wiretap plugin, the extcap interface and
# the converter, in tshark.
set -euo pipefail

build=$1 samples=$2 make_log=$3
log=$samples/demikernel_PktMon.etl
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
mkdir -m 777 "$work/home"

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

# Wireshark ignores plugin folders for root.
run_tshark() {
    local -a user=()
    [[ $EUID != 0 ]] || user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    "${user[@]}" env HOME="$work/home" TMPDIR="$work/home" WIRESHARK_PLUGIN_DIR="$build/plugins" \
        WIRESHARK_EXTCAP_DIR="$build/extcap" tshark "$@" 2>"$work/err"
}

expect() {
    [[ $2 == "$3" ]] || fail "$1: wanted $2, got $3"
}

fields=(-Y "pktmon.record == 1" -T fields)
for field in frame.time_epoch frame.interface_name frame.interface_description frame.len \
    frame.cap_len frame.packet_id frame.packet_flags pktmon.group pktmon.packet_number \
    pktmon.appearance pktmon.linked pktmon.component pktmon.component.name pktmon.edge \
    pktmon.edge.name pktmon.direction pktmon.packet_type pktmon.filter_id pktmon.cpu \
    pktmon.capture_id ip.src ip.dst icmp.seq; do
    fields+=(-e "$field")
done

run_tshark -r "$log" "${fields[@]}" >"$work/wiretap" || fail "tshark -r: $(<"$work/err")"
expect packets 114 "$(wc -l <"$work/wiretap")"
expect groups 38 "$(cut -f 8 "$work/wiretap" | sort -u | wc -l)"

"$build/cli/pktmon" etl2pcap "$log" 2>/dev/null | run_tshark -r - "${fields[@]}" >"$work/pipe"
diff "$work/wiretap" "$work/pipe" || fail "etl2pcap to a pipe gives other fields"

"$build/cli/pktmon" etl2pcap "$log" -o "$work/out.pcapng" 2>/dev/null
chmod 644 "$work/out.pcapng"
run_tshark -r "$work/out.pcapng" "${fields[@]}" >"$work/file"
diff "$work/wiretap" "$work/file" || fail "etl2pcap to a file gives other fields"

run_tshark -i pktmon-etl -o "extcap.pktmon_etl.file:$log" -w "$work/home/extcap.pcapng" ||
    fail "tshark -i pktmon-etl: $(<"$work/err")"
run_tshark -r "$work/home/extcap.pcapng" "${fields[@]}" >"$work/extcap"
diff "$work/wiretap" "$work/extcap" || fail "the extcap interface gives other fields"

# Two passes read at random; saving keeps every record.
run_tshark -2 -r "$log" "${fields[@]}" >"$work/random"
diff "$work/wiretap" "$work/random" || fail "two passes give other fields"
run_tshark -r "$log" -w "$work/home/saved.pcapng"
run_tshark -r "$work/home/saved.pcapng" "${fields[@]}" >"$work/saved"
diff "$work/wiretap" "$work/saved" || fail "a saved log has other fields"

expect components 44 "$(run_tshark -r "$log" -Y "pktmon.record == 2" | wc -l)"
expect counters 94 "$(run_tshark -r "$log" -Y "pktmon.record == 3" | wc -l)"
expect filters 1 "$(run_tshark -r "$log" -Y 'pktmon.filter.name == "eth3"' | wc -l)"
expect malformed "" "$(run_tshark -r "$log" -Y _ws.malformed)"

# A log needs no extension, and nothing else is taken for one.
cp "$log" "$work/home/log"
chmod 644 "$work/home/log"
expect "packets without the extension" 114 \
    "$(run_tshark -r "$work/home/log" -Y "pktmon.record == 1" | wc -l)"
for size in 0 71 72 400 1023; do
    head -c "$size" "$log" >"$work/home/cut.etl"
    run_tshark -r "$work/home/cut.etl" >/dev/null || true
    ! grep -qi "segmentation\|core dumped" "$work/err" || fail "a log of $size bytes"
done
expect "format of pcapng" "Wireshark/... - pcapng" "$(capinfos -t "$work/out.pcapng" | sed -n 's/^File type: *//p')"

# Logs without packets: all their events, and success.
while read -r name events; do
    expect "events of $name" "$events" \
        "$(run_tshark -r "$samples/$name" -Y 'pktmon.record == 6 && !(pktmon.event.provider == "pktmon")' | wc -l)"
    "$build/cli/pktmon" etl2pcap "$samples/$name" -o "$work/none.pcapng" 2>"$work/report" ||
        fail "etl2pcap $name"
    grep -q "^Packets formatted: *0$" "$work/report" || fail "packets in $name"
done <<'EOF'
Tx_HTTP_Server.etl 2041
Tx_KernelNetwork.etl 8923
airbus_AMSITrace.etl 19
airbus_lxcore_kernel.etl 2
krabsetw_powershell.etl 112
perfview_SelfDescribingSingleEvent.etl 1
sonde_test.etl 13
EOF

# What the real log does not have.
"$make_log" "$work/home/made.etl"
chmod 644 "$work/home/made.etl"
values() {
    run_tshark -r "$work/home/made.etl" -Y "pktmon.record == 1 && ($1)" -T fields -e "$2" | paste -sd' '
}
expect "drop reason" "INET: transport endpoint was not found" "$(values pktmon.dropped pktmon.drop.reason)"
expect "drop location" PMLOC_TCPIP_TL_RCV_UDP_DELIVER1 "$(values pktmon.dropped pktmon.drop.location)"
expect "drop filter" 10.0.0.2 \
    "$(values 'pktmon.drop.reason == "INET: transport endpoint was not found"' ip.dst)"
expect "drop comment" \
    "Dropped by tcpip.sys: INET: transport endpoint was not found at PMLOC_TCPIP_TL_RCV_UDP_DELIVER1 (0xE0004601)" \
    "$(values pktmon.dropped frame.comment)"
expect "WiFi below nwifi" "02:00:00:00:00:01" "$(values 'wlan && udp' wlan.ta)"
expect "Ethernet above nwifi" 2 "$(values 'pktmon.component == 9 && eth && udp' pktmon.appearance)"
expect "VLAN put back" 100 "$(values 'pktmon.component == 7' vlan.id)"
expect "VLAN out of band" 100 "$(values vlan pktmon.nbl.vlan)"
expect "header for payload" "4242 53" \
    "$(values pktmon.l2_synthesised udp.srcport) $(values pktmon.l2_synthesised udp.dstport)"
expect "netsh trace" 3 "$(values 'pktmon.component > 0xffff' pktmon.direction)"
expect "packets of the made log" 6 "$(values frame pktmon.record | wc -w)"
# The payload to port 53 is no DNS message.
expect "malformed packets" "" "$(values '_ws.malformed && !dns' frame.number)"

# The commands for people and scripts.
run_pktmon() {
    "$build/cli/pktmon" "$@" 2>"$work/err"
}

# A reader that has gone is no failure, whenever that is noticed.
for arguments in "etl2pcap --out -" "etl2txt --out -" "etl2txt --stats-only --out -" list counters; do
    # shellcheck disable=SC2086 # they are words
    { sleep 0.2 && run_pktmon $arguments "$log"; echo $? >"$work/status"; } | true
    expect "status of $arguments without a reader" 0 "$(<"$work/status")"
done
{ sleep 0.2 && "$build/extcap/pktmondump" --capture --extcap-interface pktmon-etl --file "$log" --fifo -
    echo $? >"$work/status"; } 2>"$work/err" | true
expect "status of pktmondump without a reader" "0 " "$(<"$work/status") $(<"$work/err")"
first='[00]0000.0000::2024-06-10 20:18:35.489172100 [Microsoft-Windows-PktMon] PktGroupId 1071654, '
first+='PktNumber 1, Appearance 1, Direction Rx, Type Ethernet, Component 59, Edge 1, Filter 1, '
first+='OriginalSize 98, LoggedSize 98'
run_pktmon etl2txt "$log" >"$work/text"
expect "first line of the text" "$first" "$(head -n 1 "$work/text")"
expect "lines of packets" 114 "$(grep -c $'^\t' "$work/text")"
expect "lines of events" 403 "$(grep -vc $'^\t' "$work/text")"
expect "old spelling" "$(md5sum <"$work/text")" "$(run_pktmon format "$log" | md5sum)"
expect "components listed" 44 "$(run_pktmon list "$log" | grep -cE '^ +[0-9]+ ')"
expect "stacks" "Ethernet 2;Ethernet 9;Ethernet 3;Other components" \
    "$(run_pktmon list "$log" | grep -E '^[A-Z]' | paste -sd';')"
expect "counters of component 59" "Upper 19 1862 19 1862" \
    "$(run_pktmon counters "$log" | awk '$1 == 59 { print $3, $4, $5, $6, $7 }')"
expect "counters in JSON" 94 "$(run_pktmon counters --json "$log" | grep -o '"Inbound"' | wc -l)"
expect "drops alone" 1 "$(run_pktmon etl2pcap -d "$work/home/made.etl" | run_tshark -r - -Y pktmon.dropped | wc -l)"
expect "no drops" 5 "$(run_pktmon etl2pcap --flow-only "$work/home/made.etl" |
    run_tshark -r - -Y "pktmon.record == 1" | wc -l)"
# tcpdump reads one link type: bare IP of one component.
run_pktmon etl2pcap -c 8 "$work/home/made.etl" -o "$work/one.pcapng"
tcpdump -r "$work/one.pcapng" >"$work/text" 2>"$work/err" || fail "tcpdump: $(<"$work/err")"
expect "packets of one component" 2 "$(wc -l <"$work/text")"

! "$build/cli/pktmon" etl2pcap "$0" >"$work/none" 2>"$work/report" || fail "a script is no log"
expect "lines of the refusal" 1 "$(wc -l <"$work/report")"
