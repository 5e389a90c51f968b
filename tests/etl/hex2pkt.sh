#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# hex2pkt.sh PKTMON MAKE_LOG: packets in hexadecimal are shown as tcpdump shows them, however they
# were copied.
set -euo pipefail

pktmon=$1 make_log=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

expect() {
    [[ $2 == "$3" ]] || fail "$1: wanted
$2
got
$3"
}

hex2pkt() {
    "$pktmon" hex2pkt "$@" 2>"$work/err" || fail "hex2pkt $*: $(<"$work/err")"
}

# refused WORDS [OPTION ...]: refuses standard input, in one sentence.
refused() {
    ! "$pktmon" hex2pkt "${@:2}" >"$work/none" 2>"$work/err" || fail "not refused: $1"
    expect "lines of the refusal" 1 "$(wc -l <"$work/err")"
    grep -q -- "$1" "$work/err" || fail "no \"$1\" in: $(<"$work/err")"
}

"$make_log" "$work/log.etl"
for type in ethernet ip; do
    "$pktmon" etl2pcap --view appearances --pcap --link-type $type "$work/log.etl" -o "$work/$type.pcap" 2>"$work/err"
    tcpdump -n -xx -r "$work/$type.pcap" >"$work/$type.dump" 2>"$work/err"
    tcpdump -n -e -t -r "$work/$type.pcap" >"$work/$type.text" 2>"$work/err"
    # Ethernet addresses as Windows writes them.
    sed -Ei ':more; s/^([^,]*[0-9a-f]{2}):([0-9a-f]{2}[^,]*,)/\1-\2/; t more' "$work/$type.text"
done
ethernet=$(<"$work/ethernet.text") ip=$(<"$work/ip.text")
[[ -n $ethernet && -n $ip ]] || fail "tcpdump shows nothing"

# Dumps of several packets, with other lines in between.
expect "a dump of tcpdump" "$ethernet" "$(hex2pkt <"$work/ethernet.dump")"
expect "the type that is the default" "$ethernet" "$(hex2pkt --type ETHERNET <"$work/ethernet.dump")"
expect "bare IP" "$ip" "$(hex2pkt -t IP <"$work/ip.dump")"
"$pktmon" etl2txt --hex "$work/log.etl" -o "$work/log.txt" 2>"$work/err"
grep -q "0x0000:" "$work/log.txt" || fail "etl2txt --hex shows no bytes"
hex2pkt <"$work/log.txt" >"$work/out"
for line in 1 2 3; do
    grep -qxF "$(sed -n ${line}p "$work/ethernet.text")" "$work/out" || fail "a dump of etl2txt: packet $line"
done

