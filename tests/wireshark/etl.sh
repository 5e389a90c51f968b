#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# etl.sh BUILD SAMPLES: the same Windows log through the wiretap plugin, the extcap interface and
# the converter, in tshark.
set -euo pipefail

build=$1 samples=$2
log=$samples/demikernel_PktMon.etl
# shellcheck source=tests/wireshark/etl-common.sh
source "$(dirname "$0")/etl-common.sh"

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

# The commands for people and scripts.
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
