#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What really became of a packet, compared with the kernel's own counters. A SYN that the listener
# refused is dropped, and one that it answered is delivered. A packet that the switch floods to
# hosts that all do not want it is dropped once, even if one of them has a reason of its own; so is
# a datagram to a group without a socket, or a ping to all. A packet too short for TCP or UDP is
# dropped; one that TIME_WAIT takes is not, and both were received. Reports for a raw socket only,
# NAT keepalives of IPsec, and multicast that stays on its host are no drops. A large send that is
# cut in front of a queue of user space is not dropped, and its segments remain one packet. Probes of TCP for an
# idle and for a full connection, and messages about an address that two hosts want, are no drops.
#
# A: eth0 --- port-a: bridge of SW: port-b --- eth0 :B,  port-c --- eth0 :C
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"
# shellcheck source=tests/live/queues-lib.sh
source "$(dirname "$0")/queues-lib.sh"

NOBODY=10.77.0.50 # sends SYNs, and gets no reply
FULL_PORT=7101 FLOODED_PORT=7102 COOKIE_PORT=7103 SILENT_PORT=7104 FAST_PORT=7105
CONNECTIONS=8 FLOODED_SYNS=20 SYNS=5
UNKNOWN=10.77.0.77 # has a MAC address that the switch does not know
JOINED=224.0.0.1 # all hosts are in this group, but no socket is
OTHERS=239.7.7.7   # no host is in this one
FLOOD_PORT=7201 DATAGRAMS=10 PINGS=2
RECEIVER=10.77.0.3 # c, whose MAC address the switch does not know
STRANGER=10.99.0.1 # in a network without a route
SUM_PORT=7204 STRANGE_PORT=7205 RULE_PORT=7206 GROUP_PORT=7207 LATER_PORT=7208 FLOODED=5
RULED=239.7.7.8 # a group that a rule at c drops
CUT_SENDER=10.77.0.60 CUT=5 # packets of each kind that are too short
CLOSING_PORT=7106 CLOSED=3
REFUSED_PORT=7107 REFUSED=3 # connections, by an ICMP error
HEARD_PORT=7203 HEARD=5 # of each kind without a reason, and not a drop
IDLE_PORT=7109 STOPPED_PORT=7110 DUPLICATES=2 # of data, which stay drops
WANTED=fd00:77::1 # A's, which B wants, too
FAULTS=2 FAULTY=fd00:77::bad # in what IPv6 refuses
START_SECONDS=60
LARGE=3 SEGMENTS=5 SEGMENT_SIZE=500
TCP_PORT=7202 TCP_BYTES=100000 MSS=1448
TCP_WAITING=30 # in the queue at once: from ten sends or more
OUTPUT=7 # number of the hook's edge

ends() {
    in_namespace "$1" python3 -B "$TESTS/ends.py" "${@:2}"
}

# otherhost SUFFIX: number of packets for other MAC addresses that reached its device.
otherhost() {
    in_namespace "$1" ip -s -s link show eth0 | awk '/otherhost/ { getline; print $NF }'
}

# read_packets FILE: reads its records, for the functions below.
read_packets() {
    tshark_options=(-2)
    fields "$1" "pktmon.record == 1 && !icmp && !icmpv6 && !igmp" pktmon.group pktmon.fate pktmon.dropped \
        pktmon.drop.reason pktmon.netns pktmon.component.name pktmon.edge pktmon.packet_number \
        ip.dst tcp.flags tcp.dstport tcp.len udp.dstport >"$SCRATCH/packets"
    tshark_options=()
}

# among CONDITION PROGRAM: runs awk's PROGRAM over the records that match the condition.
among() {
    awk -F '\t' -v prefix="$NAME-" '{
            group = $1; fate = $2; dropped = $3 ~ /1|True/; reason = $4; netns = $5; place = $6
            edge = $7; number = $8; to = $9; syn = $10 ~ /^0x0*2$/; tcp = $11; length_ = $12; udp = $13
            sub("^" prefix, "", netns); sub("^" prefix, "", place)
        } '"$1 { $2 } ${3:-}" "$SCRATCH/packets"
}

