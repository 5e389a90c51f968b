# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # shared with analysis.sh
# The table of docs/journeys.md: what tshark makes of one traffic in both views, and in tcpdump's
# file. Sourced by analysis.sh; bench/analysis prints it for all networks.

KINDS='retransmission fast_retransmission spurious_retransmission out_of_order lost_segment
ack_lost_segment duplicate_ack window_full window_update zero_window keep_alive reused_ports'
COLUMNS=('' '&& tcp.analysis.flags' '&& (icmp.resp_not_found || icmpv6.resp_not_found)' '&& http.response')

# count FILE FILTER
count() {
    must run_as_user tshark -n -2 -r "$1" -Y "$2" -T fields -e frame.number | wc -l
}

# kinds FILE FILTER: how many TCP flags of each kind there are.
kinds() {
    local kind number found=
    for kind in $KINDS; do
        number=$(count "$1" "($2) && tcp.analysis.$kind")
        ((number == 0)) || found+="${found:+, }${kind//_/ } $number"
    done
    echo "${found:-none}"
}

# row TITLE FILE FILTER
row() {
    local column line="| $1"
    for column in "${COLUMNS[@]}"; do
        line+=" | $(count "$2" "($3) $column")"
    done
    echo "$line | $(kinds "$2" "$3") |"
}

# print_table NETWORK: $file has every appearance.
print_table() {
    local packets=$SCRATCH/packets.pcapng one suffix device filter
    must run_as_user "$PLACE/cli/pktmon" convert "$file" --view packets -w "$packets"
    row "$1, every appearance" "$file" 'pktmon.record == 1'
    row "$1, packets" "$packets" "$PACKETS"
    for one in "${comparisons[@]}"; do
        read -r suffix device filter <<<"$one"
        if [[ $filter != "$PACKETS" ]]; then
            row "$1, packets on the side of $suffix" "$packets" "$filter"
        fi
        row "$1, tcpdump on $device of $suffix" "$SCRATCH/$suffix.pcap" frame
    done
}
