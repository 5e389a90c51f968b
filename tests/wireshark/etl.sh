#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# etl.sh BUILD SAMPLES: the same Windows log through the wiretap plugin, the extcap interface and
# the converter, in tshark.
set -euo pipefail

build=$1
# shellcheck source=tests/wireshark/etl-common.sh
source "$(dirname "$0")/etl-common.sh"
# As the plugins: where the user of tshark can read them.
samples=$work/samples
cp -r "$2" "$samples"
chmod -R u=rwX,go=rX "$samples"
log=$samples/demikernel_PktMon.etl

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

etl2pcap "$log" | run_tshark -r - "${fields[@]}" >"$work/pipe"
diff "$work/wiretap" "$work/pipe" || fail "etl2pcap to a pipe gives other fields"

etl2pcap "$log" -o "$work/out.pcapng"
chmod 644 "$work/out.pcapng"
run_tshark -r "$work/out.pcapng" "${fields[@]}" >"$work/file"
diff "$work/wiretap" "$work/file" || fail "etl2pcap to a file gives other fields"

run_tshark -i pktmon-etl -o "extcap.pktmon_etl.file:$log" -o extcap.pktmon_etl.view:appearances \
    -w "$work/home/extcap.pcapng" ||
    fail "tshark -i pktmon-etl: $(<"$work/err")"
run_tshark -r "$work/home/extcap.pcapng" "${fields[@]}" >"$work/extcap"
diff "$work/wiretap" "$work/extcap" || fail "the extcap interface gives other fields"

# Two passes read in random order; saving keeps every record.
run_tshark -2 -r "$log" "${fields[@]}" >"$work/random"
diff "$work/wiretap" "$work/random" || fail "two passes give other fields"
run_tshark -r "$log" -w "$work/home/saved.pcapng"
run_tshark -r "$work/home/saved.pcapng" "${fields[@]}" >"$work/saved"
diff "$work/wiretap" "$work/saved" || fail "a saved log has other fields"

# Each packet is one frame in the packets view, the default, which all ways give alike: Wireshark, with
# the environment's word and without one, the converter, and the interface. The second opener always
# gives appearances.
frames=(-Y 'frame.interface_name != "@pktmon"' -T fields)
for field in frame.time_epoch frame.interface_name frame.packet_id frame.len ip.src icmp.seq; do
    frames+=(-e "$field")
done
PKTMON_VIEW="" run_tshark -r "$log" "${frames[@]}" >"$work/journeys"
expect "packets in the packets view" 38 "$(wc -l <"$work/journeys")"
diff <(sort -u -k 3,3 "$work/journeys") <(awk -F '\t' '!seen[$6]++ { print $1, $2, $6, $4, $21, $23 }' \
    OFS='\t' "$work/wiretap" | sort -u -k 3,3) || fail "a packet is not as it began"
PKTMON_VIEW=packets run_tshark -2 -r "$log" "${frames[@]}" >"$work/random"
diff "$work/journeys" "$work/random" || fail "two passes give other packets"
run_pktmon etl2pcap "$log" | run_tshark -r - "${frames[@]}" >"$work/pipe"
diff "$work/journeys" "$work/pipe" || fail "etl2pcap gives other packets"
run_tshark -i pktmon-etl -o "extcap.pktmon_etl.file:$log" -w "$work/home/packets.pcapng" || fail "tshark -i pktmon-etl: $(<"$work/err")"
run_tshark -r "$work/home/packets.pcapng" "${frames[@]}" >"$work/extcap"
diff "$work/journeys" "$work/extcap" || fail "the extcap interface gives other packets"
PKTMON_VIEW=packets run_tshark -X "read_format:Windows event trace log (appearances)" -r "$log" \
    "${frames[@]}" >"$work/appearances"
expect "packets by the second opener" 114 "$(wc -l <"$work/appearances")"
! PKTMON_VIEW=other run_tshark -r "$log" >"$work/none" || fail "another view is accepted"
grep -q 'PKTMON_VIEW is "packets" or "appearances"' "$work/err" || fail "it says $(<"$work/err")"

