#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# pktmondump as an extcap: its replies to Wireshark, its refusals, and its end.
# shellcheck source=tests/live/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../live/lib.sh"

out=$SCRATCH/out
err=$SCRATCH/err

# answers WHAT OPTION ...: it succeeds, and prints nothing on standard error.
answers() {
    local what=$1
    shift
    pktmondump "$@" >"$out" 2>"$err" || fail "$what: $(<"$err")"
    expect_empty "standard error of $what" "$err"
}

# refuses REGULAR_EXPRESSION OPTION ...: it fails with one such sentence, and writes nothing else.
refuses() {
    local wanted=$1 status=0
    shift
    pktmondump "$@" >"$out" 2>"$err" || status=$?
    expect_equal "exit status of $*" 1 "$status"
    expect_match "refusal of $*" "^pktmondump: $wanted" "$(<"$err")"
    expect_equal "lines of the refusal of $*" 1 "$(wc -l <"$err")"
    expect_empty "standard output of $*" "$out"
}

test_interfaces() {
    answers interfaces --extcap-interfaces --extcap-version=4.0
    expect_match interfaces \
        $'^extcap \{version=[0-9.]+\}\{help=file:[^}]+\}\{display=Packet Monitor\}\ninterface \{value=pktmon\}\{display=Packet Monitor: network stack\}\ninterface \{value=pktmon-etl\}\{display=Packet Monitor: Windows log \(\.etl\)\}$' \
        "$(<"$out")"
    answers dlts --extcap-dlts --extcap-interface pktmon
    expect_equal dlts "dlt {number=1}{name=EN10MB}{display=Ethernet}" "$(<"$out")"
    refuses 'There is no interface "eth0"' --extcap-dlts --extcap-interface eth0
}

test_config() {
    local calls type
    answers config --extcap-config --extcap-interface pktmon
    calls=$(sed -nE 's/^arg .*\{call=([^}]+)\}.*/\1/p' "$out" | sort | tr '\n' ' ')
    expect_equal "options of the dialog" \
        "--buffer-size --components --counters-interval --counters-only --hold --hook-queues --inner --keep-own --log-file --log-level --max-cpu --netns --pkt-size --points --provider --repeat-size --sample --slower --type --view --vxlan-port " \
        "$calls"
    expect_equal "arguments without a tooltip or a tab" "" \
        "$(grep '^arg ' "$out" | grep -vE '\{tooltip=[^}]+\}.*\{group=[^}]+\}' || true)"
    expect_equal "sentences of no known form" "" \
        "$(grep -vE '^(arg|value) (\{[a-z]+=[^{}]*\})+$' "$out" || true)"
    type=$(sed -nE 's/^arg \{number=([0-9]+)\}\{call=--type\}.*/\1/p' "$out")
    expect_match "values of type" "value \\{arg=$type\\}\\{value=drop\\}" "$(<"$out")"
    [[ $(<"$out") == *"value=pcap"* ]] || fail "a provider that exists is not offered"
}

# Everything that Wireshark requests at its start, each in less than 100 ms (median of 11).
test_speed() {
    local question start median
    for question in --extcap-interfaces "--extcap-config --extcap-interface pktmon"; do
        median=$(for _ in {1..11}; do
            start=$EPOCHREALTIME
            # shellcheck disable=SC2086 # the question is words
            "$PLACE/extcap/pktmondump" $question >/dev/null
            echo $((${EPOCHREALTIME/./} - ${start/./}))
        done | sort -n | sed -n 6p)
        echo "pktmondump $question: $median us"
        ((median < 100000)) || fail "pktmondump $question takes $median us"
    done
}

test_refusals() {
    refuses 'There is no option --pkt-sise' --pkt-sise 5 --version
    refuses 'There is no option --pkt' --pkt 5
    refuses '"eth0" is not an option' eth0
    local size
    for size in -1 12x 0x10 262145 ' 5' 99999999999999999999; do
        refuses '--pkt-size needs a whole number from 0 to 262144' --pkt-size "$size"
    done
    refuses '--fifo needs a value' --capture --fifo
    refuses '--fifo needs a file name, and "--points" looks like an option' --capture --fifo --points devices
    refuses '--log-file needs a file name' --log-file -x --capture
    refuses '--capture needs --fifo' --capture
    refuses '--type does not take "none"' --type none
    refuses '--provider does not take "dpdk"' --provider dpdk
    refuses '--sample needs a whole number from 1' --sample 0
    refuses '--vxlan-port needs a whole number from 1 to 65535' --vxlan-port 65536
    refuses '--counters-only is true or false' --counters-only=maybe
    refuses '/nowhere/file cannot be written' --capture --fifo /nowhere/file
    answers "values that change nothing" --inner=false --sample 1 --version
    answers "flags of a newer Wireshark" --extcap-future value --extcap-more --extcap-other=x --version
    expect_match version '^pktmondump [0-9]' "$(<"$out")"
    answers help --help
    expect_match help '--counters-interval' "$(<"$out")"
}

test_filter_check() {
    answers "a good filter" --extcap-interface pktmon --extcap-capture-filter 'udp port 53'
    expect_empty "words about a good filter" "$out"
    answers "a bad filter" --extcap-interface pktmon --extcap-capture-filter 'udp prt 53'
    expect_match "libpcap's words" 'syntax error' "$(<"$out")"
}