# One packet, copied in other ways.
one=$(head -n 1 "$work/ethernet.text")
digits=$(sed -n '/0x0000/,/0x0020/p' "$work/ethernet.dump" | head -n 3 | sed 's/^.*: *//' | tr -d ' \n')
bytes=$(fold -w 2 <<<"$digits" | tr '\n' ' ')
expect "words" "$one" "$(hex2pkt "$digits")"
expect "several words" "$one" "$(hex2pkt "${digits:0:28}" "${digits:28}")"
expect "bytes" "$one" "$(hex2pkt <<<"$bytes")"
expect "a list of C" "$one" "$(sed -E 's/(..) /0x\1, /g' <<<"$bytes" | hex2pkt)"
expect "colons" "$one" "$(hex2pkt <<<"${bytes// /:}")"
expect "escapes" "$one" "$(sed -E 's/(..) /\\x\1/g' <<<"$bytes" | hex2pkt)"
expect "two by an empty line" "$one
$one" "$(printf '%s\n\n%s\n' "$digits" "$digits" | hex2pkt)"
raw() {
    # shellcheck disable=SC2059 # the bytes are the format
    printf "$(fold -w 2 <<<"$digits" | sed 's/^/\\x/' | tr -d '\n')"
}
expect "od" "$one" "$(raw | od -Ax -tx1 | hex2pkt)"
expect "hexdump" "$one" "$(raw | od -Ax -tx1z | sed 's/  >\(.*\)<$/  |\1|/' | hex2pkt)"
# The output of hexdump, if it is not installed.
command -v hexdump >/dev/null || hexdump() {
    if [[ ${1:-} == -C ]]; then
        od -Ax -tx1 | sed 's/^[0-9a-f]/00&/'
    else
        od -Ax -tx2 | sed 's/^[0-9a-f]/0&/'
    fi
}
expect "od's own offsets" "$one" "$(raw | od -tx1 | hex2pkt)"
expect "two words" "$one" "$(raw | hexdump | hex2pkt)"
expect "two words apart" "$one" "$(raw | hexdump -x | hex2pkt)"
expect "hexdump -C" "$one" "$(raw | hexdump -C | hex2pkt)"
for words in "-x" "-Ax -x" "" "-tx4"; do
    # shellcheck disable=SC2086 # words
    refused 'dump the packet with "hexdump -C"' < <(raw | od $words)
done
# Repeated lines that are left out, and an odd length.
zeros=$digits$(printf '%0126d' 0)
zeros_text=$(hex2pkt "$zeros")
for dump in "hexdump" "hexdump -C" "od -tx1" "od -Ax -tx1"; do
    digits=$zeros
    raw | $dump >"$work/dump"
    expect "$dump of many zeros" "$zeros_text" "$(hex2pkt <"$work/dump")"
done
grep -q '^\*' "$work/dump" || fail "nothing was left out"
digits=${zeros:0:${#digits}-126}
# tcpdump -x leaves out the link header; that does not hide Ethernet.
expect "bare IP unasked" "$ip" "$(hex2pkt <"$work/ip.dump")"
[[ $(hex2pkt -t ethernet <"$work/ip.dump") != "$ip" ]] || fail "-t is not followed"

# As Wireshark copies it, with text that may look like digits.
raw | od -Ax -tx1z | sed -E 's/^..(....) (.*)  >(.*)<$/\1   \2   \3/' >"$work/wireshark"
expect "Wireshark" "$one" "$(hex2pkt <"$work/wireshark")"

expect "HTTP" $'HTTP, length: 27\n\tGET / HTTP/1.1\n\tHost: x' \
    "$(printf 'GET / HTTP/1.1\r\nHost: x\r\n\r\n' | od -Ax -tx1 | hex2pkt -t http)"

refused "Line 2 is not hexadecimal" <<<$'00\nxy'
for odd in 123 "45 0 00" 0x450; do
    refused "Line 1 has an odd number of digits: give two digits for each byte" <<<"$odd"
done
refused "an offset that is not the number" <<<$'0x0000:  4500 0000\n0x0010:  0000'
refused "There is no packet" </dev/null
refused "Ethernet, IP or HTTP" -t WiFi <<<"00"
refused "it has 2 bytes, and the header of Ethernet (--type) has 14" <<<"4500"
refused "it has 2 bytes, and the header of IP (--type) has 20" -t ip <<<"4500"
refused "it has 39 bytes, and the header of IP (--type) has 40" -t ip <<<"6$(printf '%077d' 0)"
expect "one of two packets" "$one" "$(printf '%s\n\n4500\n' "$digits" | hex2pkt | head -n 1)"
printf '%s\n\n4500\n' "$digits" | hex2pkt >"$work/out"
expect "the warning of one that is cut" "Warning: 1 packet is too short for a header." "$(<"$work/err")"

# Control characters do not reach a terminal, however they are written: ESC, and C1 in UTF-8. Nor do
# marks that change the direction of text: U+202E, U+2066, U+200F.
got=$(hex2pkt -t HTTP 411b5b42c29b43c29d44c29c45e280ae46e281a647e2808f48)
# shellcheck disable=SC2001 # a class of characters
expect "a text with controls" "$(printf 'HTTP, length: 25\n\tA [B C D E F G H')" "$(sed 's/[^[:print:]\t]/!/g' <<<"$got")"

# bounded: memory is not a multiple of the size of standard input.
bounded() {
    python3 -B "$(dirname "$0")/bounded.py" 128 20 8 "$pktmon" hex2pkt >"$work/out" 2>"$work/err" ||
        fail "$(<"$work/err")"
}
{ echo "$digits" && head -c 16000000 /dev/zero | tr '\0' '\n'; } | bounded
{ yes 0123456789abcdef012345670800$'\n' || true; } | head -n 131072 | bounded # 65536 packets
{ yes $'45\n' || true; } | head -c 16000000 >"$work/many"
refused "Line 131073 begins one packet more than the 65536 " <"$work/many"
