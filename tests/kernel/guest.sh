#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Inside the machine: captures a ping, a datagram to a closed port, and a packet in fragments of
# memory, on the small network of namespaces, as a user whose only privilege is the agent's
# capabilities; once all packets, and once those that match a filter. Writes the captures to the
# console.
set -euo pipefail
# shellcheck source=scripts/network.sh
source /network.sh
# shellcheck source=tests/kernel/guest-lib.sh
source /guest-lib.sh

name=$1
closed_port=7001
# show MARKER FILE
show() {
    printf '<%s>\n%s\n</%s>\n' "$1" "$(gzip -c "$2" | base64)" "$1"
}

send() {
    ip netns exec "$name-a" ping -q -c 3 -i 0.3 -W 10 "$NETWORK_ADDRESS_B"
    network_send_udp "$name-a" "$NETWORK_ADDRESS_B" "$closed_port"
    ip netns exec "$name-a" ping -q -c 1 -s 20000 -W 10 "$NETWORK_ADDRESS_B"
    sleep 1
}

# capture_and_show NAME [OPTION ...]
status=0
capture_and_show() {
    local capture=$1
    capture "$@" 2>"/tmp/$capture-errors" &
    pid=$!
    wait_for_capture "$capture" || true
    send
    kill -TERM "$pid" || true # it may have ended with an error, which is shown below
    wait "$pid" || status=$?
    wait # for the readers of its pipes
    show "$capture-errors" "/tmp/$capture-errors"
    show "$capture-log" "/tmp/$capture-log"
    show "$capture" "/tmp/$capture"
}

network_make "$name"
for end in a:eth0 sw:port-a sw:port-b b:eth0; do
    ip -n "$name-${end%:*}" link set "${end#*:}" mtu 40000
done
ip netns exec "$name-a" ping -q -c 1 -W 10 "$NETWORK_ADDRESS_B"

capture_and_show capture --repeat-size 0
# Through a pipe; the agent has to find its reader.
mkfifo -m 666 /tmp/filtered-pipe
cat /tmp/filtered-pipe >/tmp/filtered &
capture_and_show filtered --metadata blocks --inner --extcap-capture-filter \
    "udp dst port $closed_port or icmp[icmptype] == icmp-echo"
exit "$status"