# fates CONDITION: the number of packets with each fate.
fates() {
    among "$1" 'print group, fate' | sort -u | cut -d ' ' -f 2 | sort | uniq -c |
        awk '{ printf "%s%s %s", separator, $1, $2; separator = ", " }'
}

# count CONDITION: the number of records.
count() {
    among "$1" 'count++' 'END { print count + 0 }'
}

send_syns() {
    ends a connect "$NETWORK_ADDRESS_B" "$FULL_PORT" "$CONNECTIONS"
    ends a syns "$NOBODY" "$NETWORK_ADDRESS_B" "$FLOODED_PORT" 1001 "$FLOODED_SYNS"
    ends a syns "$NOBODY" "$NETWORK_ADDRESS_B" "$SILENT_PORT" 2001 "$SYNS" 2
    ends a fast-open "$NETWORK_ADDRESS_B" "$FAST_PORT"
    in_namespace b sysctl -qw net.ipv4.tcp_syncookies=2
    ends a syns "$NOBODY" "$NETWORK_ADDRESS_B" "$COOKIE_PORT" 3001 "$SYNS"
}

send_unwanted() {
    traffic a udp "$UNKNOWN" "$FLOOD_PORT" "$DATAGRAMS" 32 2
    traffic a udp "$JOINED" "$FLOOD_PORT" "$DATAGRAMS" 32 2
    traffic a udp "$OTHERS" "$FLOOD_PORT" "$DATAGRAMS" 32 2
    in_namespace a ping -q -b -c "$PINGS" -i 0.05 -W 0.1 10.77.0.255 >/dev/null 2>&1 || true
}

# Packets that the switch floods, and that one host drops for a reason of its own: c before the end
# of b's copy, and b after the end of c's.
send_refused() {
    ends a datagrams "$NETWORK_ADDRESS_A" "$RECEIVER" "$SUM_PORT" "$FLOODED" 1
    ends a datagrams "$STRANGER" "$RECEIVER" "$STRANGE_PORT" "$FLOODED" 0
    ends a datagrams "$NETWORK_ADDRESS_A" "$RECEIVER" "$RULE_PORT" "$FLOODED" 0
    ends a datagrams "$NETWORK_ADDRESS_A" "$RULED" "$GROUP_PORT" "$FLOODED" 0
    in_namespace sw bridge link set dev port-b learning off
    in_namespace sw bridge fdb del "$NETWORK_MAC_B" dev port-b master
    ends a datagrams "$NETWORK_ADDRESS_A" "$NETWORK_ADDRESS_B" "$LATER_PORT" "$FLOODED" 0
    in_namespace sw bridge link set dev port-b learning on
}

send_segments() {
    ends a cut-short "$CUT_SENDER" "$NETWORK_ADDRESS_B" "$FLOODED_PORT" "$CUT"
    ends a follow-suit "$NETWORK_ADDRESS_B" "$CLOSING_PORT" "$CLOSED"
    ends a connect "$NETWORK_ADDRESS_B" "$REFUSED_PORT" "$REFUSED"
}

# Sets keepalives: the number that B's kernel counts.
send_heard() {
    local before
    before=$(stat_counter b UdpInDatagrams)
    ends a keepalives "$NETWORK_ADDRESS_B" "$HEARD_PORT" "$HEARD"
    keepalives=$(($(stat_counter b UdpInDatagrams) - before))
    ends a igmp-report "$NETWORK_ADDRESS_A" "$JOINED" "$HEARD"
    ends d all-of-host eth0 "$HEARD_PORT" "$HEARD"
}

start_probes() {
    ends b probe "$NETWORK_ADDRESS_A" "$IDLE_PORT" "$STOPPED_PORT" "$DUPLICATES" &
    prober=$!
    own_pids+=("$prober")
}

address_is_refused() {
    [[ -n $(ip -n "$NAME-b" address show dev eth0 dadfailed) ]]
}

