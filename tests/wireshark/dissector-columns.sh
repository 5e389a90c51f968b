#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The packet list's text for metadata frames, drops and released copies; other frames are unchanged.
# shellcheck source=tests/wireshark/dissector-common.sh
. "$(dirname "$0")/dissector-common.sh"

expected() {
	cat <<'COLUMNS'
PKTMON|Event: The capture began. (pktmon)
PKTMON|Capture of testhost: Linux 6.18.0-test, ebpf
PKTMON|Filter 1 capture filter: icmp or udp or arp
PKTMON|Component 1 left/eth0 (veth)
ICMP|Echo (ping) request  id=0x1234, seq=1/256, ttl=64
PKTMON|Component 2 veth1 (veth)
ICMP|Echo (ping) request  id=0x1234, seq=1/256, ttl=64
PKTMON|Component 3 br0 (bridge)
ICMP|Echo (ping) request  id=0x1234, seq=1/256, ttl=64
PKTMON|Component 4 veth2 (veth)
ICMP|Echo (ping) request  id=0x1234, seq=1/256, ttl=64
PKTMON|Component 5 right/eth0 (veth)
ICMP|Echo (ping) request  id=0x1234, seq=1/256, ttl=64
UDP|1024 → 7777 Len=5
PKTMON|Component 6 right/ipv4 (ipv4)
UDP|1024 → 7777 Len=5 [Dropped: NETFILTER_DROP at nft_do_chain+0x3e8]
ARP|Who has 10.0.0.2? Tell 10.0.0.1 [Dropped: SKB_CONSUMED at br_forward+0x1c]
PKTMON|Counters left/eth0 Lower: In 10 packets, 840 bytes; Out 11 packets, 924 bytes, taken back 2
PKTMON|Counters right/ipv4: Drops in 1, out 2 (NETFILTER_DROP)
PKTMON|Event: veth2 was removed (pktmon)
PKTMON|Component 4 veth2 (veth)
UDP|1024 → 7777 Len=5
UDP|1024 → 7777 Len=5
PKTMON|Component 7 right/sockets (sockets)
UDP|1024 → 7777 Len=5
UDP|1024 → 7777 Len=5 [Copy released: NO_SOCKET at icmp_rcv+0x1a2]
ICMP|Echo (ping) request  id=0x1234, seq=1/256, ttl=64
ICMP|Echo (ping) request  id=0x1234, seq=1/256, ttl=64
PKTMON|Event of group 4: ICMP port unreachable was sent (pktmon)
COLUMNS
}

# Without a tree (no -V, no filter), as a live tshark prints.
columns() {
	run_tshark -r "$1" -c 29 -o 'gui.column.format:"p","%p","i","%i"' |
		sed 's/^ *\([A-Z]*\) /\1|/'
}

# Heading lines above the reasons of matching frames.
reasons_head() {
	run_tshark -r "$1" -Y "$2" -V | grep -B 3 '^            Reason: ' | grep '^        [^ :][^:]*$' | sort -u
}

# The heading of a frame's record.
heading() {
	run_tshark -r "$1" -Y "frame.number == $2" -V | grep '^Packet Monitor: '
}

for carrier in frames blocks; do
	"$make_capture" --carrier $carrier "$work/$carrier.pcapng"
	expect "the columns ($carrier)" "$(expected)" "$(columns "$work/$carrier.pcapng")"
	expect "a delivery ($carrier)" \
		"Packet Monitor: right/sockets Lower Rx, group 4, copy 1, appearance 3, delivered" \
		"$(heading "$work/$carrier.pcapng" 25)"
	expect "a good end in the kernel ($carrier)" \
		"Packet Monitor: right/ipv4 Rx, group 5, appearance 2, consumed" \
		"$(heading "$work/$carrier.pcapng" 28)"
	expect "what heads the reason of a drop ($carrier)" "        Drop" \
		"$(reasons_head "$work/$carrier.pcapng" pktmon.dropped)"
	expect "what heads the reason of a copy that was released, which is no loss ($carrier)" \
		"        Copy released" "$(reasons_head "$work/$carrier.pcapng" 'pktmon.copy_released && !pktmon.dropped')"
done
finish
