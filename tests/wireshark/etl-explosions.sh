#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# etl-explosions.sh BUILD MAKE_BOMB: in tshark, small logs that expand to much take little memory
# and time; reading only their beginning takes less, and no temporary file has a name.
set -euo pipefail

build=$1 make_bomb=$2
here=$(dirname "$0")
# shellcheck source=tests/wireshark/etl-common.sh
source "$here/etl-common.sh"

for kind in bits buffers messages schemas structs; do
    "$make_bomb" "$kind" "$work/home/$kind.etl"
done
chmod -R a+rX "$work"
mkdir -m 777 "$work/tmp"

as_user=()
[[ $EUID != 0 ]] || as_user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
tshark_of() {
    "${as_user[@]}" env HOME="$work/home" TMPDIR="$work/tmp" PKTMON_ETL_MAX_OUTPUT="${output:-}" \
        WIRESHARK_PLUGIN_DIR="$work/plugins" tshark "$@"
}

# bounded MIB SECONDS FILE WORD...: MIB more than tshark takes without a file.
bounded() {
    local mib=$1 seconds=$2 log=$work/home/$3
    shift 3
    "$here/../etl/bounded.py" $((small + mib)) "$seconds" 200 \
        "${as_user[@]}" env HOME="$work/home" TMPDIR="$work/tmp" \
        PKTMON_ETL_MAX_OUTPUT="${output:-}" WIRESHARK_PLUGIN_DIR="$work/plugins" \
        tshark -r "$log" "$@" 2>"$work/said" >/dev/null || fail "${log##*/} $*: $(<"$work/said")"
    echo "${log##*/} $*: $(<"$work/said")"
}

small=1000
"$build/cli/pktmon" etl2pcap "$work/home/structs.etl" -o "$work/home/small.pcapng" 2>/dev/null
chmod a+r "$work/home/small.pcapng"
bounded 0 5 small.pcapng
small=$(sed -n 's/ MiB, .*//p' "$work/said")

bounded 32 3 structs.etl
bounded 32 3 bits.etl
bounded 64 4 schemas.etl
bounded 160 5 buffers.etl
bounded 96 5 messages.etl
[[ $(tshark_of -r "$work/home/messages.etl" -T fields -e pktmon.event.message \
    -Y 'pktmon.event.provider == "pktmon"' 2>/dev/null) == *"events of the log were left out"* ]] ||
    fail "the capture does not say what was left out"

# A gigabyte that this log expands to is not made for its first records.
output=1000
start=$EPOCHREALTIME
tshark_of -r "$work/home/messages.etl" -c 3 >/dev/null 2>&1
echo "the first records: $(bc <<<"$EPOCHREALTIME - $start") s"
bounded 32 1.5 messages.etl -c 3

# The extcap interface has the limits among its options, and ends when it is stopped.
run_tshark -i pktmon-etl -o "extcap.pktmon_etl.file:$work/home/messages.etl" \
    -o extcap.pktmon_etl.maxoutput:1 -w "$work/home/extcap.pcapng" || fail "extcap: $(<"$work/err")"
(($(stat -c %s "$work/home/extcap.pcapng") < 2 << 20)) || fail "the limit of the extcap is ignored"
"$build/extcap/pktmondump" --capture --extcap-interface pktmon-etl --file "$work/home/buffers.etl" \
    --fifo "$work/home/stopped.pcapng" 2>"$work/said" &
converter=$!
until [[ -e $work/home/stopped.pcapng ]]; do
    sleep 0.02
done
start=$EPOCHREALTIME
kill -TERM $converter
wait $converter || fail "pktmondump ended by SIGTERM fails: $(<"$work/said")"
echo "pktmondump ended by SIGTERM after $(bc <<<"$EPOCHREALTIME - $start") s"

# Also if nobody reads its output, and the pipe stays open.
mkfifo "$work/home/fifo"
# shellcheck disable=SC2217 # it holds the pipe open
sleep 30 <"$work/home/fifo" &
reader=$!
"$build/extcap/pktmondump" --capture --extcap-interface pktmon-etl --file "$work/home/messages.etl" \
    --fifo "$work/home/fifo" 2>"$work/said" &
converter=$!
sleep 0.5
start=$EPOCHREALTIME
kill -TERM $converter
wait $converter || fail "pktmondump with a stuck reader fails: $(<"$work/said")"
kill $reader
((${EPOCHREALTIME%.*} - ${start%.*} < 5)) || fail "a stuck reader keeps pktmondump"

# No file ever has a name, however tshark ends.
"${as_user[@]}" env HOME="$work/home" TMPDIR="$work/tmp" PKTMON_ETL_MAX_OUTPUT=$output \
    WIRESHARK_PLUGIN_DIR="$work/plugins" \
    tshark -r "$work/home/messages.etl" -w "$work/home/out.pcapng" >/dev/null 2>&1 &
reader=$!
for _ in {1..8}; do
    [[ -z $(ls -A "$work/tmp") ]] || fail "a temporary file has a name: $(ls "$work/tmp")"
    sleep 0.1
done
kill -9 $reader 2>/dev/null || true
wait $reader 2>/dev/null || true
[[ -z $(ls -A "$work/tmp") ]] || fail "tshark was ended, and left $(ls "$work/tmp")"