# Sets neighbour_messages: how many that concern A's address its kernel and B's count.
send_neighbour_messages() {
    ip -n "$NAME-b" address add "$WANTED/64" dev eth0
    wait_until 5 address_is_refused || fail "A does not defend its address"
    neighbour_messages=$(($(stat_counter a Icmp6InNeighborSolicits) +
        $(stat_counter b Icmp6InNeighborAdvertisements)))
    ends a neighbour-faults eth0 "$NETWORK_MAC_B" ff02::1:ff00:b "$FAULTY"
}

# The queue takes no large packets (NFQA_CFG_F_GSO).
send_large() {
    local i
    for ((i = 0; i < LARGE; i++)); do
        ends a large-udp "$NETWORK_ADDRESS_B" "$QUEUE_PORT" 1 "$SEGMENTS" "$SEGMENT_SIZE"
        queue wait "$SEGMENTS"
        queue release
        expect_equal "segments that came to the queue" "$SEGMENTS 0" "$answer"
    done
    rm -f "$SCRATCH/ready"
    start_traffic b tcp-receive "$TCP_PORT" "$TCP_BYTES" "$SCRATCH/ready"
    wait_until 10 test -e "$SCRATCH/ready" || fail "no receiver"
    start_traffic a tcp-send "$NETWORK_ADDRESS_B" "$TCP_PORT" "$TCP_BYTES"
    queue pass 1 # SYN
    queue wait "$TCP_WAITING"
    ((answer >= TCP_WAITING)) || fail "only $answer segments of TCP wait"
    while kill -0 "$started_pid" 2>/dev/null; do
        queue release
    done
}

make() {
    local suffix
    network_make "$NAME"
    network_add_host "$NAME-c" 02:00:00:00:00:0c 10.77.0.3 "$NAME-sw" port-c
    [[ ! -e /proc/sys/net/bridge ]] ||
        in_namespace sw sysctl -qw net.bridge.bridge-nf-call-iptables=0
    in_namespace b sysctl -qw net.ipv4.tcp_syncookies=0 net.ipv4.tcp_fastopen=0x203 \
        net.ipv4.tcp_synack_retries=0
    # Many sends wait in the queue, and none is retransmitted.
    ip -n "$NAME-a" link set eth0 gso_max_segs 3
    in_namespace a sysctl -qw net.ipv4.tcp_fastopen=0x205 net.ipv4.tcp_early_retrans=0
    ip -n "$NAME-a" route change 10.77.0.0/24 dev eth0 rto_min 5s initcwnd 60
    ip -n "$NAME-a" neighbour add "$UNKNOWN" lladdr 02:00:00:00:00:77 dev eth0
    ip -n "$NAME-b" neighbour add "$NOBODY" lladdr "$NETWORK_MAC_A" dev eth0
    ip -n "$NAME-a" route add 224.0.0.0/4 dev eth0
    ip -n "$NAME-a" neighbour add "$RECEIVER" lladdr 02:00:00:00:00:0c dev eth0
    in_namespace sw bridge link set dev port-c learning off
    in_namespace c sysctl -qw net.ipv4.conf.all.rp_filter=1
    rules c <<END
table inet refuse {
    chain prerouting {
        type filter hook prerouting priority 0;
        udp dport { $RULE_PORT, $GROUP_PORT } counter drop
    }
}
END
    rules b <<END
table inet silent {
    chain output {
        type filter hook output priority 0;
        tcp sport $SILENT_PORT drop
    }
    chain input {
        type filter hook input priority 0;
        tcp dport $REFUSED_PORT reject with icmp type host-prohibited
        udp dport $LATER_PORT drop
    }
}
END
    queue_make a OUTPUT
    in_namespace a iptables-nft -A OUTPUT -p tcp --dport "$TCP_PORT" -j NFQUEUE \
        --queue-num "$QUEUE" --queue-bypass
    queue bind
    start_inside b python3 -B "$TESTS/ends.py" listen "$SCRATCH/listens" "$FULL_PORT:1" \
        "$FLOODED_PORT:4" "$SILENT_PORT:99" "$COOKIE_PORT:99" "$FAST_PORT:99" "$QUEUE_PORT:udp"
    wait_until 10 test -e "$SCRATCH/listens" || fail "nobody listens"
    start_inside b python3 -B "$TESTS/ends.py" hang-up "$SCRATCH/hangs-up" "$CLOSING_PORT" "$CLOSED"
    wait_until 10 test -e "$SCRATCH/hangs-up" || fail "no connection was closed"
    start_inside a python3 -B "$TESTS/ends.py" unread "$SCRATCH/unread" "$IDLE_PORT" "$STOPPED_PORT"
    wait_until 10 test -e "$SCRATCH/unread" || fail "no connection was accepted"
    for suffix in a b; do
        in_namespace "$suffix" sysctl -qw net.ipv6.conf.all.accept_dad=0 \
            net.ipv6.conf.eth0.accept_dad=0 net.ipv6.conf.eth0.router_solicitations=0 \
            net.ipv6.conf.eth0.router_solicitation_delay=0 net.ipv6.conf.eth0.disable_ipv6=0
    done
    ip -n "$NAME-a" address add "$WANTED/64" dev eth0 nodad
    in_namespace b sysctl -qw net.ipv6.conf.eth0.accept_dad=1
    network_add_namespace "$NAME-d"
    in_namespace d sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0
    ip -n "$NAME-d" link add eth0 type veth peer name other
    ip -n "$NAME-d" link set eth0 up
    ip -n "$NAME-d" link set other up
    ip -n "$NAME-d" address add fd00:77::4/64 dev eth0 nodad
    for suffix in b d; do
        start_inside "$suffix" python3 -B "$TESTS/ends.py" receive "$SCRATCH/receives-$suffix" "$HEARD_PORT"
        wait_until 10 test -e "$SCRATCH/receives-$suffix" || fail "nobody receives"
    done
    ping_once a "$NETWORK_ADDRESS_B"
}

