#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The administrator's limits: how much of the host's memory one user may have. If users other than
# root can change the file, nobody captures.
[[ -n ${OWN_MOUNTS:-} ]] || OWN_MOUNTS=1 exec unshare --mount "$0"
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"

OTHER_USER=65533

# configure LINE ...
configure() {
    printf '%s\n' '[limits]' "$@" >/etc/pktmon/agent.conf
    chmod 0644 /etc/pktmon/agent.conf
}

# start_other: another user of the group captures. Sets other_pid.
start_other() {
    local file=/mnt/others/capture.pcapng
    install -d -o "$OTHER_USER" /mnt/others
    setpriv --reuid "$OTHER_USER" --regid "$(id -g "$TEST_USER")" --clear-groups -- \
        /mnt/extcap/pktmondump --capture --extcap-interface pktmon --fifo "$file" --buffer-size 8 \
        2>"$SCRATCH/others.err" &
    other_pid=$!
    own_pids+=("$other_pid")
    wait_until "$START_SECONDS" began "$file" || fail "another user was refused: $(<"$SCRATCH/others.err")"
}

# refused WANTED [OPTION ...]: checks that the capture is refused; sets said.
refused() {
    local wanted=$1
    shift
    if said=$(pktmondump --capture --extcap-interface pktmon --fifo "$SCRATCH/refused" "$@" 2>&1); then
        fail "a capture was not refused: $wanted"
    fi
    expect_match "the refusal" "$wanted" "$said"
}

# The test may run once more.
unmount() {
    umount --lazy /etc /mnt
}

cp -a /etc "$SCRATCH/etc"
also_clean unmount
mount --bind "$SCRATCH/etc" /etc # in a mount namespace of the test, which ends with it
mount --bind "$PLACE" /mnt # where no other user can change the path
mkdir -p /etc/pktmon
chmod 0755 /etc/pktmon

configure buffer-size=8 captures-per-user=2
# Half of the packets view's buffer is for journeys, which is no memory of the kernel.
refused 'A capture may use at most 8 MiB of buffer on this host: ' --view appearances --buffer-size 9
refused 'A capture may use at most 8 MiB of buffer on this host: ' --view packets --buffer-size 18
pids=()
for number in 1 2; do
    start_capture "$SCRATCH/$number.pcapng" --buffer-size 8
    pids+=("$capture_pid")
done
refused 'You already run 2 captures, ' --buffer-size 8
# root has no limit.
file=$SCRATCH/root.pcapng
"$PKTMON_BUILD/extcap/pktmondump" --capture --extcap-interface pktmon --fifo "$file" --buffer-size 16 \
    2>"$file.err" &
capture_pid=$!
own_pids+=("$capture_pid")
wait_until "$START_SECONDS" capture_began "$file" || fail "root's capture did not begin: $(<"$file.err")"
stop_capture "$file"
# The name of a process that is not counted does not help either.
mkdir -p "$SCRATCH/other/extcap" "$SCRATCH/other/capture-core"
cp "$PLACE/extcap/pktmondump" "$SCRATCH/other/extcap/"
ln -s "$PLACE/capture-core/pktmon-agent" "$SCRATCH/other/capture-core/pktmon-agent"
refused 'You already run 2 captures, ' --buffer-size 8

# Memory that a process maps counts even when its agent has ended: it is memory of the kernel, and
# of no process.
for pid in "${pids[@]}"; do
    kill -STOP "$pid"
    kill -KILL "$(pgrep -x -P "$pid" pktmon-agent)"
done
refused 'you are at the limit of a user on this host [(]2 captures[)]: end those processes ' --buffer-size 8
start_other # it holds nothing yet
kill -TERM "$other_pid"
wait "$other_pid" || fail "another user's capture failed: $(<"$SCRATCH/others.err")"
for pid in "${pids[@]}"; do
    kill -KILL "$pid"
    wait "$pid" 2>/dev/null || true
done
start_capture "$SCRATCH/3.pcapng" --buffer-size 8 # at once
stop_capture "$SCRATCH/3.pcapng"

# Beyond the limit of instructions the filter is applied in user space.
filtered=(--buffer-size 8 --extcap-capture-filter "udp port 7")
for limit in 5 500; do
    configure buffer-size=8 "filter-instructions=$limit"
    start_capture "$SCRATCH/limit-$limit.pcapng" "${filtered[@]}"
    stop_capture "$SCRATCH/limit-$limit.pcapng"
done
missing=$(fields "$SCRATCH/limit-5.pcapng" pktmon.capture.missing pktmon.capture.missing)
expect_match "what is missing beyond the limit" \
    'refused [(]filters of a user may have 5 instructions in all on this host; an administrator can raise filter-instructions in ' \
    "$missing"
[[ $(fields "$SCRATCH/limit-500.pcapng" pktmon.capture.missing pktmon.capture.missing) != *"the capture filter"* ]] ||
    fail "a filter below the limit was refused"

# With libpcap, the buffers of all agents of a user are added. Devices share --buffer-size.
pcap=(--view appearances --provider pcap --components lo --buffer-size 512)
configure buffer-size=1 captures-per-user=1
refused 'A capture of these devices needs [0-9]+ MiB of buffer, ' "${pcap[@]}"
[[ $said =~ needs\ ([0-9]+)\ MiB ]]
configure "buffer-size=${BASH_REMATCH[1]}" captures-per-user=1
start_capture "$SCRATCH/pcap.pcapng" "${pcap[@]}"
refused 'Your captures already use all the buffer ' "${pcap[@]}"
stop_capture "$SCRATCH/pcap.pcapng"

configure buffer-size=0
refused 'agent.conf: buffer-size must be 1 to 4096'
configure buffer-size=many
refused 'agent.conf: buffer-size must be 1 to 4096'
configure buffer-size=8
chmod o+w /etc/pktmon/agent.conf
refused "agent.conf limits captures, but users other than root may write it: "
chmod o-w /etc/pktmon/agent.conf
chown "$TEST_USER" /etc/pktmon
refused "/etc/pktmon limits captures, but users other than root may write it: "
refused "/etc/pktmon limits captures, but users other than root may write it: " --provider pcap
