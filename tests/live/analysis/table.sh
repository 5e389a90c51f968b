# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # shared with analysis.sh
# The table of docs/journeys.md: what tshark makes of one traffic in both views, and in tcpdump's
# file. Sourced by analysis.sh; bench/analysis prints it for all networks.

COLUMNS=(frame 'tcp.analysis.flags && !tcp.analysis.window_full' tcp.analysis.window_full
    'icmp.resp_not_found || icmpv6.resp_not_found' http.response)
KINDS=(retransmission fast_retransmission spurious_retransmission out_of_order lost_segment
    ack_lost_segment duplicate_ack window_update zero_window keep_alive reused_ports)

# counts FILE FILTER EXPRESSION ...: how many frames each of these matches.
counts() {
    local file=$1 chosen=$2 taps=io,stat,0 one
    for one in "${@:3}"; do
        taps+=",($chosen) && ($one)"
    done
    must run_as_user tshark -n -2 -q -r "$file" -z "$taps" |
        awk -F '|' '/<>/ { for (i = 3; i < NF; i += 2) print $i + 0 }'
}

# row TITLE FILE FILTER
row() {
    local numbers number kind flags=
    mapfile -t numbers < <(counts "$2" "$3" "${COLUMNS[@]}" "${KINDS[@]/#/tcp.analysis.}")
    for kind in "${!KINDS[@]}"; do
        number=${numbers[kind + ${#COLUMNS[@]}]}
        ((number == 0)) || flags+="${flags:+, }${KINDS[kind]//_/ } $number"
    done
    printf '| %s ' "$1" "${numbers[@]:0:${#COLUMNS[@]}}" "${flags:-none}"
    echo '|'
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