check_syns() {
    local refused
    refused=$(stat_counter b TcpExtListenDrops)
    expect_equal "SYNs that the listeners refused" "$refused" \
        "$(count 'dropped && syn && place == "b/sockets"')"
    expect_equal "those whose accept queue was full" "$(stat_counter b TcpExtListenOverflows)" \
        "$(count 'dropped && reason == "TCP_LISTEN_OVERFLOW"')"
    expect_equal "those whose request queue was full" "$(stat_counter b TcpExtTCPReqQFullDrop)" \
        "$(count 'dropped && reason == "TCP_LISTEN_DROP"')"
    expect_equal "SYNs for a full accept queue" "2 delivered, $((CONNECTIONS - 2)) dropped" \
        "$(fates "syn && tcp == $FULL_PORT")"
    expect_equal "SYNs for a full request queue" "5 delivered, $((FLOODED_SYNS - 5)) dropped" \
        "$(fates "syn && tcp == $FLOODED_PORT")"
    expect_equal "SYNs, each twice, whose answers a rule drops" "$((2 * SYNS)) delivered" \
        "$(fates "syn && tcp == $SILENT_PORT")"
    expect_equal "SYNs that cookies answer" "$SYNS delivered" "$(fates "syn && tcp == $COOKIE_PORT")"
    expect_equal "SYNs with data" "$(stat_counter b TcpExtTCPFastOpenPassive) delivered" \
        "$(fates "syn && tcp == $FAST_PORT")"
    expect_equal "refused SYNs as counted" "$refused" "$(fields "$file" \
        "pktmon.counters.drops_in && pktmon.component.name == \"$NAME-b/sockets\"" \
        pktmon.counters.drops_in | tail -n 1 | awk -v others="$((DATAGRAMS + 3 * CUT))" '{ print $1 - others }')"
    case_row "SYNs that a full accept queue and a full request queue refuse" \
        "TcpExtListenDrops of nstat" "$refused" "$(count 'dropped && syn && place == "b/sockets"')"
}

