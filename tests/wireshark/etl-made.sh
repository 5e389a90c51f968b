#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# etl-made.sh BUILD MAKE_LOG: a synthetic log with everything that the real logs lack, through the
# wiretap plugin and the converter.
set -euo pipefail

build=$1 make_log=$2
# shellcheck source=tests/wireshark/etl-common.sh
source "$(dirname "$0")/etl-common.sh"

# Cases that the real log does not have.
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
# The payload to port 53 is not a DNS message.
expect "malformed packets" "" "$(values '_ws.malformed && !dns' frame.number)"

expect "drops alone" 1 "$(etl2pcap -d "$work/home/made.etl" | run_tshark -r - -Y pktmon.dropped | wc -l)"
expect "no drops" 5 "$(etl2pcap --flow-only "$work/home/made.etl" |
    run_tshark -r - -Y "pktmon.record == 1" | wc -l)"
# tcpdump reads one link type: raw IP of one component.
etl2pcap -c 8 "$work/home/made.etl" -o "$work/one.pcapng"
tcpdump -r "$work/one.pcapng" >"$work/text" 2>"$work/err" || fail "tcpdump: $(<"$work/err")"
expect "packets of one component" 2 "$(wc -l <"$work/text")"

! "$build/cli/pktmon" etl2pcap "$0" >"$work/none" 2>"$work/report" || fail "a script is no log"
expect "lines of the refusal" 1 "$(wc -l <"$work/report")"