# Windows counted the same packets at each edge as it logged there.
# shellcheck disable=SC2034 # of the cases
PKTMON_BUILD=$build
# shellcheck source=tests/cases.sh
source "$(dirname "$0")/../cases.sh" ""
while read -r component name edge in out; do
    packets=$(awk -F '\t' -v component="$component" -v edge="$edge" \
        '$12 == component && $15 == edge { n++ } END { print n + 0 }' "$work/wiretap")
    expect "packets at $name $edge" $((in + out)) "$packets"
    case_row "Packets in a log at $name $edge" "Windows' flow counter, Rx and Tx" $((in + out)) \
        "$packets" "Windows Server 2022 (20348)"
done < <(run_pktmon counters -t flow "$log" | awk '$1 ~ /^[0-9]+$/ { print $1, $2, $3, $4, $6 }')
# The size of the plugin's temporary file equals that of this one, as docs/etl.md says.
run_pktmon etl2pcap "$log" -o "$work/small.pcapng"
size=$(stat -c %s "$work/small.pcapng") log_size=$(stat -c %s "$log")
((10 * size >= 12 * log_size && size <= 3 * log_size)) || fail "$size bytes of a log of $log_size"

expect components 44 "$(run_tshark -r "$log" -Y "pktmon.record == 2" | wc -l)"
expect counters 94 "$(run_tshark -r "$log" -Y "pktmon.record == 3" | wc -l)"
expect filters 1 "$(run_tshark -r "$log" -Y 'pktmon.filter.name == "eth3"' | wc -l)"
expect malformed "" "$(run_tshark -r "$log" -Y _ws.malformed)"

# A log needs no extension, and no other file is taken for one.
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

# The commands, for people and scripts. A reader that has gone is no failure, whenever that is
# noticed.
for arguments in "etl2pcap --out -" "etl2txt --out -" "etl2txt --stats-only --out -" list counters; do
    # shellcheck disable=SC2086 # they are words
    { sleep 0.2 && run_pktmon $arguments "$log"; echo $? >"$work/status"; } | true
    expect "status of $arguments without a reader" 0 "$(<"$work/status")"
done
{ sleep 0.2 && "$build/extcap/pktmondump" --capture --extcap-interface pktmon-etl --file "$log" --fifo -
    echo $? >"$work/status"; } 2>"$work/err" | true
expect "status of pktmondump without a reader" "0 " "$(<"$work/status") $(<"$work/err")"

first='[00]0000.0000::2024-06-10 20:18:35.489172100 [Microsoft-Windows-PktMon] PktGroupId 1071654, '
first+='PktNumber 1, Appearance 1, Direction Rx , Type Ethernet , Component 59, Edge 1, Filter 1, '
first+='OriginalSize 98, LoggedSize 98 '
run_pktmon etl2txt "$log" >"$work/text"
expect "first packet of the text" "$first" "$(sed -n 4p "$work/text")"
expect "lines of packets" 114 "$(grep -c $'^\t' "$work/text")"
expect "lines of events" 406 "$(grep -vc $'^\t' "$work/text")"
expect "old spelling" "$(md5sum <"$work/text")" "$(run_pktmon format "$log" | md5sum)"
expect "components listed" 44 "$(run_pktmon list "$log" | grep -cE '^ +[0-9]+ ')"
expect "stacks" "Ethernet 2;Ethernet 9;Ethernet 3;Other components" \
    "$(run_pktmon list "$log" | grep -E '^[A-Z]' | paste -sd';')"
expect "counters of component 59" "Upper 19 1862 19 1862" \
    "$(run_pktmon counters "$log" | awk '$1 == 59 { print $3, $4, $5, $6, $7 }')"
expect "counters in JSON" 94 "$(run_pktmon counters --json "$log" | grep -o '"Inbound"' | wc -l)"