# check_unwanted ADDRESS WHAT: each packet is dropped once, and ends at b and c.
check_unwanted() {
    expect_equal "fates of $2" "$DATAGRAMS dropped" "$(fates "to == \"$1\"")"
    expect_equal "drops of $2" "$DATAGRAMS" "$(count "dropped && to == \"$1\"")"
    expect_equal "ends of $2 at b" "$DATAGRAMS" "$(count "reason && netns == \"b\" && to == \"$1\"")"
    expect_equal "ends of $2 at c" "$DATAGRAMS" "$(count "reason && netns == \"c\" && to == \"$1\"")"
}

check_all_unwanted() {
    local others ignored
    others=$(($(otherhost b) - 3 * FLOODED))
    ignored=$(stat_counter b UdpIgnoredMulti)
    check_unwanted "$UNKNOWN" "packets for an unknown MAC"
    check_unwanted "$JOINED" "datagrams to all hosts"
    check_unwanted "$OTHERS" "datagrams to a group of nobody"
    expect_equal "packets for others as b's device counts them" "$DATAGRAMS" "$others"
    expect_equal "datagrams to nobody as b counts them" "$DATAGRAMS" "$ignored"
    case_row "A switch with two ports floods packets that neither host wants: each is dropped once" \
        "otherhost of ip -s -s link, at one host" "$others" "$(count "dropped && to == \"$UNKNOWN\"")"
    case_row "Datagrams to a group that no socket of four hosts is in: each is dropped once" \
        "UdpIgnoredMulti of nstat, at one host" "$ignored" "$(count "dropped && to == \"$JOINED\"")"
}

# check_refused PORT REASON WHERE BYSTANDER WHAT: one copy is the drop, the other one is released.
check_refused() {
    expect_equal "fates of $5" "$FLOODED dropped" "$(fates "udp == $1")"
    expect_equal "drops of $5" "$FLOODED $2 $3" \
        "$(among "dropped && udp == $1" 'print reason, place' | sort | uniq -c | sed 's/^ *//')"
    expect_equal "ends of $5 at $4" "$FLOODED" "$(count "reason && netns == \"$4\" && udp == $1")"
}

# check_counted COMPONENT: the counters have the drops that the records have.
check_counted() {
    local filter="pktmon.component.name == \"$NAME-$1\""
    expect_equal "drops at $1 as counted" \
        "$(fields "$file" "pktmon.record == 1 && pktmon.dropped && $filter" frame.number | wc -l)" \
        "$(fields "$file" "pktmon.counters.drops_in && $filter" pktmon.counters.drops_in | tail -n 1)"
}

check_all_refused() {
    check_refused "$SUM_PORT" UDP_CSUM c/sockets b "flooded datagrams with a wrong checksum"
    check_refused "$STRANGE_PORT" IP_RPFILTER c/ipv4 b "flooded datagrams of a stranger"
    check_refused "$RULE_PORT" NETFILTER_DROP c/netfilter b "flooded datagrams that a rule drops"
    check_refused "$GROUP_PORT" NETFILTER_DROP c/netfilter b "datagrams to a group that a rule drops"
    check_refused "$LATER_PORT" NETFILTER_DROP b/netfilter c "flooded datagrams that a rule drops later"
    check_counted b/ipv4
    case_row "Flooded datagrams that their receiver refuses, and one other host does not want: each is dropped once" \
        "UdpInCsumErrors and TcpExtIPReversePathFilter of nstat" \
        "$(($(stat_counter c UdpInCsumErrors) + $(stat_counter c TcpExtIPReversePathFilter)))" \
        "$(count "dropped && (udp == $SUM_PORT || udp == $STRANGE_PORT)")"
}

# ends_at_sockets FILTER: reason, end and direction of packets that end in b's sockets, with counts.
ends_at_sockets() {
    fields "$file" "pktmon.component.name == \"$NAME-b/sockets\" && ($1) &&
        (pktmon.drop.reason || pktmon.end == 2)" pktmon.drop.reason pktmon.end pktmon.direction |
        sort | uniq -c | awk -F '\t' '{ sub("^ *", ""); print $1, ($2 == "" ? "-" : $2), $3 }'
}