# Arguments that can be checked only in a started capture.
test_refused_captures() {
    local file=$SCRATCH/refused.pcapng
    refuses 'No component is called "no-such"' --capture --fifo "$file" --components no-such
    refuses 'No network namespace called "no-such"' --capture --fifo "$file" --netns no-such
    refuses 'The capture filter "udp prt" is not valid' --capture --fifo "$file" \
        --extcap-capture-filter 'udp prt'
    refuses '--vxlan-port applies to filters that look into tunnels.*add --inner' \
        --capture --fifo "$file" --view appearances --vxlan-port 8472 --inner=false
    refuses '--type dropped chooses whole journeys.*choose --view packets, or --type drop' \
        --capture --fifo "$file" --view appearances --type dropped
    refuses '--slower chooses whole journeys.*choose --view packets' \
        --capture --fifo "$file" --view appearances --slower 5
    refuses '--hold applies to journeys.*choose --view packets' \
        --capture --fifo "$file" --view appearances --hold 100
    refuses '--slower needs the whole journey.*choose --type all or dropped' \
        --capture --fifo "$file" --view packets --slower 5 --type drop
    refuses '--type dropped chooses packets by their drops.*choose --provider ebpf' \
        --capture --fifo "$file" --view packets --type dropped --provider pcap
    refuses '--counters-only captures no packets: leave out --type dropped and --slower' \
        --capture --fifo "$file" --view packets --slower 5 --counters-only
    # The default of the dialog is no component.
    refuses 'No component is called "no-such"' --capture --fifo "$file" --components no-such \
        --vxlan-port 4789 --inner=false
}

test_signals() {
    local signal file
    for signal in TERM INT HUP; do
        file=$SCRATCH/$signal.pcapng
        start_capture "$file"
        stop_capture "$file" "$signal"
        run_as_user capinfos -c "$file" >/dev/null || fail "the file after $signal is not readable"
    done
}

# A pipe without a reader does not keep it from ending.
test_signal_before_reader() {
    local pid status=0
    run_as_user mkfifo "$SCRATCH/unread"
    (exec_as_user "$PLACE/extcap/pktmondump" --capture --fifo "$SCRATCH/unread") 2>"$err" &
    pid=$!
    own_pids+=("$pid")
    sleep 0.5
    kill -TERM "$pid"
    wait "$pid" || status=$?
    expect_equal "exit status without a reader" 0 "$status"
    expect_empty "standard error without a reader" "$err"
}

has_ended() {
    ! kill -0 "$1" 2>/dev/null
}

# The reader goes: no error, with or without traffic.
test_closed_pipe() {
    local pid status=0
    run_as_user mkfifo "$SCRATCH/fifo"
    (exec_as_user "$PLACE/extcap/pktmondump" --capture --fifo "$SCRATCH/fifo" --netns current \
        --counters-interval 0) 2>"$err" &
    pid=$!
    own_pids+=("$pid")
    head -c 64 "$SCRATCH/fifo" >"$out"
    [[ $(od -An -tx1 -N4 "$out") == " 0a 0d 0d 0a" ]] || fail "the pipe does not begin with a section"
    wait_until 10 has_ended "$pid" || fail "it continues without a reader"
    wait "$pid" || status=$?
    expect_equal "exit status after a closed pipe" 0 "$status"
    expect_empty "standard error after a closed pipe" "$err"
}

test_agent_not_executable() {
    local copy=$SCRATCH/no-agent
    mkdir "$copy"
    copy_for_user "$PLACE" "$copy"
    chmod 0700 "$copy/capture-core/pktmon-agent"
    PLACE=$copy refuses '.*is not set up yet: .*chgrp ' --capture --fifo "$SCRATCH/denied.pcapng"
}

# As in a container that was started with fewer capabilities.
test_capabilities_withheld() {
    local status=0
    setpriv --bounding-set -sys_ptrace --reuid "$TEST_USER" --regid "$(id -g "$TEST_USER")" \
        --clear-groups -- timeout 20 "$PLACE/extcap/pktmondump" --capture \
        --fifo "$SCRATCH/withheld.pcapng" >"$out" 2>"$err" || status=$?
    expect_equal "exit status without a capability" 1 "$status"
    expect_match "the refusal without a capability" \
        'pktmon-agent cannot get its capabilities here: .*cap_bpf,.*cap_sys_ptrace' "$(<"$err")"
}

# The message that tshark shows for a wrong option: this sentence, and nothing false.
test_wrong_option_in_tshark() {
    local status=0 option
    for option in "type:wrong|--type does not take \"wrong\" in this version: use one of all, flow, drop" \
        "pktsize:12x|--pkt-size needs a whole number from 0 to 262144, and \"12x\" is not one" \
        "netns:no-such|No network namespace called \"no-such\" can be captured"; do
        status=0
        run_as_user timeout 20 tshark -i pktmon -a duration:8 -o "extcap.pktmon.${option%%|*}" >"$out" \
            2>"$err" || status=$?
        [[ $status != 0 ]] || fail "tshark succeeds with $option"
        [[ $(<"$err") == *"pktmondump: ${option#*|}"* ]] || fail "tshark says: $(<"$err")"
        [[ $(<"$err") != *"no device"* && $(<"$err") != *"No such device"* ]] ||
            fail "tshark speaks of a device: $(<"$err")"
    done
}

test_interfaces
test_config
test_speed
test_refusals
test_filter_check
test_refused_captures
test_signals
test_signal_before_reader
test_closed_pipe
test_agent_not_executable
test_capabilities_withheld
test_wrong_option_in_tshark
