#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# commands.sh MAKE_LOG: runs every command of the README and of docs/ as printed, by commands.py,
# from the installation to its removal. As root, in a mount namespace of its own: files written to
# /usr, /etc and the source tree stay in memory, network namespaces have the names that the pages
# use, and everything disappears with the last process.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib.sh"
# shellcheck source=scripts/network.sh
source "$PROJECT/scripts/network.sh"

MAKE_LOG=$1
HERE=$PROJECT/tests/docs
export NEWCOMER=newcomer TCP_PORT=443 UDP_PORT=7777 PYTHONDONTWRITEBYTECODE=1
own_pids=()

((EUID == 0)) || die "Run this as root: it makes namespaces."
if [[ -z ${DOCS_SCRATCH:-} ]]; then
    # Not in /tmp, which Debian 13 mounts with nosuid: file capabilities would have no effect there.
    DOCS_SCRATCH=$(mktemp -d /var/tmp/pktmon-docs.XXXXXX)
    export DOCS_SCRATCH
    trap 'rmdir "$DOCS_SCRATCH"' EXIT
    unshare --mount --propagation private -- "$0" "$@"
    exit
fi

end_traffic() {
    trap - EXIT
    kill "${own_pids[@]}" 2>/dev/null || true
    wait
}
trap end_traffic EXIT

# over DIRECTORY NAME: redirects what is written there to $DOCS_SCRATCH/NAME.
over() {
    mkdir "$DOCS_SCRATCH/$2" "$DOCS_SCRATCH/$2.work"
    mount -t overlay -o "lowerdir=$1,upperdir=$DOCS_SCRATCH/$2,workdir=$DOCS_SCRATCH/$2.work" \
        overlay "$1"
}

# over_project: also where it is in a home folder, which Debian closes: the newcomer reaches it.
over_project() {
    local folder=$PROJECT top=$PROJECT closed=()
    until [[ $folder == / ]]; do
        [[ $(stat -c %A "$folder") == *[xt] ]] || closed+=("$folder") top=$folder
        folder=$(dirname "$folder")
    done
    over "$top" project
    ((${#closed[@]} == 0)) || chmod a+x "${closed[@]}"
}

# Hosts "green" and "blue" with a bridge between them; the firewall of blue drops UDP 7777.
make_network() {
    network_add_namespace switch
    ip -n switch link add br0 type bridge mcast_snooping 0
    ip -n switch link set br0 up
    network_add_host green "$NETWORK_MAC_A" "$NETWORK_ADDRESS_A" switch port-a
    network_add_host blue "$NETWORK_MAC_B" "$NETWORK_ADDRESS_B" switch port-b
    network_drop_udp blue "$UDP_PORT"
}

start_traffic() {
    ip netns exec blue python3 "$HERE/traffic.py" serve "$TCP_PORT" &
    own_pids+=($!)
    ip netns exec green python3 "$HERE/traffic.py" send "$NETWORK_ADDRESS_B" "$TCP_PORT" \
        "$UDP_PORT" &
    own_pids+=($!)
    ip netns exec green ping -q -i 0.2 "$NETWORK_ADDRESS_B" >/dev/null &
    own_pids+=($!)
}

mount -t tmpfs -o mode=0755 pktmon-docs "$DOCS_SCRATCH"
mkdir "$DOCS_SCRATCH/lower"
mount --bind /usr "$DOCS_SCRATCH/lower"
over /usr usr
over /etc etc
over_project
mkdir -p /run/netns
mount -t tmpfs pktmon-docs /run/netns
useradd --create-home --home-dir "$DOCS_SCRATCH/home" "$NEWCOMER"
"$MAKE_LOG" "$DOCS_SCRATCH/PktMon.etl"
make_network
start_traffic
python3 "$HERE/commands.py" "$PROJECT" "$DOCS_SCRATCH"