check_segments() {
    expect_equal "what is too short" "$((2 * CUT)) NOT_SPECIFIED - 3
$CUT PKT_TOO_SMALL - 3" "$(ends_at_sockets "ip.src == $CUT_SENDER")"
    tshark_options=(-2)
    expect_equal "fates of what is too short" "$((3 * CUT)) dropped" \
        "$(fields "$file" "pktmon.record == 1 && ip.src == $CUT_SENDER" pktmon.group pktmon.fate |
            sort -u | cut -f 2 | sort | uniq -c | sed 's/^ *//')"
    tshark_options=()
    expect_equal "the last segments to TIME_WAIT" "$CLOSED  2 3" \
        "$(ends_at_sockets "tcp.dstport == $CLOSING_PORT && tcp.flags.fin == 1")"
    # The socket keeps each ICMP error until it is closed.
    expect_equal "drops of reports that ended a connection" "" \
        "$(fields "$file" "pktmon.dropped && icmp.code == 10" pktmon.component.name pktmon.drop.reason)"
    expect_equal "reports that ended a connection" "$REFUSED" \
        "$(fields "$file" "pktmon.record == 1 && icmp.code == 10" pktmon.group | sort -u | wc -l)"
    expect_equal "drops of pings to all" "$PINGS" \
        "$(fields "$file" "pktmon.dropped && ip.dst == 10.77.0.255" pktmon.group | wc -l)"
    case_row "Segments whose header says that it is shorter than a header" "TcpInErrs of nstat" \
        "$(stat_counter b TcpInErrs)" "$(fields "$file" "pktmon.dropped && ip.src == $CUT_SENDER &&
            ip.proto == 6 && pktmon.drop.reason == \"PKT_TOO_SMALL\"" pktmon.group | wc -l)"
    case_row "Datagrams that are too short for a header" "UdpInErrors of nstat" \
        "$(stat_counter b UdpInErrors)" "$(fields "$file" "pktmon.dropped &&
            ip.src == $CUT_SENDER && ip.proto == 17" pktmon.group | wc -l)"
}

# fates_of FILTER: fates with ends and drops, and the number of packets with each.
fates_of() {
    tshark_options=(-2)
    fields "$file" "pktmon.record == 1 && ($1)" pktmon.group pktmon.fate |
        sort -u | cut -f 2 | sort | uniq -c | sed 's/^ *//'
    tshark_options=()
    fields "$file" "pktmon.dropped && ($1)" pktmon.component.name pktmon.drop.reason
}

check_heard() {
    expect_equal "fates of reports for a raw socket" "$HEARD delivered" "$(fates_of "igmp.type == 0x22")"
    expect_equal "fates of keepalives of IPsec" "$HEARD consumed" "$(fates_of "udp.dstport == $HEARD_PORT && ip")"
    expect_equal "fates of what stays on its host" "$HEARD delivered" "$(fates_of "ipv6.dst == ff01::1 && udp")"
    case_row "Keepalives of IPsec behind a translation of addresses" "UdpInDatagrams of nstat" \
        "$keepalives" "$(fields "$file" "udp.dstport == $HEARD_PORT && pktmon.end == 2" pktmon.group | wc -l)"
}

check_probes() {
    local sent ended to="(tcp.dstport == $IDLE_PORT || tcp.dstport == $STOPPED_PORT)"
    sent=$(($(stat_counter b TcpExtTCPKeepAlive) + $(stat_counter b TcpExtTCPWinProbe)))
    ((sent > 2)) || fail "TCP has sent $sent probes"
    ended=$(fields "$file" "pktmon.end == 2 && tcp.len == 0 && $to" pktmon.group | wc -l)
    expect_equal "drops of probes" "" \
        "$(fields "$file" "pktmon.dropped && tcp.len == 0 && $to" pktmon.drop.reason pktmon.drop.location)"
    expect_equal "probes" "$sent" "$ended"
    expect_equal "fates of what an idle connection sends twice" "$DUPLICATES dropped
$(for ((i = 0; i < DUPLICATES; i++)); do echo "$NAME-a/sockets"$'\t'TCP_OLD_SEQUENCE; done)" \
        "$(fates_of "tcp.dstport == $IDLE_PORT && tcp.len == 10")"
    check_counted a/sockets
    case_row "Probes of an idle connection of TCP, and of one whose receiver has no room" \
        "TcpExtTCPKeepAlive and TcpExtTCPWinProbe of nstat, at the sender" "$sent" "$ended"
}

