# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A macvlan device of B on a device of the host H. Packets to it do not pass its upper edge: the
# kernel only changes the packet's device.

build_network() {
    make_child_hosts 10.95.0 mv0 macvlan mode bridge
    beside a b 10.95.0.2
    neighbours a 10.95.0.2
}

network_traffic() {
    numbered a udp at=10.95.0.2 class=1 count="$HALF" rate="$RATE"
    numbered b udp at=10.95.0.1 class=2 count="$HALF" rate="$RATE"
}

network_truth() {
    child_journeys mv0 '' "$HALF"
}
