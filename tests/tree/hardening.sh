#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# hardening.sh BUILD: programs and libraries are built so that a memory error is hard to exploit:
# position-independent, with stack protector, fortified functions, stack probes, and control-flow
# marks if the CPU has them; nothing is both writable and executable.
set -euo pipefail

failed=0
complain() {
    echo "FAIL: $*" >&2
    failed=1
}

# check_file FILE
check_file() {
    local header dynamic symbols code
    header=$(readelf --wide --file-header --program-headers "$1")
    dynamic=$(readelf --wide --dynamic "$1")
    symbols=$(readelf --wide --dyn-syms "$1")
    [[ $header =~ Type:\ +DYN ]] || complain "$1 is not position-independent"
    [[ $header =~ GNU_RELRO ]] || complain "$1 has relocations that stay writable"
    [[ $dynamic =~ (BIND_NOW|FLAGS_1.*NOW) ]] || complain "$1 binds its functions late"
    ! grep -q "GNU_STACK.* RWE" <<<"$header" || complain "$1 has a stack that can be executed"
    [[ $symbols =~ __stack_chk_fail ]] || complain "$1 has no stack protector"
    [[ $symbols =~ __[a-z]+_chk ]] || complain "$1 has no fortified functions"
    if [[ $header =~ X86-64 ]]; then
        # A function with more than a page on the stack touches each page.
        code=$(objdump --disassemble --no-show-raw-insn "$1")
        (($(grep -c "endbr64" <<<"$code") > 10)) || complain "$1 has no control-flow marks"
        ! grep -qE "sub +\\$0x[2-9a-f][0-9a-f]{3,},%rsp" <<<"$code" ||
            complain "$1 has functions whose stack may jump over a guard page"
    fi
}

for file in "$1"/capture-core/pktmon-agent "$1"/capture-core/pktmon-pcap-agent \
    "$1"/capture-core/libpktmon.so "$1"/extcap/pktmondump "$1"/cli/pktmon "$1"/plugins/*/*/*.so; do
    [[ ! -e $file ]] || check_file "$file"
done
exit "$failed"
