#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# etl-tools.sh BUILD MAKE_LOG: logs in Wireshark's tools and in tcpdump, and the messages for files
# that are not the logs they seem to be.
set -euo pipefail

build=$1 make_log=$2
# shellcheck source=tests/wireshark/etl-common.sh
source "$(dirname "$0")/etl-common.sh"
# shellcheck disable=SC2034 # of the cases
PKTMON_BUILD=$build
# shellcheck source=tests/cases.sh
source "$(dirname "$0")/../cases.sh" ""

for kind in "" other netsh bare; do
    "$make_log" "$work/home/made$kind.etl" $kind
done
cd "$work/home"
log=made.etl other=madeother.etl
chmod 644 ./*.etl

# refused WORDS COMMAND ...: the command is refused in one sentence with these words.
refused() {
    ! "$build/cli/pktmon" "${@:2}" >"$work/none" 2>"$work/report" || fail "not refused: ${*:2}"
    expect "lines of the refusal of ${*:2}" 1 "$(wc -l <"$work/report")"
    grep -q -- "$1" "$work/report" || fail "no \"$1\" in: $(<"$work/report")"
}

# records FILE: all records, in the order of time.
records() {
    run_tshark -r "$1" -T fields -e pktmon.record -e frame.time_epoch -e pktmon.capture_id \
        -e pktmon.component -e pktmon.component.name -e pktmon.group -e frame.interface_name \
        -e pktmon.filter_id | sort
}

packets_of() {
    tcpdump -n -r "$1" 2>"$work/err" | wc -l
}

# A converted log is unchanged after sorting, joining and copying.
for kind in blocks frames; do
    etl2pcap --metadata $kind "$log" -o $kind.pcapng
    reordercap $kind.pcapng sorted.pcapng >"$work/out" 2>"$work/err" ||
        fail "reordercap, $kind: $(<"$work/err")"
    editcap $kind.pcapng copy.pcapng 2>"$work/err" || fail "editcap, $kind: $(<"$work/err")"
    chmod 644 ./*.pcapng
    for copy in sorted copy; do
        diff <(records $kind.pcapng) <(records $copy.pcapng) || fail "$copy, $kind: other records"
    done
    expect "records in $kind" 12 "$(records $kind.pcapng | wc -l)"
done
case_row "A converted log with all descriptions as frames" "records that capinfos counts" \
    "$(capinfos -Mc frames.pcapng | sed -n 's/^Number of packets: *//p')" \
    "$(records frames.pcapng | wc -l)" "a log of tests/etl/make_log"

# The plugin opens a log in these programs too, with all its interfaces.
run_log_tool() {
    local -a user=()
    [[ $EUID != 0 ]] || user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    "${user[@]}" env HOME="$work/home" WIRESHARK_PLUGIN_DIR="$work/plugins" "$@" 2>"$work/err"
}
expect "interfaces of the log itself" 6 \
    "$(run_log_tool capinfos -I "$log" | sed -n 's/^Number of interfaces in file: *//p')"

# Two captures: each keeps its names, and no command gives one's names to packets of the other.
names_in() {
    run_tshark -r "$1" -Y "pktmon.record == 1" -T fields -e pktmon.component \
        -e pktmon.component.name -e frame.interface_name | sort -u | tr '\t' ' ' | paste -sd';'
}
# In the packets view, too, and sorted.
run_pktmon etl2pcap "$log" -o packets.pcapng
PKTMON_VIEW="" run_log_tool editcap "$log" packets-log.pcapng || fail "editcap: $(<"$work/err")"
reordercap packets.pcapng packets-sorted.pcapng >"$work/out" 2>"$work/err" ||
    fail "reordercap, packets view: $(<"$work/err")"
for file in packets packets-log packets-sorted; do
    expect "frames in $file" 6 "$(capinfos -Mc $file.pcapng | sed -n 's/^Number of packets: *//p')"
done

etl2pcap "$other" -o other.pcapng
mergecap -w both.pcapng blocks.pcapng other.pcapng
run_log_tool mergecap -w both-logs.pcapng "$log" "$other" || fail "mergecap of logs: $(<"$work/err")"
chmod 644 ./*.pcapng
wanted='16777228 interface 12 interface 12;7 nic.sys nic.sys;7 wire.sys wire.sys;'
wanted+='8 stack.sys stack.sys;8 tcpip.sys tcpip.sys;9 air.sys air.sys;9 wfplwfs.sys wfplwfs.sys'
expect "names after mergecap" "$wanted" "$(names_in both.pcapng)"
expect "names after mergecap of logs" "$wanted" "$(names_in both-logs.pcapng)"
for command in etl2pcap etl2txt list counters; do
    refused "not of one capture" $command "$log" "$other"
    refused "given twice" $command "$log" "$log"
done

# Classic pcap has one link type, and packets only.
left_out() {
    sed -n 's/^Warning: \([0-9]*\) packets* w[a-z]* left out, because a pcap file.*/\1/p' "$1"
}
while read -r type packets left; do
    etl2pcap --pcap --link-type "$type" "$log" -o "$type.pcap"
    cp "$work/err" "$work/report"
    expect "packets of $type for tcpdump" "$packets" "$(packets_of "$type.pcap")"
    expect "left out beside $type" "$left" "$(left_out "$work/report")"
    case_row "etl2pcap --pcap --link-type $type" "packets that tcpdump reads" \
        "$(packets_of "$type.pcap")" "$(sed -n 's/^Packets formatted: *//p' "$work/report")" \
        "a log of tests/etl/make_log"
