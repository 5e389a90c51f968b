# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A device with an XDP program: the kernel copies each packet into memory that the program may
# write, so that skb and head differ after it. The program drops port 7300.

build_network() {
    add_namespaces a b
    connect a eth0 b eth0
    address a eth0 10.99.0.1/24
    address b eth0 10.99.0.2/24
    clang -O2 -g -target bpf -mcpu=v3 "-I/usr/include/$(uname -m)-linux-gnu" -Wall -Werror \
        -c "$GROUNDTRUTH/xdp_port.bpf.c" -o "$SCRATCH/xdp_port.o"
    ip -n "$NAME-b" link set eth0 xdpdrv object "$SCRATCH/xdp_port.o" section xdp
    serve b receive-udp
    beside a b 10.99.0.2
    neighbours a 10.99.0.2
}

network_traffic() {
    numbered a udp at=10.99.0.2 class=1 count="$HALF" rate="$RATE"
    numbered a udp at=10.99.0.2 port=7300 class=2 count="$HALF" rate="$RATE"
}

network_truth() {
    journey 1 delivered "$HALF" <<END
$(hops_out a eth0)
$(hops_in b eth0)
b/sockets Lower Rx
END
    journey 2 dropped "$HALF" <<END
$(hops_out a eth0)
b/eth0 - Rx NOT_SPECIFIED
END
}
