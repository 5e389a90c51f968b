#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The administrator's limits: what one user may have of the host's memory. Where his file is not his alone
# nobody captures.
[[ -n ${OWN_MOUNTS:-} ]] || OWN_MOUNTS=1 exec unshare --mount "$0"
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"

cleanup_limits() {
    local status=$?
    umount /etc
    (exit "$status")
    cleanup_test
}

# configure LINE ...
configure() {
    printf '%s\n' '[limits]' "$@" >/etc/pktmon/agent.conf
    chmod 0644 /etc/pktmon/agent.conf
}

# refused WANTED [OPTION ...]: sets said.
refused() {
    local wanted=$1
    shift
    if said=$(pktmondump --capture --extcap-interface pktmon --fifo "$SCRATCH/refused" "$@" 2>&1); then
        fail "a capture was not refused: $wanted"
    fi
    expect_match "the refusal" "$wanted" "$said"
}

cp -a /etc "$SCRATCH/etc"
mount --bind "$SCRATCH/etc" /etc # in a mount namespace of the test
trap cleanup_limits EXIT
mkdir -p /etc/pktmon
chmod 0755 /etc/pktmon

configure buffer-size=8 captures-per-user=2
refused 'A capture may have 8 MiB of buffer on this host: ' --buffer-size 9
pids=()
for number in 1 2; do
    start_capture "$SCRATCH/$number.pcapng" --buffer-size 8
    pids+=("$capture_pid")
done
refused 'You capture 2 times already, ' --buffer-size 8
# root may have all.
file=$SCRATCH/root.pcapng
"$PKTMON_BUILD/extcap/pktmondump" --capture --extcap-interface pktmon --fifo "$file" --buffer-size 16 \
    2>"$file.err" &
capture_pid=$!
own_pids+=("$capture_pid")
wait_until "$START_SECONDS" capture_began "$file" || fail "root's capture did not begin: $(<"$file.err")"
stop_capture "$file"
# Not even under the name of a process that is not counted.
mkdir -p "$SCRATCH/other/extcap" "$SCRATCH/other/capture-core"
cp "$PLACE/extcap/pktmondump" "$SCRATCH/other/extcap/"
ln -s "$PLACE/capture-core/pktmon-agent" "$SCRATCH/other/capture-core/pktmon-agent"
refused 'You capture 2 times already, ' --buffer-size 8
for number in 1 2; do
    capture_pid=${pids[number - 1]}
    stop_capture "$SCRATCH/$number.pcapng"
done

# With libpcap, the buffer of all agents of a user counts. Devices share --buffer-size.
pcap=(--provider pcap --components lo --buffer-size 512)
configure buffer-size=1 captures-per-user=1
refused 'A capture of these devices takes [0-9]+ MiB of buffer, ' "${pcap[@]}"
[[ $said =~ takes\ ([0-9]+)\ MiB ]]
configure "buffer-size=${BASH_REMATCH[1]}" captures-per-user=1
start_capture "$SCRATCH/pcap.pcapng" "${pcap[@]}"
refused 'Your captures have as much buffer already ' "${pcap[@]}"
stop_capture "$SCRATCH/pcap.pcapng"

configure buffer-size=0
refused 'agent.conf: buffer-size must be 1 to 4096'
configure buffer-size=many
refused 'agent.conf: buffer-size must be 1 to 4096'
configure buffer-size=8
chmod o+w /etc/pktmon/agent.conf
refused "agent.conf limits captures, and is not root's alone: "
chmod o-w /etc/pktmon/agent.conf
chown "$TEST_USER" /etc/pktmon
refused "/etc/pktmon limits captures, and is not root's alone: "
refused "/etc/pktmon limits captures, and is not root's alone: " --provider pcap