done <<'EOF'
ethernet 3 3
ip 2 4
wifi 1 5
EOF
etl2pcap --pcap -c 8 "$log" -o ip-alone.pcap
cp "$work/err" "$work/report"
expect "nothing left out of one link type" "2 " "$(packets_of ip-alone.pcap) $(left_out "$work/report")"
refused "leave out --link-type" etl2pcap --pcap -c 7 --link-type ip "$log" -o none.pcap
refused "add --pcap" etl2pcap --link-type ip "$log" -o none.pcap
refused "ethernet, ip or wifi" etl2pcap --pcap --link-type x "$log" -o none.pcap
refused "leave out --metadata" etl2pcap --pcap --metadata frames "$log" -o none.pcap

# pcapng of one component, for editcap -F pcap and for tcpdump.
for component in 7 8 16777228; do
    etl2pcap --metadata frames -c $component "$log" -o one.pcapng
    editcap -F pcap one.pcapng one.pcap 2>"$work/err" || fail "editcap -F pcap: $(<"$work/err")"
    expect "records for tcpdump of component $component" "$(packets_of one.pcapng)" \
        "$(packets_of one.pcap)"
    expect "packets of component $component" "$(capinfos -Mc one.pcapng | sed -n 's/^Number.*: *//p')" \
        "$(capinfos -Mc one.pcap | sed -n 's/^Number.*: *//p')"
done
refused "no component 99" etl2pcap -c 99 "$log" -o none.pcapng
[[ ! -e none.pcapng && ! -e none.pcap ]] || fail "a refusal left a file behind"

# Components that Packet Monitor does not describe.
expect "components of netsh trace" "16777228 NDIS interface" \
    "$(run_pktmon list madenetsh.etl | awk '$1 == 16777228 { print $1, $2, $3 }')"
grep -q "has no components of Packet Monitor" "$work/err" || fail "list of netsh trace: $(<"$work/err")"
expect "components without a description" "7 8 9 16777228" \
    "$(run_pktmon list madebare.etl | awk '$1 ~ /^[0-9]+$/ { print $1 }' | sort -n | paste -sd' ')"
grep -q "does not describe the components" "$work/err" || fail "list without descriptions: $(<"$work/err")"
run_pktmon list "$log" >"$work/none"
expect "what list says of a complete log" "" "$(<"$work/err")"

# If a log is cut between two buffers, each command and the output report the missing part.
make_cut() {
    "$make_log" full.etl
    python3 - full.etl "$1" "$2" <<'EOF'
import struct
import sys
log = open(sys.argv[1], "rb").read()
at = 0
for _ in range(int(sys.argv[3])):
    at += struct.unpack_from("<I", log, at)[0]
open(sys.argv[2], "wb").write(log[:at])
EOF
    chmod 644 "$1"
}
make_cut cut.etl 2
for command in "etl2pcap -o cut.pcapng" "etl2txt -o cut.txt" list counters; do
    # shellcheck disable=SC2086 # words
    expect "status of $command" 2 "$(run_pktmon $command cut.etl >"$work/none" || echo $?)"
    expect "warnings of $command" 1 \
        "$(grep -c "^Warning: 1 buffer is missing from the log, which had 3 in total: copy it again" "$work/err")"
done
expect "status of list" 2 "$(run_pktmon list cut.etl >"$work/none" || echo $?)"
! grep -q "not made by" "$work/err" || fail "list of a cut log: $(<"$work/err")"
chmod 644 cut.pcapng
for file in cut.pcapng cut.etl; do
    expect "the loss in $file" 1 \
        "$(run_tshark -r "$file" -Y 'pktmon.event.message contains "1 buffer is missing"' | wc -l)"
done
truncate -s -10 full.etl
for command in list counters; do
    expect "status of $command" 2 "$(run_pktmon $command full.etl >"$work/none" || echo $?)"
    grep -q "^Warning: 1 buffer is cut off or damaged" "$work/err" || fail "$command: $(<"$work/err")"
done

# Each component is shown with its description, and options may be written as for other programs.
grep -q "TCP/IPv4" <(run_pktmon list "$log") || fail "list without descriptions"
etl2pcap --pcap --link-type Ethernet -c7 "$log" -o glued.pcap || fail "$(<"$work/err")"
expect "packets of -c7" 1 "$(packets_of glued.pcap)"
for words in -v3 -xv3; do
    expect "etl2txt $words" "$(run_pktmon etl2txt -o - ${words/v3/v} 3 "$log")" \
        "$(run_pktmon etl2txt -o - $words "$log")"
done
refused "from 1 to" counters --seconds 0

# Files that are not logs, and commands of Windows that do not exist here.
printf 'MSCF\0\0\0\0' >NetTrace.cab
for command in etl2pcap etl2txt list counters; do
    refused "take report.etl out of it: cabextract" $command NetTrace.cab
done
refused "pktmon etl2pcap LOG" etl2pcapng "$log"
refused "pktmon list" component
expect "an old word" "$(run_pktmon list "$log" | md5sum)" "$(run_pktmon component list "$log" | md5sum)"

expect "filters of the packets" "0 0 0 0 0" \
    "$(run_tshark -r "$log" -Y "pktmon.record == 1" -T fields -e pktmon.filter_id | paste -sd' ' | sed 's/ *$//')"