check_neighbour_messages() {
    local ns="icmpv6.nd.ns.target_address == $WANTED" na="icmpv6.nd.na.target_address == $WANTED" ended
    expect_equal "fates of a question for an address that a host has" "1 consumed" "$(fates_of "$ns")"
    expect_equal "fates of its answer" "1 consumed" "$(fates_of "$na")"
    expect_equal "fates of faulty messages to neighbours" "$FAULTS dropped
$(for ((i = 0; i < FAULTS; i++)); do echo "$NAME-b/ipv6"$'\t'NOT_SPECIFIED; done)" \
        "$(fates_of "icmpv6.nd.ns.target_address == $FAULTY || icmpv6.nd.na.target_address == $FAULTY")"
    check_counted a/ipv6
    check_counted b/ipv6
    ended=$(fields "$file" "pktmon.end == 2 && (pktmon.component.name == \"$NAME-a/ipv6\" && $ns ||
        pktmon.component.name == \"$NAME-b/ipv6\" && $na)" frame.number | wc -l)
    expect_equal "messages of an address that two hosts want" "$neighbour_messages" "$ended"
    case_row "Two hosts want one IPv6 address: what the second asks, and the first answers" \
        "Icmp6InNeighborSolicits and Icmp6InNeighborAdvertisements of nstat" "$neighbour_messages" "$ended"
}

# check_large: each send is one packet in numbered segments, and none of them is lost.
check_large() {
    local wanted
    expect_equal "drops of large sends" "" \
        "$(among "reason && (udp == $QUEUE_PORT || tcp == $TCP_PORT)" 'print place, reason')"
    wanted=$(for ((i = 0; i < LARGE; i++)); do seq -s ' ' "$SEGMENTS"; done)
    expect_equal "segments of each send" "$wanted" \
        "$(among "udp == $QUEUE_PORT && place == \"b/eth0\" && edge == 1" \
            'all[group] = all[group] (all[group] ? " " : "") number' \
            'END { for (group in all) print all[group] }')"
    # Segments that TCP sends singly have no number.
    expect_equal "segments of TCP without a number of their send" "" \
        "$(among "tcp == $TCP_PORT && length_ && place == \"a/eth0\" && edge == 2" \
            'if (number ? number != ++last[group] : count[group]++) print group, number, length_')"
    (($(among "tcp == $TCP_PORT && number > 1 && place == \"a/eth0\" && edge == 2" \
        'count++' 'END { print count + 0 }') > 0)) || fail "no segment of TCP stayed with its send"
}

# Where the hook of the queue has shown each send, it has as many segments as its bytes need.
check_sends_of_tcp() {
    expect_equal "sends of TCP whose segments are not all theirs" "" \
        "$(among "tcp == $TCP_PORT && length_ && (place == \"a/netfilter\" && edge == $OUTPUT || \
            place == \"a/eth0\" && edge == 2)" \
            'if (edge == 2) came[group]++; else wanted[group] = int((length_ + MSS - 1) / MSS)' \
            "BEGIN { MSS = $MSS } END { for (group in came) if (came[group] != wanted[group])
                print group, came[group], wanted[group] + 0 }")"
}

make
file=$SCRATCH/ends.pcapng
capture_of "$file" a sw b c d --
start_probes
send_syns
send_unwanted
send_refused
send_segments
send_heard
send_neighbour_messages
send_large
wait "$prober"
stop_capture "$file"
read_packets "$file"
check_syns
check_all_unwanted
check_all_refused
check_segments
check_heard
check_probes
check_neighbour_messages
check_large
expect_sound "$file"

# The same with the hooks, where each large send appears whole.
file=$SCRATCH/hooks.pcapng
capture_of "$file" a b -- --hook-queues
send_large
stop_capture "$file"
read_packets "$file"
check_large
check_sends_of_tcp
